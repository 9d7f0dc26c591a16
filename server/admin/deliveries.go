package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// ListDeliveries answers GET of a subscription's deliveries.
func (h *handler) ListDeliveries(c *gin.Context, id api.SubscriptionID, params api.ListDeliveriesParams) {
	q, err := deliveryQuery(id, params)
	if err != nil {
		fail(c, err)
		return
	}
	page, more, err := h.subscriptions(c).Deliveries(c.Request.Context(), q)
	replyList(c, page, more, webhooks.Delivery.ID, describeDelivery, err)
}

func deliveryQuery(id string, params api.ListDeliveriesParams) (webhooks.DeliveryQuery, error) {
	q := webhooks.DeliveryQuery{
		SubscriptionID: id,
		Status:         webhooks.DeliveryStatus(value(params.Status)),
		EventType:      event.Type(value(params.EventType)),
	}
	if q.Status != "" && !slices.Contains(webhooks.DeliveryStatuses(), q.Status) {
		return q, fault.New(fault.InvalidValue, "status is %q, but must be one of %v", q.Status, webhooks.DeliveryStatuses())
	}
	if q.EventType != "" && !slices.Contains(event.Types(), q.EventType) {
		return q, fault.New(fault.InvalidValue, "event_type is %q, which %s", q.EventType, webhooks.UnknownEvent(string(q.EventType)))
	}
	if after := value(params.After); after != "" {
		ref, err := webhooks.ParseDeliveryID(after)
		if err != nil || ref.SubscriptionID != id {
			return q, fault.New(fault.InvalidValue, "after is no cursor of this list; send next_cursor of an earlier answer, or leave it out")
		}
		q.Before = ref.Position
	}
	var err error
	q.Limit, err = readLimit(params.Limit)
	return q, err
}

// GetDelivery answers GET of a delivery, with its attempts.
func (h *handler) GetDelivery(c *gin.Context, id api.DeliveryID) {
	d, err := h.subscriptions(c).Delivery(c.Request.Context(), id)
	out := describeDelivery(d)
	out.Attempts = make([]api.Attempt, len(d.History))
	for i, a := range d.History {
		out.Attempts[i] = describeAttempt(a)
	}
	reply(c, http.StatusOK, out, err)
}

// Redeliver answers the wish to have an event once more.
func (h *handler) Redeliver(c *gin.Context, id api.DeliveryID) {
	d, err := h.subscriptions(c).Redeliver(c.Request.Context(), id)
	reply(c, http.StatusAccepted, describeDelivery(d), err)
}

// PingSubscription answers the wish for a test.
func (h *handler) PingSubscription(c *gin.Context, id api.SubscriptionID) {
	d, err := h.subscriptions(c).Ping(c.Request.Context(), id)
	reply(c, http.StatusAccepted, describeDelivery(d), err)
}

// RecoverSubscription answers the wish to have the events of a window again.
func (h *handler) RecoverSubscription(c *gin.Context, id api.SubscriptionID) {
	r, err := readRecovery(c, id)
	if err != nil {
		fail(c, err)
		return
	}
	done, err := h.subscriptions(c).Recover(c.Request.Context(), r)
	out := api.Recovery{Queued: done.Queued, Complete: done.Next == 0, Since: done.Since.UTC(), Until: done.Until.UTC()}
	if !out.Complete {
		out.NextCursor = new(webhooks.FormatCursor(done.Next))
	}
	reply(c, http.StatusAccepted, out, err)
}

func readRecovery(c *gin.Context, id string) (webhooks.Recovery, error) {
	body, err := readObject(c)
	if err != nil {
		return webhooks.Recovery{}, err
	}
	var in recovery
	problems := fill(&in, body, recoveryMembers())
	if in.since.IsZero() && len(problems) == 0 {
		problems = append(problems, webhooks.Problem{Field: "since", Detail: "since is missing; it is the time from which on events are wanted"})
	}
	if err := webhooks.Invalid(problems); err != nil {
		return webhooks.Recovery{}, err
	}
	after, err := webhooks.ParseCursor(in.after)
	return webhooks.Recovery{SubscriptionID: id, Since: in.since, Until: in.until, Undelivered: in.undelivered, After: after}, err
}

// recovery is the body of the wish for a recovery.
type recovery struct {
	since, until time.Time
	undelivered  bool
	after        string
}

func recoveryMembers() []member[recovery] {
	const instant = `a time such as "2026-11-10T15:42:30Z"`
	return []member[recovery]{
		field("since", instant, func(r *recovery) *time.Time { return &r.since }, time.Time{}),
		field("until", instant, func(r *recovery) *time.Time { return &r.until }, time.Time{}),
		field("undelivered_only", "true or false", func(r *recovery) *bool { return &r.undelivered }, false),
		field("after", "a string", func(r *recovery) *string { return &r.after }, ""),
	}
}

// describeDelivery gives a delivery as answers have it, without its attempts.
func describeDelivery(d webhooks.Delivery) api.Delivery {
	return api.Delivery{
		ID: d.ID(), SubscriptionID: d.SubscriptionID, EventID: d.EventID, EventType: string(d.EventType),
		Status: api.DeliveryStatus(d.Status), Replay: d.Replay, AttemptCount: d.Attempts,
		NextAttemptAt: instant(d.NextAt), QueuedAt: d.QueuedAt.UTC(), FinishedAt: instant(d.FinishedAt),
	}
}

func describeAttempt(a webhooks.Attempt) api.Attempt {
	head := strings.ToValidUTF8(a.ResponseHead, "\uFFFD")
	return api.Attempt{
		Number: a.Number, At: a.At.UTC(), DurationMs: float64(a.Duration.Microseconds()) / 1000,
		StatusCode: known(a.StatusCode), Failure: known(string(a.Failure)), Error: known(a.Error),
		ResponseHead: known(head), Outcome: api.AttemptOutcome(a.Outcome), NextAttemptAt: instant(a.NextAt),
	}
}
