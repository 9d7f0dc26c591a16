package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/webhooks"
)

// outbound gives the webhooks of the world's organization.
func (w *world) outbound() webhooks.Store { return w.root.Webhooks(w.actor.OrganizationID) }

// subscription makes a subscription to events of a name, changed by fn.
func (w *world) subscription(name string, fn ...func(*webhooks.Subscription)) webhooks.Subscription {
	now := time.Now().UTC().Truncate(time.Microsecond)
	sub := webhooks.Subscription{
		ID: access.NewID("sub"), OrganizationID: w.actor.OrganizationID, Name: "test", URL: "https://example.com/" + access.NewID("x"), Active: true,
		Events: []webhooks.Selector{{Name: name, Version: "1"}}, Format: webhooks.FormatScimhub, Ordering: webhooks.OrderByResource,
		OnExhausted: webhooks.ExhaustedSkip, Signature: webhooks.SignatureHMAC, CreatedAt: now, UpdatedAt: now,
		Credentials: webhooks.Credentials{Secrets: []webhooks.Secret{{Key: "whsec_c2VjcmV0LXRoYXQtc2hvd3M="}}, AuthorizationHeader: "Basic shown"},
	}
	for _, f := range fn {
		f(&sub)
	}
	return sub
}

// subscribe stores a subscription.
func (w *world) subscribe(t testing.TB, name string, fn ...func(*webhooks.Subscription)) webhooks.Subscription {
	t.Helper()
	sub := w.subscription(name, fn...)
	must(t, w.outbound().CreateSubscription(t.Context(), sub))
	return sub
}

// sequence gives all events that are committed their positions.
func (w *world) sequence(t testing.TB) {
	t.Helper()
	for {
		done, err := w.root.Sequence(t.Context(), 0)
		must(t, err)
		if !done.More {
			return
		}
	}
}

// consumer gives the consumer of a subscription.
func consumerOf(s webhooks.Subscription) webhooks.Consumer {
	return webhooks.Consumer{ID: s.ID, OrganizationID: s.OrganizationID}
}

func (w *world) due(t testing.TB, s webhooks.Subscription) webhooks.Batch {
	t.Helper()
	batch, err := w.root.Due(t.Context(), consumerOf(s), 1000)
	must(t, err)
	return batch
}

// dueEvents gives the events of due deliveries as "resource number sequence".
func dueIDs(b webhooks.Batch) []string {
	ids := make([]string, len(b.Due))
	for i, d := range b.Due {
		ids[i] = d.EventID
	}
	return ids
}

// lease takes the consumer of a subscription, which must be free.
func (w *world) lease(t testing.TB, s webhooks.Subscription, owner string) {
	t.Helper()
	ok, err := w.root.Lease(t.Context(), consumerOf(s), owner, time.Minute)
	must(t, err)
	if !ok {
		t.Fatalf("%s got no lease", owner)
	}
}

// record writes results for a subscription whose lease the owner has.
func (w *world) record(t testing.TB, s webhooks.Subscription, owner string, r webhooks.Results) {
	t.Helper()
	ok, err := w.root.Record(t.Context(), consumerOf(s), owner, r, time.Minute)
	must(t, err)
	if !ok {
		t.Fatal("the lease is lost")
	}
}

// result is an attempt at a delivery.
func result(d webhooks.QueuedDelivery, outcome webhooks.Outcome, next time.Time) webhooks.Result {
	a := webhooks.Attempt{
		Number: d.Attempts + 1, At: time.Now().UTC().Truncate(time.Microsecond), Duration: 3 * time.Millisecond, StatusCode: 200,
		ResponseHead: "ok\nü", Outcome: outcome, NextAt: next.UTC().Truncate(time.Microsecond),
	}
	if outcome != webhooks.OutcomeDelivered {
		a.StatusCode, a.Failure, a.Error = 500, webhooks.FailureStatus, "the endpoint answered 500"
	}
	if outcome != webhooks.OutcomeRetry {
		a.NextAt = time.Time{}
	}
	return webhooks.Result{Delivery: d, Attempt: a}
}

// feed reads all of the organization's feed.
func (w *world) feed(t testing.TB) []webhooks.FeedEvent {
	t.Helper()
	page, err := w.outbound().Events(t.Context(), webhooks.FeedQuery{Limit: 10000})
	must(t, err)
	return page.Events
}

// testFeed lets changes of several resources commit in whatever order while
// several hubs sequence, and a reader follows the cursor: it must see every
// event once, and those of a resource in order.
func testFeed(t *testing.T, w *world) {
	const resources, changes = 6, 25
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var hubs sync.WaitGroup
	for range 3 {
		hubs.Go(func() {
			for ctx.Err() == nil {
				if _, err := w.root.Sequence(ctx, 0); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	var writers sync.WaitGroup
	for i := range resources {
		r := w.createUser(t, fmt.Sprintf("u%d", i))
		for range 2 {
			writers.Go(func() {
				for range changes {
					must(t, w.slowChange(t.Context(), r))
				}
			})
		}
	}
	seen := w.follow(t, resources*(1+2*changes))
	writers.Wait()
	stop()
	hubs.Wait()
	if got := w.feed(t); len(got) != len(seen) {
		t.Errorf("the reader saw %d events of %d", len(seen), len(got))
	}
}

// slowChange changes a resource and keeps the transaction open for a while
// after its events are written, so that others commit before it.
func (w *world) slowChange(ctx context.Context, r *scimresource.Resource) error {
	return w.store.Update(ctx, func(tx scimresource.Tx) error {
		before, err := tx.Lock(ctx, r.Type, r.ID)
		if err != nil {
			return err
		}
		if _, err := before.Decoded(); err != nil {
			return err
		}
		after := next(before)
		if err := tx.Apply(ctx, scimresource.Change{Before: before, After: after, Events: []event.Event{w.event(after)}}); err != nil {
			return err
		}
		<-time.After(rand.N(3 * time.Millisecond)) //nolint:gosec // any delay will do
		return nil
	})
}

// follow reads the feed by its cursor until it has seen that many events.
func (w *world) follow(t *testing.T, want int) []string {
	t.Helper()
	var seen []string
	last := map[string]int64{}
	q := webhooks.FeedQuery{Limit: 7}
	for len(seen) < want {
		page, err := w.outbound().Events(t.Context(), q)
		must(t, err)
		for _, e := range page.Events {
			if e.Position <= q.After {
				t.Fatalf("position %d after %d", e.Position, q.After)
			}
			q.After = e.Position
			if slices.Contains(seen, e.ID) {
				t.Fatalf("event %s twice", e.ID)
			}
			seen = append(seen, e.ID)
			id, sequence := resourceOf(t, e.Payload)
			if sequence != last[id]+1 {
				t.Fatalf("%s: sequence %d after %d", id, sequence, last[id])
			}
			last[id] = sequence
		}
		if page.Next < q.After {
			t.Fatalf("next is %d, behind %d", page.Next, q.After)
		}
		q.After = page.Next
	}
	return seen
}

// testFanOut checks what is queued for whom.
func testFanOut(t *testing.T, w *world) {
	other := newWorld(t, w.Engine, w.root, w.dsn)
	all, users := w.subscribe(t, "*"), w.subscribe(t, "user.*")
	groups := w.subscribe(t, "group.created")
	off := w.subscribe(t, "*", func(s *webhooks.Subscription) { s.Active = false })
	foreign := other.subscribe(t, "*")
	u := w.createUser(t, "u")
	w.sequence(t)

	want := []string{w.feed(t)[0].ID}
	for _, sub := range []webhooks.Subscription{all, users} {
		batch := w.due(t, sub)
		if diff := cmp.Diff(want, dueIDs(batch)); diff != "" {
			t.Errorf("due (-want +got):\n%s", diff)
		}
		d := batch.Due[0]
		if d.Lane != u.ID || d.EventType != event.UserUpdated || !bytes.Equal(d.Payload, w.feed(t)[0].Payload) || d.CreatedAt.IsZero() {
			t.Errorf("due %+v", d)
		}
	}
	for _, sub := range []webhooks.Subscription{groups, off} {
		if got := w.due(t, sub); len(got.Due) > 0 {
			t.Errorf("%v is due", got.Due)
		}
	}
	if got := other.due(t, foreign); len(got.Due) > 0 || len(other.feed(t)) > 0 {
		t.Errorf("another organization gets %v", got.Due)
	}
}

// testLanes puts the head of a lane off: what is behind it waits, other lanes
// don't, and when its time has come it is first.
func testLanes(t *testing.T, w *world) {
	sub := w.subscribe(t, "*")
	none := w.subscribe(t, "*", func(s *webhooks.Subscription) { s.Ordering = webhooks.OrderNone })
	fifo := w.subscribe(t, "*", func(s *webhooks.Subscription) { s.Ordering = webhooks.OrderFIFO })
	a, b := w.createUser(t, "a"), w.createUser(t, "b")
	for _, r := range []*scimresource.Resource{a, b} {
		must(t, w.countUp(t.Context(), r))
	}
	w.sequence(t)
	events := make([]string, 0, 4)
	for _, e := range w.feed(t) {
		events = append(events, e.ID)
	}
	later := func(s webhooks.Subscription, at time.Time) []string {
		w.lease(t, s, "hub")
		w.record(t, s, "hub", webhooks.Results{Attempts: []webhooks.Result{result(w.due(t, s).Due[0], webhooks.OutcomeRetry, at)}})
		return dueIDs(w.due(t, s))
	}
	hour := time.Now().Add(time.Hour)
	for _, step := range []struct {
		sub  webhooks.Subscription
		at   time.Time
		want []string
	}{
		{sub, hour, []string{events[1], events[3]}}, // of b alone
		{none, hour, events[1:]},
		{fifo, hour, []string{}},
	} {
		if diff := cmp.Diff(step.want, later(step.sub, step.at)); diff != "" {
			t.Errorf("%s: due (-want +got):\n%s", step.sub.Ordering, diff)
		}
		if got := w.due(t, step.sub).NextAt; !got.Equal(hour.UTC().Truncate(time.Microsecond)) {
			t.Errorf("next at %v, want %v", got, hour)
		}
	}
	past := w.subscribe(t, "*")
	must(t, w.countUp(t.Context(), a))
	must(t, w.countUp(t.Context(), a))
	w.sequence(t)
	before := dueIDs(w.due(t, past))
	if diff := cmp.Diff(before, later(past, time.Now().Add(-time.Second))); diff != "" {
		t.Errorf("one whose time has come is not where it was (-want +got):\n%s", diff)
	}
}

// testLease checks that only the holder of a lease writes.
func testLease(t *testing.T, w *world) {
	sub := w.subscribe(t, "*")
	c := consumerOf(sub)
	w.createUser(t, "u")
	w.sequence(t)
	w.lease(t, sub, "one")
	if ok, err := w.root.Lease(t.Context(), c, "two", time.Minute); ok || err != nil {
		t.Fatalf("two hubs have the lease: %v, %v", ok, err)
	}
	batch := w.due(t, sub)
	done := webhooks.Results{Attempts: []webhooks.Result{result(batch.Due[0], webhooks.OutcomeDelivered, time.Time{})}}
	if ok, err := w.root.Record(t.Context(), c, "two", done, time.Minute); ok || err != nil {
		t.Fatalf("recorded without the lease: %v, %v", ok, err)
	}
	if got := w.due(t, sub); len(got.Due) != 1 {
		t.Fatalf("a hub without the lease wrote: %v is due", got.Due)
	}
	w.record(t, sub, "one", done)

	// Something is queued after the batch was read: the lease can't be given
	// back as if there were nothing to do.
	batch = w.due(t, sub)
	w.createUser(t, "v")
	w.sequence(t)
	if ok, err := w.root.Release(t.Context(), c, "one", batch.Generation, time.Time{}); ok || err != nil {
		t.Fatalf("released over something new: %v, %v", ok, err)
	}
	batch = w.due(t, sub)
	if ok, err := w.root.Release(t.Context(), c, "one", batch.Generation, time.Time{}); !ok || err != nil {
		t.Fatalf("not released: %v, %v", ok, err)
	}
	if slices.Contains(w.ready(t), c) {
		t.Error("a consumer with nothing to do is ready")
	}
	w.createUser(t, "w")
	w.sequence(t)
	if !slices.Contains(w.ready(t), c) {
		t.Error("a consumer with something to do is not ready")
	}
	if ok, err := w.root.Lease(t.Context(), c, "two", -time.Second); !ok || err != nil {
		t.Fatalf("a free lease was not taken: %v, %v", ok, err)
	}
	w.lease(t, sub, "three") // that of two has ended
}

func (w *world) ready(t testing.TB) []webhooks.Consumer {
	t.Helper()
	list, err := w.root.Ready(t.Context(), webhooks.ConsumerSubscription, 10000)
	must(t, err)
	return list
}

// testDeliveries follows deliveries through what can become of them.
func testDeliveries(t *testing.T, w *world) {
	sub, store := w.subscribe(t, "*"), w.outbound()
	for i := range 4 {
		w.createUser(t, fmt.Sprint(i))
	}
	w.sequence(t)
	w.lease(t, sub, "hub")
	due := w.due(t, sub).Due
	w.record(t, sub, "hub", webhooks.Results{
		Attempts: []webhooks.Result{
			result(due[0], webhooks.OutcomeDelivered, time.Time{}),
			result(due[1], webhooks.OutcomeDead, time.Time{}),
			result(due[2], webhooks.OutcomeRetry, time.Now().Add(time.Hour)),
		},
		Health: webhooks.Health{Failures: 2, FailingSince: time.Now()},
	})
	if h := w.due(t, sub).Health; h.Failures != 2 || h.FailingSince.IsZero() {
		t.Errorf("health %+v", h)
	}
	want := []webhooks.DeliveryStatus{webhooks.DeliveryPending, webhooks.DeliveryRetrying, webhooks.DeliveryDead, webhooks.DeliveryDelivered}
	list, err := store.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Limit: 10})
	must(t, err)
	for i, status := range want {
		if list[i].Status != status || list[i].EventID != due[3-i].EventID {
			t.Errorf("delivery %d: %+v, want %s of %s", i, list[i], status, due[3-i].EventID)
		}
		one, err := store.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Status: status, EventType: event.UserUpdated, Limit: 10})
		must(t, err)
		if diff := cmp.Diff(list[i:i+1], one); diff != "" {
			t.Errorf("%s (-want +got):\n%s", status, diff)
		}
		ref, err := webhooks.ParseDeliveryID(list[i].ID())
		must(t, err)
		got, err := store.Delivery(t.Context(), ref)
		must(t, err)
		if len(got.History) != list[i].Attempts || got.Status != status {
			t.Errorf("delivery %+v", got)
		}
	}
	rest, err := store.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Before: list[1].Position, Limit: 1})
	must(t, err)
	if diff := cmp.Diff(list[2:3], rest); diff != "" {
		t.Errorf("the second page (-want +got):\n%s", diff)
	}
	got, err := store.Delivery(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: due[2].Position})
	must(t, err)
	if diff := cmp.Diff(result(due[2], webhooks.OutcomeRetry, got.NextAt).Attempt.ResponseHead, got.History[0].ResponseHead); diff != "" {
		t.Errorf("attempt (-want +got):\n%s", diff)
	}
	other := newWorld(t, w.Engine, w.root, w.dsn)
	_, err = other.outbound().Delivery(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: due[2].Position})
	mustFault(t, err, fault.NotFound)
	_, err = other.outbound().Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Limit: 1})
	mustFault(t, err, fault.NotFound)
}

// testReplay asks for deliveries again.
func testReplay(t *testing.T, w *world) {
	start := time.Now().Add(-time.Minute)
	sub, store := w.subscribe(t, "user.*"), w.outbound()
	for i := range 3 {
		w.createUser(t, fmt.Sprint(i))
	}
	w.sequence(t)
	w.lease(t, sub, "hub")
	due := w.due(t, sub).Due
	w.record(t, sub, "hub", webhooks.Results{Attempts: []webhooks.Result{
		result(due[0], webhooks.OutcomeDelivered, time.Time{}),
		result(due[1], webhooks.OutcomeDead, time.Time{}),
		result(due[2], webhooks.OutcomeRetry, time.Now().Add(time.Hour)),
	}})
	again, err := store.Redeliver(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: due[0].Position})
	must(t, err)
	hurried, err := store.Redeliver(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: due[2].Position})
	must(t, err)
	if again.Position <= due[2].Position || !again.Replay || hurried.Position != due[2].Position {
		t.Errorf("again %+v, hurried %+v", again, hurried)
	}
	if diff := cmp.Diff([]string{due[2].EventID, due[0].EventID}, dueIDs(w.due(t, sub))); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	recovery := webhooks.Recovery{SubscriptionID: sub.ID, Since: start, Until: time.Now().Add(time.Minute), Undelivered: true}
	w.recovers(t, recovery, []string{due[1].EventID})
	w.recovers(t, recovery, []string{})
	recovery.Undelivered = false
	w.recovers(t, recovery, []string{due[0].EventID, due[1].EventID, due[2].EventID})
	recovery.Until = start
	w.recovers(t, recovery, []string{})

	_, err = store.UpdateSubscription(t.Context(), sub.ID, func(s *webhooks.Subscription) error {
		s.Active = false
		return nil
	})
	must(t, err)
	_, err = store.Recover(t.Context(), recovery)
	mustFault(t, err, fault.Conflict)
}

// recovers runs a recovery and checks which events it queued.
func (w *world) recovers(t *testing.T, r webhooks.Recovery, want []string) {
	t.Helper()
	sub := webhooks.Subscription{ID: r.SubscriptionID, OrganizationID: w.actor.OrganizationID}
	before := len(w.due(t, sub).Due)
	step, err := w.outbound().Recover(t.Context(), r)
	must(t, err)
	if got := dueIDs(w.due(t, sub))[before:]; step.Queued != len(want) || step.Next != 0 || !slices.Equal(got, want) {
		t.Errorf("%+v queued %v, want %v", step, got, want)
	}
}

// testTell sends an event to one subscription alone.
func testTell(t *testing.T, w *world) {
	sub, other := w.subscribe(t, "user.*"), w.subscribe(t, "*")
	d, err := w.outbound().Tell(t.Context(), sub.ID, webhooks.SubscriptionEvent(event.SubscriptionPing, withSequence(sub), time.Now()))
	must(t, err)
	w.sequence(t)
	if got := w.due(t, sub).Due; len(got) != 1 || got[0].Position != d.Position || got[0].EventType != event.SubscriptionPing {
		t.Errorf("due %+v, want %+v", got, d)
	}
	if got := w.due(t, other).Due; len(got) > 0 || len(w.feed(t)) > 0 {
		t.Errorf("others are told too: %+v", got)
	}
}

func withSequence(s webhooks.Subscription) webhooks.Subscription {
	s.Sequence++
	return s
}

// testSubscriptions stores, reads, changes and removes.
func testSubscriptions(t *testing.T, w *world) {
	store, other := w.outbound(), newWorld(t, w.Engine, w.root, w.dsn)
	sub := w.subscribe(t, "*", func(s *webhooks.Subscription) { s.RateLimit = 7 })
	got, err := store.Subscription(t.Context(), sub.ID)
	must(t, err)
	if diff := cmp.Diff(sub, got); diff != "" {
		t.Errorf("read (-written +read):\n%s", diff)
	}
	mustFault(t, store.CreateSubscription(t.Context(), w.subscription("*", func(s *webhooks.Subscription) { s.URL = sub.URL })), fault.Conflict)
	must(t, other.outbound().CreateSubscription(t.Context(), other.subscription("*", func(s *webhooks.Subscription) { s.URL = sub.URL })))

	second := w.subscribe(t, "user.*")
	list, err := store.Subscriptions(t.Context(), sub.ID, 10)
	must(t, err)
	if len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("after the first: %+v", list)
	}
	changed, err := store.UpdateSubscription(t.Context(), sub.ID, func(s *webhooks.Subscription) error {
		s.Name, s.Active = "changed", false
		return nil
	})
	must(t, err)
	got, err = store.Subscription(t.Context(), sub.ID)
	must(t, err)
	if diff := cmp.Diff(changed, got); diff != "" || got.Name != "changed" {
		t.Errorf("changed (-answered +read):\n%s", diff)
	}
	for _, s := range []webhooks.Store{store, other.outbound()} {
		_, err := s.UpdateSubscription(t.Context(), second.ID, func(*webhooks.Subscription) error {
			return fault.New(fault.InvalidValue, "no")
		})
		if s == store {
			mustFault(t, err, fault.InvalidValue)
		} else {
			mustFault(t, err, fault.NotFound)
		}
	}
	mustFault(t, other.outbound().DeleteSubscription(t.Context(), sub.ID), fault.NotFound)
	must(t, store.DeleteSubscription(t.Context(), sub.ID))
	_, err = store.Subscription(t.Context(), sub.ID)
	mustFault(t, err, fault.NotFound)
	_, err = w.root.Due(t.Context(), consumerOf(sub), 1)
	mustFault(t, err, fault.NotFound)
}

// testDeactivation ends a subscription with a record.
func testDeactivation(t *testing.T, w *world) {
	sub := w.subscribe(t, "*")
	w.createUser(t, "u")
	w.sequence(t)
	w.lease(t, sub, "hub")
	due := w.due(t, sub).Due
	w.record(t, sub, "hub", webhooks.Results{
		Attempts: []webhooks.Result{result(due[0], webhooks.OutcomeRetry, time.Now())},
		Deactivate: &webhooks.Deactivation{Reason: "410", Event: func(s webhooks.Subscription) event.Event {
			return webhooks.SubscriptionEvent(event.SubscriptionDeactivated, s, time.Now())
		}},
	})
	got, err := w.outbound().Subscription(t.Context(), sub.ID)
	must(t, err)
	if got.Status() != webhooks.StatusDeactivated || got.DeactivatedReason != "410" {
		t.Errorf("got %+v", got)
	}
	w.createUser(t, "v")
	w.sequence(t)
	if feed := w.feed(t); len(feed) != 3 || feed[1].Type != event.SubscriptionDeactivated {
		t.Errorf("feed %+v", feed)
	}
	if slices.Contains(w.ready(t), consumerOf(sub)) {
		t.Error("a deactivated subscription is ready")
	}
	_, err = w.outbound().UpdateSubscription(t.Context(), sub.ID, func(s *webhooks.Subscription) error {
		s.Active = true
		return nil
	})
	must(t, err)
	if !slices.Contains(w.ready(t), consumerOf(sub)) {
		t.Error("an activated subscription is not ready")
	}
	if got := dueIDs(w.due(t, sub)); !slices.Equal(got, []string{due[0].EventID}) {
		t.Errorf("due %v: what waited is to be sent, and nothing that came meanwhile", got)
	}
}

// testSealed looks for secrets in the tables.
func testSealed(t *testing.T, w *world) {
	sub := w.subscribe(t, "*")
	conn := w.raw(t, w.actor.OrganizationID)
	var sealed []byte
	row := conn.QueryRowContext(t.Context(), "SELECT credentials FROM subscriptions WHERE id = $1", sub.ID)
	must(t, row.Scan(&sealed))
	for _, secret := range []string{"c2VjcmV0", "shown"} {
		if bytes.Contains(sealed, []byte(secret)) {
			t.Errorf("%q stands in the table", secret)
		}
	}
	stranger := Open(t, storage.Config{DSN: w.dsn, Registry: w.root.Registry, EncryptionKey: bytes.Repeat([]byte{9}, storage.KeySize)})
	if _, err := stranger.Webhooks(w.actor.OrganizationID).Subscription(t.Context(), sub.ID); err == nil {
		t.Error("opened with another key")
	}
	second := w.subscribe(t, "*")
	_, err := conn.ExecContext(t.Context(), "UPDATE subscriptions SET credentials = (SELECT credentials FROM subscriptions WHERE id = $1) WHERE id = $2", sub.ID, second.ID)
	must(t, err)
	if _, err := w.outbound().Subscription(t.Context(), second.ID); err == nil {
		t.Error("opened in another's place")
	}
}

// testSigningKeys lets several hubs make the first key.
func testSigningKeys(t *testing.T, w *world) {
	keys := make([]string, 4)
	var hubs sync.WaitGroup
	for i := range keys {
		hubs.Go(func() {
			list, err := w.root.SigningKeys(t.Context(), func() (webhooks.SigningKey, error) {
				return webhooks.SigningKey{ID: access.NewID("key"), Private: []byte("private"), CreatedAt: time.Now()}, nil
			})
			must(t, err)
			keys[i] = list[0].ID + string(list[0].Private)
		})
	}
	hubs.Wait()
	if got := slices.Compact(keys); len(got) != 1 {
		t.Errorf("hubs sign with %v", got)
	}
}
