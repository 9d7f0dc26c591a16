package storagetest

import (
	"crypto/rand"
	"slices"
	"testing"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// testFence puts resources of the same ids, names and external ids into two
// organizations.
func testFence(t *testing.T, w *world) {
	other := newWorld(t, w.Engine, w.root, w.dsn)
	u := w.create(t, w.user(), `{"userName":"same","externalId":"x","emails":[{"value":"a@b.c"}]}`)
	g := w.createGroup(t, "group", u)
	otherSees(t, other, u, g)

	twin := *u
	twin.DirectoryID = other.actor.DirectoryID
	must(t, other.apply(t, scimresource.Change{After: &twin}))
	got := other.get(t, u, scimresource.Include{Groups: true})
	if got.DirectoryID != twin.DirectoryID || len(got.Groups) > 0 {
		t.Errorf("got %+v", got)
	}
	other.offboard(t, &twin)
	if got := w.get(t, u, scimresource.Include{Groups: true}); len(got.Groups) != 1 || got.ExternalID != "x" {
		t.Errorf("a change in the other organization shows: %+v", got)
	}
	if got := w.find(t, w.user(), `emails.value eq "a@b.c" and groups.value eq "`+g.ID+`"`); !slices.Equal(got, []string{u.ID}) {
		t.Errorf("found %v", got)
	}
}

// otherSees checks that an organization sees nothing of another's resources by
// any method.
func otherSees(t *testing.T, other *world, u, g *scimresource.Resource) {
	t.Helper()
	for _, r := range []*scimresource.Resource{u, g} {
		_, err := other.store.Get(t.Context(), r.Type, r.ID, scimresource.Include{Groups: true, Members: true})
		mustFault(t, err, fault.NotFound)
		for _, text := range []string{"", `id pr`, `externalId pr`} {
			if got := other.find(t, r.Type, text); len(got) > 0 {
				t.Errorf("filter %q finds %v", text, got)
			}
		}
		if err := other.apply(t, scimresource.Change{Before: r, After: next(r)}); err == nil {
			t.Errorf("a %s was changed", r.Type.Name)
		}
	}
	for _, text := range []string{`emails.value eq "a@b.c"`, `groups.value eq "` + g.ID + `"`, `groups.display eq "group"`} {
		if got := other.find(t, u.Type, text); len(got) > 0 {
			t.Errorf("filter %q finds %v", text, got)
		}
	}
	if got := other.find(t, g.Type, `members.value eq "`+u.ID+`"`); len(got) > 0 {
		t.Errorf("its members find %v", got)
	}
	must(t, other.store.Update(t.Context(), func(tx scimresource.Tx) error {
		_, err := tx.Lock(t.Context(), u.Type, u.ID)
		mustFault(t, err, fault.NotFound)
		found, err := tx.Find(t.Context(), []string{u.ID, g.ID})
		must(t, err)
		among, err := tx.MembersAmong(t.Context(), g.ID, []string{u.ID})
		must(t, err)
		members, err := tx.Members(t.Context(), g.ID)
		must(t, err)
		parents, err := tx.Parents(t.Context(), u.ID)
		must(t, err)
		if len(found)+len(among)+len(members)+len(parents) > 0 {
			t.Errorf("found %v, among %v, members %v, parents %v", found, among, members, parents)
		}
		return nil
	}))
}

func testExternalID(t *testing.T, w *world) {
	dir, err := w.root.CreateDirectory(t.Context(), w.actor.OrganizationID, "second "+rand.Text())
	must(t, err)
	second := w.root.Bind(access.Actor{OrganizationID: w.actor.OrganizationID, DirectoryID: dir.ID})

	u := w.create(t, w.user(), `{"userName":"u","externalId":"Abc"}`)
	w.create(t, w.group(), `{"displayName":"g","externalId":"Abc"}`) // of another type
	w.create(t, w.user(), `{"userName":"v","externalId":"abc"}`)     // in other letters
	mustFault(t, w.apply(t, scimresource.Change{After: w.resource(t, w.user(), `{"userName":"w","externalId":"Abc"}`)}), fault.Uniqueness)

	seen, err := second.Get(t.Context(), w.user(), u.ID, scimresource.Include{})
	must(t, err)
	if seen.ExternalID != "" || len(findIn(t, second, w.user(), `externalId pr`)) > 0 {
		t.Errorf("the second directory sees %q", seen.ExternalID)
	}
	after := w.rewrite(t, seen, `{"userName":"u","externalId":"other"}`)
	must(t, second.Update(t.Context(), func(tx scimresource.Tx) error {
		return tx.Apply(t.Context(), scimresource.Change{Before: seen, After: after})
	}))
	if got := w.find(t, w.user(), `externalId eq "Abc"`); !slices.Equal(got, []string{u.ID}) {
		t.Errorf("the first directory finds %v", got)
	}
	if got := findIn(t, second, w.user(), `externalId eq "other"`); !slices.Equal(got, []string{u.ID}) {
		t.Errorf("the second directory finds %v", got)
	}
	unset := w.rewrite(t, w.get(t, u, scimresource.Include{}), `{"userName":"u"}`)
	before := w.get(t, u, scimresource.Include{})
	must(t, w.apply(t, scimresource.Change{Before: before, After: unset}))
	if got := w.find(t, w.user(), `not (externalId pr) and userName eq "u"`); !slices.Equal(got, []string{u.ID}) {
		t.Errorf("after it was taken away: found %v", got)
	}
	if got := findIn(t, second, w.user(), `externalId eq "other"`); len(got) != 1 {
		t.Errorf("the second directory lost its own")
	}
}
