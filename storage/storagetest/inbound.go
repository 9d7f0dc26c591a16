package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// at is a time of the tests, some seconds after their beginning.
func at(seconds int) time.Time { return time.Unix(1_800_000_000+int64(seconds), 0).UTC() }

func (w *world) mapping() inbound.Mapping {
	return inbound.Mapping{Upstream: "org_1", OrganizationID: w.actor.OrganizationID, DirectoryID: w.actor.DirectoryID}
}

// addSource stores a source whose messages go into the world's directory.
func (w *world) addSource(t testing.TB, fn ...func(*inbound.Source)) inbound.Source {
	t.Helper()
	src := inbound.Source{
		ID: access.NewID("src"), OrganizationID: w.actor.OrganizationID, Name: "test", Kind: inbound.KindScalekit, Active: true,
		Mappings:    []inbound.Mapping{w.mapping()},
		Credentials: inbound.Credentials{Secrets: []string{"whsec_c2VjcmV0"}},
		Upstream:    inbound.Upstream{BaseURL: "https://upstream.example.com"},
		Linking:     inbound.Linking{EmailDomains: []string{"example.com"}},
		CreatedAt:   at(0), UpdatedAt: at(0),
	}
	for _, f := range fn {
		f(&src)
	}
	must(t, w.root.Inbound(w.actor.OrganizationID).CreateSource(t.Context(), src))
	return src
}

// message makes a message about an object.
func message(src inbound.Source, id, object string, occurred int) inbound.Message {
	return inbound.Message{
		ID: access.NewID("msg"), SourceID: src.ID, OrganizationID: src.OrganizationID, UpstreamID: id, Type: "user_updated", Organization: "org_1",
		Object: inbound.Object{Type: schema.User, ID: object}, OccurredAt: at(occurred), ReceivedAt: at(1000), Body: []byte(`{"é":1}`), Status: inbound.Pending,
	}
}

// receive keeps messages and gives how many were new.
func (w *world) receive(t testing.TB, src inbound.Source, list ...inbound.Message) int {
	t.Helper()
	n, err := w.root.Receive(t.Context(), src, list)
	must(t, err)
	return n
}

func (w *world) dueMessages(t testing.TB, src inbound.Source) inbound.Batch {
	t.Helper()
	batch, err := w.root.Inbox().Due(t.Context(), webhooks.Consumer{ID: src.ID, OrganizationID: src.OrganizationID}, 100)
	must(t, err)
	return batch
}

func upstreamIDs(list []inbound.Message) []string {
	ids := make([]string, len(list))
	for i, m := range list {
		ids[i] = m.UpstreamID
	}
	return ids
}

// testSources stores, reads, changes and removes.
func testSources(t *testing.T, w *world) {
	store, other := w.root.Inbound(w.actor.OrganizationID), newWorld(t, w.Engine, w.root, w.dsn)
	slug := access.NewID("slug")
	src := w.addSource(t, func(s *inbound.Source) {
		s.Slug, s.Attributes = slug, []inbound.AttributeRule{{From: "a", To: "title"}}
		s.Reconcile = inbound.Reconciliation{Schedule: "0 3 * * *", MaxRemovals: .5}
	})
	got, err := store.Source(t.Context(), src.ID)
	must(t, err)
	if diff := cmp.Diff(src, got); diff != "" {
		t.Errorf("read (-written +read):\n%s", diff)
	}
	for _, address := range []string{slug, src.ID} {
		found, err := w.root.Find(t.Context(), address)
		must(t, err)
		if diff := cmp.Diff(src, found); diff != "" {
			t.Errorf("found at %s (-written +found):\n%s", address, diff)
		}
	}
	foreign := other.root.Inbound(other.actor.OrganizationID)
	mustFault(t, foreign.CreateSource(t.Context(), inbound.Source{ID: access.NewID("src"), Slug: slug, Kind: inbound.KindOkta}), fault.Conflict)
	_, err = foreign.Source(t.Context(), src.ID)
	mustFault(t, err, fault.NotFound)
	mustFault(t, foreign.DeleteSource(t.Context(), src.ID), fault.NotFound)

	_, err = store.UpdateSource(t.Context(), src.ID, func(s *inbound.Source) error {
		s.Active = false
		return nil
	})
	must(t, err)
	_, err = w.root.Find(t.Context(), slug)
	mustFault(t, err, fault.NotFound)
	must(t, store.DeleteSource(t.Context(), src.ID))
	_, err = store.Source(t.Context(), src.ID)
	mustFault(t, err, fault.NotFound)
}

// testInbox keeps messages once, gives them out in order, and lists them.
func testInbox(t *testing.T, w *world) {
	src, store := w.addSource(t), w.root.Inbound(w.actor.OrganizationID)
	a1, a2, b := message(src, "1", "a", 1), message(src, "2", "a", 2), message(src, "3", "b", 1)
	if n := w.receive(t, src, a1, a2, b); n != 3 {
		t.Errorf("%d of 3 messages are new", n)
	}
	if n := w.receive(t, src, message(src, "1", "a", 9), message(src, "4", "c", 1)); n != 1 {
		t.Errorf("%d messages are new, want the one that was not kept before", n)
	}
	batch := w.dueMessages(t, src)
	if diff := cmp.Diff([]string{"1", "2", "3", "4"}, upstreamIDs(batch.Due)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	got := batch.Due[0]
	got.Number = 0
	if diff := cmp.Diff(a1, got); diff != "" {
		t.Errorf("message (-kept +read):\n%s", diff)
	}
	put := batch.Due[0]
	put.Attempts, put.NextAt, put.Detail = 1, time.Now().Add(time.Hour), "away"
	must(t, w.root.Finish(t.Context(), put))
	if diff := cmp.Diff([]string{"3", "4"}, upstreamIDs(w.dueMessages(t, src).Due)); diff != "" {
		t.Errorf("one that was put off doesn't keep its object waiting (-want +got):\n%s", diff)
	}
	put.Early = true
	must(t, w.root.Finish(t.Context(), put))
	if diff := cmp.Diff([]string{"2", "3", "4"}, upstreamIDs(w.dueMessages(t, src).Due)); diff != "" {
		t.Errorf("one that waits for its object holds it up (-want +got):\n%s", diff)
	}
	failed := batch.Due[2]
	failed.Status, failed.Detail, failed.FinishedAt = inbound.Failed, "no", time.Now()
	must(t, w.root.Finish(t.Context(), failed))
	list, err := store.Messages(t.Context(), inbound.MessageQuery{SourceID: src.ID, Status: inbound.Failed, Limit: 10})
	must(t, err)
	if len(list) != 1 || list[0].UpstreamID != "3" || list[0].Body != nil {
		t.Errorf("failed: %+v", list)
	}
	one, err := store.Message(t.Context(), src.ID, failed.ID)
	must(t, err)
	if one.Detail != "no" || string(one.Body) != `{"é":1}` {
		t.Errorf("message %+v", one)
	}
	n, err := store.Replay(t.Context(), inbound.MessageQuery{SourceID: src.ID, Status: inbound.Failed})
	must(t, err)
	if due := upstreamIDs(w.dueMessages(t, src).Due); n != 1 || !slices.Contains(due, "3") {
		t.Errorf("%d replayed, due %v", n, due)
	}
	second, err := store.Messages(t.Context(), inbound.MessageQuery{SourceID: src.ID, Before: batch.Due[2].Number, Limit: 1})
	must(t, err)
	if !slices.Equal(upstreamIDs(second), []string{"2"}) {
		t.Errorf("the second page: %v", upstreamIDs(second))
	}
	other := newWorld(t, w.Engine, w.root, w.dsn)
	_, err = w.root.Inbound(other.actor.OrganizationID).Message(t.Context(), src.ID, failed.ID)
	mustFault(t, err, fault.NotFound)
}

// testRouse makes a source ready, also one that nobody was told of.
func testRouse(t *testing.T, w *world) {
	src := w.addSource(t)
	c := webhooks.Consumer{ID: src.ID, OrganizationID: src.OrganizationID}
	ready := func() bool {
		list, err := w.root.Ready(t.Context(), webhooks.ConsumerSource, 10000)
		must(t, err)
		return slices.Contains(list, c)
	}
	release := func() {
		w.takeLease(t, c)
		if ok, err := w.root.Release(t.Context(), c, "hub", w.dueMessages(t, src).Generation, time.Time{}); !ok || err != nil {
			t.Fatalf("not released: %v, %v", ok, err)
		}
	}
	release()
	w.receive(t, src, message(src, "1", "a", 1))
	if ready() {
		t.Fatal("it is ready already")
	}
	must(t, w.root.RouseForgotten(t.Context()))
	if !ready() {
		t.Error("a forgotten message doesn't make its source ready")
	}
	release()
	must(t, w.root.Rouse(t.Context(), c))
	if !ready() {
		t.Error("a source that was roused isn't ready")
	}
}

func (w *world) takeLease(t testing.TB, c webhooks.Consumer) {
	t.Helper()
	if ok, err := w.root.Lease(t.Context(), c, "hub", time.Minute); !ok || err != nil {
		t.Fatalf("no lease: %v, %v", ok, err)
	}
}

// testForeignDirectory applies a message in the directory of another
// organization than that of the source: from then on it is theirs.
func testForeignDirectory(t *testing.T, w *world) {
	other := newWorld(t, w.Engine, w.root, w.dsn)
	to := other.mapping()
	src := w.addSource(t, func(s *inbound.Source) { s.Mappings = []inbound.Mapping{to} })
	w.receive(t, src, message(src, "1", "a", 1))
	m := w.dueMessages(t, src).Due[0]
	m.OrganizationID = to.OrganizationID
	must(t, w.root.Finish(t.Context(), m))
	m.Status, m.FinishedAt = inbound.Applied, time.Now()
	must(t, w.root.Inbox().Within(t.Context(), src, to, &m, true, func(inbound.Tx) error { return nil }))
	if due := w.dueMessages(t, src).Due; len(due) > 0 {
		t.Errorf("due %+v", due)
	}
	_, err := w.root.Inbound(w.actor.OrganizationID).Message(t.Context(), src.ID, m.ID)
	mustFault(t, err, fault.NotFound)
}

// testMemberships states memberships in and out of order, before and after
// their group and user have come.
func testMemberships(t *testing.T, w *world) {
	src, to := w.addSource(t), w.mapping()
	within := func(fn func(tx inbound.Tx) error) {
		t.Helper()
		must(t, w.root.Inbox().Within(t.Context(), src, to, nil, true, fn))
	}
	state := func(user string, member bool, seconds int) {
		t.Helper()
		within(func(tx inbound.Tx) error {
			return tx.SetMemberships(t.Context(), []inbound.Membership{{GroupID: "g", UserID: user, Member: member, ChangedAt: at(seconds)}})
		})
	}
	settleable := func(o inbound.Object) (got []string) {
		t.Helper()
		within(func(tx inbound.Tx) error {
			list, err := tx.Settleable(t.Context(), o, 10)
			got = nil
			for _, s := range list {
				got = append(got, fmt.Sprint(s.UserID, " ", s.Member))
			}
			return err
		})
		return got
	}
	check := func(o inbound.Object, want ...string) {
		t.Helper()
		if got := settleable(o); !slices.Equal(got, want) {
			t.Errorf("settleable %v, want %v", got, want)
		}
	}
	group := inbound.Object{Type: schema.Group, ID: "g"}
	state("u", true, 5)
	state("u", false, 4) // it was said before
	check(inbound.Object{})
	waiting, err := w.root.Inbound(w.actor.OrganizationID).Waiting(t.Context(), src.ID, 10)
	must(t, err)
	if len(waiting) != 1 || waiting[0].UserID != "u" || !waiting[0].ChangedAt.Equal(at(5)) {
		t.Errorf("waiting %+v", waiting)
	}
	w.create(t, w.user(), `{"userName":"u","externalId":"u"}`)
	check(inbound.Object{})
	w.create(t, w.group(), `{"displayName":"g","externalId":"g"}`)
	check(group, "u true")
	check(inbound.Object{Type: schema.User, ID: "u"}, "u true")
	if list, err := w.root.Inbox().Unsettled(t.Context(), src); err != nil || len(list) != 1 {
		t.Errorf("unsettled %v, %v", list, err)
	}
	within(func(tx inbound.Tx) error {
		list, err := tx.Settleable(t.Context(), group, 10)
		must(t, err)
		return tx.Settle(t.Context(), list)
	})
	check(group)
	state("u", true, 6) // known
	check(group)
	within(func(tx inbound.Tx) error { return tx.EndMemberships(t.Context(), group, []string{"u"}, at(7)) })
	check(group)
	within(func(tx inbound.Tx) error { return tx.EndMemberships(t.Context(), group, nil, at(5)) }) // it was said before
	check(group)
	within(func(tx inbound.Tx) error { return tx.EndMemberships(t.Context(), group, nil, at(8)) })
	check(group, "u false")

	gone := inbound.Object{Type: schema.User, ID: "gone"}
	within(func(tx inbound.Tx) error {
		_, err := tx.State(t.Context(), gone)
		must(t, err)
		return tx.SetState(t.Context(), gone, inbound.State{ChangedAt: at(5), Deleted: true})
	})
	state("gone", true, 4)
	state("later", true, 4)
	waiting, err = w.root.Inbound(w.actor.OrganizationID).Waiting(t.Context(), src.ID, 10)
	must(t, err)
	if len(waiting) != 1 || waiting[0].UserID != "later" {
		t.Errorf("waiting %+v: nobody waits for a user who is gone", waiting)
	}
}

// testUpstreamState keeps what is known of an object, and forgets it with a
// transaction that is not kept.
func testUpstreamState(t *testing.T, w *world) {
	src, to, o := w.addSource(t), w.mapping(), inbound.Object{Type: schema.User, ID: "u"}
	for _, keep := range []bool{false, true} {
		must(t, w.root.Inbox().Within(t.Context(), src, to, nil, keep, func(tx inbound.Tx) error {
			state, err := tx.State(t.Context(), o)
			if err != nil || !state.ChangedAt.IsZero() || state.Deleted {
				t.Errorf("state %+v, %v", state, err)
			}
			if err := tx.SetState(t.Context(), o, inbound.State{ChangedAt: at(3), Deleted: true}); err != nil {
				return err
			}
			return tx.Resources().Update(t.Context(), func(dir scimresource.Tx) error {
				r := w.resource(t, w.user(), `{"userName":"u","externalId":"u"}`)
				return dir.Apply(t.Context(), scimresource.Change{After: r})
			})
		}))
	}
	must(t, w.root.Inbox().Within(t.Context(), src, to, nil, true, func(tx inbound.Tx) error {
		state, err := tx.State(t.Context(), o)
		if err != nil || !state.ChangedAt.Equal(at(3)) || !state.Deleted {
			t.Errorf("state %+v, %v", state, err)
		}
		if _, ok, err := tx.Linked(t.Context(), o); !ok || err != nil {
			t.Errorf("linked: %v, %v", ok, err)
		}
		return nil
	}))
}
