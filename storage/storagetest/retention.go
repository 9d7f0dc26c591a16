package storagetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// testRetention removes everything, in a database of its own.
func testRetention(t *testing.T, w *world) {
	sub, store := w.subscribe(t, "*"), w.outbound()
	for _, name := range []string{"a", "b", "c"} {
		w.createUser(t, name)
	}
	w.sequence(t)
	w.lease(t, sub, "hub")
	due := w.due(t, sub).Due
	w.record(t, sub, "hub", webhooks.Results{Attempts: []webhooks.Result{result(due[0], webhooks.OutcomeDelivered, time.Time{})}})
	first := w.feed(t)[0].Position

	must(t, w.root.Retain(t.Context(), time.Now().Add(-time.Hour)))
	if got := w.feed(t); len(got) != 3 {
		t.Errorf("%d of 3 young events are left", len(got))
	}
	must(t, w.root.Retain(t.Context(), time.Now()))
	w.createUser(t, "d")
	w.sequence(t)
	if got := w.feed(t); len(got) != 1 {
		t.Errorf("the feed has %d events, want that which came since", len(got))
	}
	_, err := store.Events(t.Context(), webhooks.FeedQuery{After: first, Limit: 1})
	mustFault(t, err, fault.Gone)
	if _, err := store.Events(t.Context(), webhooks.FeedQuery{After: due[2].Position, Limit: 1}); err != nil {
		t.Errorf("a cursor that missed nothing: %v", err)
	}
	dead, err := store.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Status: webhooks.DeliveryDead, Limit: 10})
	must(t, err)
	if len(dead) != 2 {
		t.Errorf("%d deliveries are dead, want the two that waited", len(dead))
	}
	_, err = store.Redeliver(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: dead[0].Position})
	mustFault(t, err, fault.Gone)
	if got := w.due(t, sub).Due; len(got) != 1 {
		t.Errorf("due %+v", got)
	}
	backlog, err := w.root.Backlog(t.Context())
	must(t, err)
	if backlog.Deliveries != 1 || backlog.Unsequenced != 0 || backlog.Oldest.IsZero() {
		t.Errorf("backlog %+v", backlog)
	}
}

// resourceOf reads of a payload which resource it is about, and its sequence.
func resourceOf(t testing.TB, payload []byte) (id string, sequence int64) {
	t.Helper()
	var e struct {
		Sequence int64 `json:"sequence"`
		Data     struct {
			UserID  string `json:"user_id"`
			GroupID string `json:"group_id"`
		} `json:"data"`
	}
	must(t, json.Unmarshal(payload, &e))
	return e.Data.UserID + e.Data.GroupID, e.Sequence
}
