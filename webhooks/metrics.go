package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics measure what becomes of events.
type Metrics struct {
	events        prometheus.Counter
	attempts      *prometheus.CounterVec
	request       *prometheus.HistogramVec
	latency       prometheus.Histogram
	deactivations prometheus.Counter
}

// NewMetrics makes the metrics and registers them, and with them the backlog,
// which is measured when the metrics are read.
func NewMetrics(reg prometheus.Registerer, queue Queue, now func() time.Time) (*Metrics, error) {
	m := &Metrics{
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scimhub_events_sequenced_total",
			Help: "Events that this hub gave their place in the feed.",
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scimhub_delivery_attempts_total",
			Help: "Attempts to deliver an event, by outcome (delivered, retry, dead) and failure (none, refused, transport, timeout, status, payload).",
		}, []string{"outcome", "failure"}),
		request: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "scimhub_delivery_request_duration_seconds",
			Help:    "Time of a request to an endpoint, by outcome.",
			Buckets: prometheus.ExponentialBuckets(.001, 2.5, 12),
		}, []string{"outcome"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "scimhub_delivery_latency_seconds",
			Help:    "Time from a change to the answer of an endpoint that took its event, replays apart.",
			Buckets: prometheus.ExponentialBuckets(.002, 2.5, 16),
		}),
		deactivations: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "scimhub_subscriptions_deactivated_total",
			Help: "Subscriptions that the hub gave up on.",
		}),
	}
	var faults []error
	for _, c := range []prometheus.Collector{m.events, m.attempts, m.request, m.latency, m.deactivations, newBacklogCollector(queue, now)} {
		faults = append(faults, reg.Register(c))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

func (m *Metrics) sequenced(n int) { m.events.Add(float64(n)) }

// record counts the attempts of a batch.
func (m *Metrics) record(r Results) {
	for _, result := range r.Attempts {
		a, d := result.Attempt, result.Delivery
		failure := string(a.Failure)
		if failure == "" {
			failure = "none"
		}
		m.attempts.WithLabelValues(string(a.Outcome), failure).Inc()
		m.request.WithLabelValues(string(a.Outcome)).Observe(a.Duration.Seconds())
		if a.Outcome == OutcomeDelivered && !d.Replay {
			m.latency.Observe(a.At.Add(a.Duration).Sub(d.CreatedAt).Seconds())
		}
	}
	if r.Deactivate != nil {
		m.deactivations.Inc()
	}
}

// observe measures and logs what came of a batch that is recorded.
func (p *pump) observe(ctx context.Context, sub Subscription, r Results) {
	p.Metrics.record(r)
	for _, result := range r.Attempts {
		if result.Attempt.Outcome == OutcomeDead {
			p.Logger.WarnContext(ctx, "delivery given up", "subscription_id", sub.ID, "organization_id", sub.OrganizationID,
				"event_id", result.Delivery.EventID, "attempts", result.Attempt.Number, "failure", string(result.Attempt.Failure))
		}
	}
	if r.Health.open() {
		p.Logger.WarnContext(ctx, "endpoint can't be reached: deliveries pause", "subscription_id", sub.ID,
			"organization_id", sub.OrganizationID, "until", r.Health.PausedUntil)
	}
	if r.Deactivate != nil {
		p.Logger.WarnContext(ctx, "subscription deactivated", "subscription_id", sub.ID,
			"organization_id", sub.OrganizationID, "reason", r.Deactivate.Reason)
	}
}

// backlogTimeout bounds the measuring of the backlog.
const backlogTimeout = 5 * time.Second

// backlogCollector measures the backlog when the metrics are read.
type backlogCollector struct {
	queue                                     Queue
	now                                       func() time.Time
	unsequenced, deliveries, retrying, oldest *prometheus.Desc
}

func newBacklogCollector(queue Queue, now func() time.Time) *backlogCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &backlogCollector{
		queue: queue, now: now,
		unsequenced: desc("scimhub_events_unsequenced", "Committed events that have no place in the feed yet."),
		deliveries:  desc("scimhub_deliveries_pending", "Deliveries that are not done with, over all hubs."),
		retrying:    desc("scimhub_deliveries_retrying", "Of the pending deliveries, those that failed at least once."),
		oldest:      desc("scimhub_deliveries_oldest_age_seconds", "Age of the oldest pending delivery."),
	}
}

// Describe implements prometheus.Collector.
func (b *backlogCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.unsequenced, b.deliveries, b.retrying, b.oldest} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Without a database the rest of the
// metrics is still worth reading, so that nothing is collected then.
func (b *backlogCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	backlog, err := b.queue.Backlog(ctx)
	if err != nil {
		return
	}
	age := 0.0
	if !backlog.Oldest.IsZero() {
		age = max(b.now().Sub(backlog.Oldest).Seconds(), 0)
	}
	gauge := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	gauge(b.unsequenced, float64(backlog.Unsequenced))
	gauge(b.deliveries, float64(backlog.Deliveries))
	gauge(b.retrying, float64(backlog.Retrying))
	gauge(b.oldest, age)
}
