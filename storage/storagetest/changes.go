package storagetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
)

func testAtomic(t *testing.T, w *world) {
	u := w.resource(t, w.user(), `{"userName":"a","externalId":"x","emails":[{"value":"a@b.c"}]}`)
	bad := w.event(u)
	bad.Sequence = 0 // which the table refuses
	if err := w.apply(t, scimresource.Change{After: u, Events: []event.Event{w.event(u), bad}}); err == nil {
		t.Fatal("a bad event was stored")
	}
	bad.Sequence, bad.Data = 1, func() {}
	if err := w.apply(t, scimresource.Change{After: u, Events: []event.Event{bad}}); err == nil {
		t.Fatal("an event that can't be encoded was stored")
	}
	failure := errors.New("a rule says no")
	err := w.store.Update(t.Context(), func(tx scimresource.Tx) error {
		must(t, tx.Apply(t.Context(), scimresource.Change{After: u, Events: []event.Event{w.event(u)}}))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
	conn := w.raw(t, w.actor.OrganizationID)
	for _, table := range []string{"users", "user_emails", "external_ids", "events"} {
		n := queryStrings(t.Context(), t, conn, "SELECT CAST(COUNT(*) AS TEXT) FROM "+table+" WHERE organization_id = '"+w.actor.OrganizationID+"'")
		if n[0] != "0" {
			t.Errorf("%s rows left in %s", n[0], table)
		}
	}
	must(t, w.apply(t, scimresource.Change{After: u, Events: []event.Event{w.event(u)}}))
}

func testEventOrder(t *testing.T, w *world) {
	g := w.createGroup(t, "g")
	for range 5 {
		after := next(g)
		after.Sequence++ // two events in one change
		first := w.event(after)
		first.Sequence--
		must(t, w.apply(t, scimresource.Change{Before: g, After: after, Events: []event.Event{first, w.event(after)}}))
		g = after
	}
	payloads := queryStrings(t.Context(), t, w.raw(t, w.actor.OrganizationID),
		"SELECT CAST(sequence AS TEXT) FROM events WHERE resource_id = '"+g.ID+"' AND position IS NULL ORDER BY number")
	if got, want := strings.Join(payloads, " "), "1 2 3 4 5 6 7 8 9 10 11 12"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	last := queryStrings(t.Context(), t, w.raw(t, w.actor.OrganizationID),
		"SELECT payload FROM events WHERE resource_id = '"+g.ID+"' ORDER BY number DESC LIMIT 1")
	if !strings.HasPrefix(last[0], `{"id":"evt_`) || !strings.Contains(last[0], `"sequence":12`) {
		t.Errorf("payload %s", last[0])
	}
}

// unread are fields that reads need not fill in.
func unread() cmp.Option {
	return cmp.Options{cmpopts.IgnoreFields(scimresource.Resource{}, "Type", "Attributes"), cmpopts.EquateEmpty()}
}

func testRoundTrip(t *testing.T, w *world) {
	user := w.create(t, w.user(), `{"userName":"Ünïcode <&> 漢字","externalId":"X-1","active":false,"displayName":"D",
		"emails":[{"value":"a@b.c","type":"work","primary":true},{"value":"d@e.f"}],"title":"\"\\\u2028?$1@"}`)
	group := w.create(t, w.group(), `{"displayName":"G"}`)
	for _, want := range []*scimresource.Resource{user, group} {
		if diff := cmp.Diff(want, w.get(t, want, scimresource.Include{}), unread()); diff != "" {
			t.Errorf("get: -want +got:\n%s", diff)
		}
		must(t, w.store.Update(t.Context(), func(tx scimresource.Tx) error {
			got, err := tx.Lock(t.Context(), want.Type, want.ID)
			if diff := cmp.Diff(want, got, unread()); diff != "" {
				t.Errorf("lock: -want +got:\n%s", diff)
			}
			return err
		}))
	}
	after := w.rewrite(t, user, `{"userName":"b","emails":[{"value":"d@e.f"},{"value":"g@h.i"}]}`)
	must(t, w.apply(t, scimresource.Change{Before: user, After: after, Events: []event.Event{w.event(after)}}))
	if diff := cmp.Diff(after, w.get(t, after, scimresource.Include{}), unread()); diff != "" {
		t.Errorf("after the change: -want +got:\n%s", diff)
	}
	for text, want := range map[string][]string{
		`emails.value eq "a@b.c"`: {}, `emails.value eq "G@H.I"`: {user.ID}, `externalId pr`: {}, `displayName pr`: {}, `active pr`: {}, `userName eq "B"`: {user.ID},
	} {
		if got := w.find(t, w.user(), text); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func testUniqueUserName(t *testing.T, w *world) {
	first, second := w.createUser(t, "BJensen"), w.createUser(t, "other")
	for _, name := range []string{"BJensen", "bjensen", "BJENSEN", "ｂｊｅｎｓｅｎ"} {
		err := w.apply(t, scimresource.Change{After: w.resource(t, w.user(), `{"userName":`+quote(name)+`}`)})
		mustFault(t, err, fault.Uniqueness)
		after := w.rewrite(t, second, `{"userName":`+quote(name)+`}`)
		err = w.apply(t, scimresource.Change{Before: second, After: after})
		mustFault(t, err, fault.Uniqueness)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Detail != "userName is taken by another user of this organization" {
			t.Errorf("detail of %v", err)
		}
	}
	after := w.rewrite(t, first, `{"userName":"BJENSEN"}`)
	must(t, w.apply(t, scimresource.Change{Before: first, After: after})) // its own name in other letters
	w.createUser(t, "bjensén")
}

func testOffboarded(t *testing.T, w *world) {
	u := w.create(t, w.user(), `{"userName":"leaver","externalId":"x","emails":[{"value":"a@b.c"}]}`)
	g := w.createGroup(t, "g", u)
	w.offboard(t, u)

	_, err := w.store.Get(t.Context(), w.user(), u.ID, scimresource.Include{})
	mustFault(t, err, fault.NotFound)
	for _, text := range []string{"", `userName eq "leaver"`, `id eq "` + u.ID + `"`, `emails.value eq "a@b.c"`, `externalId eq "x"`} {
		if got := w.find(t, w.user(), text); len(got) > 0 {
			t.Errorf("filter %q finds it", text)
		}
	}
	if members := w.get(t, g, scimresource.Include{Members: true}).Members; len(members) > 0 {
		t.Errorf("the group has members %v", members)
	}
	must(t, w.store.Update(t.Context(), func(tx scimresource.Tx) error {
		_, err := tx.Lock(t.Context(), w.user(), u.ID)
		mustFault(t, err, fault.NotFound)
		found, err := tx.Find(t.Context(), []string{u.ID})
		must(t, err)
		among, err := tx.MembersAmong(t.Context(), g.ID, []string{u.ID})
		must(t, err)
		parents, err := tx.Parents(t.Context(), u.ID)
		must(t, err)
		if len(found)+len(among)+len(parents) > 0 {
			t.Errorf("found %v, among %v, parents %v", found, among, parents)
		}
		return nil
	}))
	again := w.create(t, w.user(), `{"userName":"LEAVER","externalId":"x","emails":[{"value":"a@b.c"}]}`)
	if again.ID == u.ID {
		t.Error("the id was given again")
	}
}

func testVersion(t *testing.T, w *world) {
	for _, r := range []*scimresource.Resource{w.createUser(t, "u"), w.createGroup(t, "g")} {
		name := map[string]string{"User": "userName", "Group": "displayName"}[r.Type.Name]
		after := w.rewrite(t, r, `{"`+name+`":"second"}`)
		must(t, w.apply(t, scimresource.Change{Before: r, After: after}))
		if err := w.apply(t, scimresource.Change{Before: r, After: w.rewrite(t, r, `{"`+name+`":"lost"}`)}); err == nil {
			t.Error("a change of a version that is past was written")
		}
		if err := w.apply(t, scimresource.Change{Before: r, After: next(r)}); err == nil {
			t.Error("a change around the document of a version that is past was written")
		}
		if got := w.get(t, r, scimresource.Include{}); string(got.Document) != string(after.Document) || got.Version != after.Version {
			t.Errorf("got version %d: %s", got.Version, got.Document)
		}
	}
}

func testLongValues(t *testing.T, w *world) {
	long := strings.Repeat("ä", 5000)
	for _, body := range []string{
		`{"userName":"` + long + `"}`, `{"userName":"a","displayName":"` + long + `"}`, `{"userName":"a","externalId":"` + long + `"}`,
		`{"userName":"a","name":{"givenName":"` + long + `"}}`, `{"userName":"a","emails":[{"value":"` + long + `"}]}`,
	} {
		err := w.apply(t, scimresource.Change{After: w.resource(t, w.user(), body)})
		mustFault(t, err, fault.InvalidValue)
		if strings.Contains(err.Error(), "ää") {
			t.Errorf("the fault repeats the value: %v", err)
		}
	}
	w.create(t, w.user(), `{"userName":"a","title":"`+long+`"}`)
	if got := w.find(t, w.user(), `title sw "ÄÄ"`); len(got) != 1 {
		t.Errorf("found %v", got)
	}
}
