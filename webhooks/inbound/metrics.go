package inbound

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Metrics measure what comes in and what becomes of it.
type Metrics struct {
	messages *prometheus.CounterVec
	outcomes *prometheus.CounterVec
	duration *prometheus.HistogramVec
	latency  prometheus.Histogram
}

// NewMetrics makes the metrics and registers them, and with them the backlog,
// which is measured when the metrics are read.
func NewMetrics(reg prometheus.Registerer, inbox Inbox, now func() time.Time) (*Metrics, error) {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimhub_inbound_messages_total",
			Help: "Messages of sources, by kind and result: accepted, duplicate, or refused for their signature or form.",
		}, []string{"kind", "result"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimhub_inbound_applied_total",
			Help: "Messages by kind and what became of them; pending are those to be tried again.",
		}, []string{"kind", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "scimhub_inbound_apply_duration_seconds",
			Help:    "Time that applying a message took, by kind.",
			Buckets: prometheus.ExponentialBuckets(.0005, 2.5, 13),
		}, []string{"kind"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scimhub_inbound_latency_seconds",
			Help:    "Time from the receipt of a message to its end.",
			Buckets: prometheus.ExponentialBuckets(.002, 2.5, 16),
		}),
	}
	var faults []error
	for _, c := range []prometheus.Collector{m.messages, m.outcomes, m.duration, m.latency, newBacklogCollector(inbox, now)} {
		faults = append(faults, reg.Register(c))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

func (m *Metrics) received(k Kind, accepted, all int) {
	m.messages.WithLabelValues(string(k), "accepted").Add(float64(accepted))
	m.messages.WithLabelValues(string(k), "duplicate").Add(float64(all - accepted))
}

func (m *Metrics) refused(k Kind, err error) {
	result := "unreadable"
	if fault.Is(err, fault.InvalidValue) {
		result = "unverified"
	}
	m.messages.WithLabelValues(string(k), result).Inc()
}

func (m *Metrics) applied(k Kind, msg Message, took time.Duration, now time.Time) {
	m.outcomes.WithLabelValues(string(k), string(msg.Status)).Inc()
	m.duration.WithLabelValues(string(k)).Observe(took.Seconds())
	if msg.Status != Pending {
		m.latency.Observe(now.Sub(msg.ReceivedAt).Seconds())
	}
}

// backlogTimeout bounds the measuring of the backlog.
const backlogTimeout = 5 * time.Second

// backlogCollector measures the backlog when the metrics are read.
type backlogCollector struct {
	inbox                                                 Inbox
	now                                                   func() time.Time
	pending, oldest, stuck, memberships, membershipsSince *prometheus.Desc
}

func newBacklogCollector(inbox Inbox, now func() time.Time) *backlogCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &backlogCollector{
		inbox: inbox, now: now,
		pending:          desc("scimhub_inbound_pending", "Messages that are not applied yet."),
		oldest:           desc("scimhub_inbound_oldest_age_seconds", "Age of the oldest message that is not applied yet."),
		stuck:            desc("scimhub_inbound_stuck", "Messages that need an administrator: failed, unmapped or in conflict."),
		memberships:      desc("scimhub_inbound_waiting_memberships", "Memberships that wait for their group or user."),
		membershipsSince: desc("scimhub_inbound_waiting_membership_age_seconds", "Age of the oldest membership that waits."),
	}
}

// Describe implements prometheus.Collector.
func (b *backlogCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.pending, b.oldest, b.stuck, b.memberships, b.membershipsSince} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (b *backlogCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	backlog, err := b.inbox.Backlog(ctx)
	if err != nil {
		return // the rest of the metrics is still worth reading
	}
	age := func(since time.Time) float64 {
		if since.IsZero() {
			return 0
		}
		return max(b.now().Sub(since).Seconds(), 0)
	}
	gauge := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	gauge(b.pending, float64(backlog.Pending))
	gauge(b.oldest, age(backlog.Oldest))
	gauge(b.stuck, float64(backlog.Failed))
	gauge(b.memberships, float64(backlog.Memberships))
	gauge(b.membershipsSince, age(backlog.OldestMembership))
}
