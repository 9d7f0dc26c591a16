package storagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
)

func testMembers(t *testing.T, w *world) {
	a := w.create(t, w.user(), `{"userName":"a","displayName":"Ann"}`)
	b := w.createUser(t, "b")
	inner := w.createGroup(t, "inner")
	g := w.createGroup(t, "g", b, inner, a)
	want := []scimresource.Member{{ID: a.ID, Type: "User", Display: "Ann"}, {ID: b.ID, Type: "User", Display: "b"}, {ID: inner.ID, Type: "Group", Display: "inner"}}
	if diff := cmp.Diff(want, w.get(t, g, scimresource.Include{Members: true}).Members); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	must(t, w.store.Update(t.Context(), func(tx scimresource.Tx) error {
		members, err := tx.Members(t.Context(), g.ID)
		must(t, err)
		if diff := cmp.Diff(want, members); diff != "" {
			t.Errorf("members: -want +got:\n%s", diff)
		}
		among, err := tx.MembersAmong(t.Context(), g.ID, []string{b.ID, g.ID, "no id", a.ID})
		must(t, err)
		if !slices.Equal(sorted(among), []string{a.ID, b.ID}) {
			t.Errorf("among: %v", among)
		}
		found, err := tx.Find(t.Context(), []string{inner.ID, "no id", a.ID, b.ID, a.ID})
		must(t, err)
		slices.SortFunc(found, func(x, y scimresource.Member) int { return strings.Compare(x.ID, y.ID) })
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("found: -want +got:\n%s", diff)
		}
		return nil
	}))
	after := next(g)
	must(t, w.apply(t, scimresource.Change{Before: g, After: after, RemoveMembers: []string{a.ID, inner.ID}}))
	if got := w.get(t, g, scimresource.Include{Members: true}).Members; len(got) != 1 || got[0].ID != b.ID {
		t.Errorf("after the removal: %v", got)
	}
	w.addMembers(t, after, a)
	if got := w.find(t, w.group(), `members.value eq "`+a.ID+`"`); !slices.Equal(got, []string{g.ID}) {
		t.Errorf("found %v", got)
	}
}

func testRemovedGroup(t *testing.T, w *world) {
	u := w.createUser(t, "u")
	g := w.create(t, w.group(), `{"displayName":"g","externalId":"x"}`)
	g = w.addMembers(t, g, u)
	parent := w.createGroup(t, "parent", g)
	must(t, w.apply(t, scimresource.Change{Before: g}))
	_, err := w.store.Get(t.Context(), w.group(), g.ID, scimresource.Include{})
	mustFault(t, err, fault.NotFound)
	if got := w.get(t, parent, scimresource.Include{Members: true}).Members; len(got) > 0 {
		t.Errorf("the group around it has members %v", got)
	}
	if got := w.get(t, u, scimresource.Include{Groups: true}).Groups; len(got) > 0 {
		t.Errorf("its member has groups %v", got)
	}
	w.create(t, w.group(), `{"displayName":"g","externalId":"x"}`)
	if err := w.apply(t, scimresource.Change{Before: g}); err == nil {
		t.Error("it was removed twice")
	}
}

// testNesting makes c a member of b, b of a, and a of c.
func testNesting(t *testing.T, w *world) {
	u, v := w.createUser(t, "u"), w.createUser(t, "v")
	c := w.createGroup(t, "C", u)
	b := w.createGroup(t, "B", c)
	a := w.createGroup(t, "A", b, v)
	w.addMembers(t, c, a)
	lone := w.createUser(t, "lone")

	checkGroups(t, w, u, map[string]bool{a.ID: false, b.ID: false, c.ID: true})
	checkGroups(t, w, v, map[string]bool{a.ID: true, b.ID: false, c.ID: false})
	checkGroups(t, w, lone, map[string]bool{})

	page, err := w.store.List(t.Context(), scimresource.Query{Type: w.user(), Limit: 10, Include: scimresource.Include{Groups: true}})
	must(t, err)
	for i, n := range []int{3, 3, 0} {
		if got := page.Resources[i].Groups; len(got) != n {
			t.Errorf("user %d of the page has groups %v", i, got)
		}
	}
	for text, want := range map[string][]string{
		`groups.value eq "` + b.ID + `"`:                         {u.ID, v.ID},
		`groups eq "` + u.ID + `"`:                               {},
		`groups[display eq "c" and type eq "DIRECT"]`:            {u.ID},
		`groups[value eq "` + a.ID + `" and type eq "indirect"]`: {u.ID},
		`not (groups pr)`:                                        {lone.ID},
		`groups.$ref eq "` + w.root.BaseURL + "/Groups/" + c.ID + `" and groups.type eq "direct"`: {u.ID, v.ID},
	} {
		if got := w.find(t, w.user(), text); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func checkGroups(t *testing.T, w *world, u *scimresource.Resource, want map[string]bool) {
	t.Helper()
	got := map[string]bool{}
	var order []string
	for _, g := range w.get(t, u, scimresource.Include{Groups: true}).Groups {
		got[g.ID] = g.Direct
		order = append(order, g.ID)
		if g.Display == "" {
			t.Errorf("group %s has no display", g.ID)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups, direct or not: -want +got:\n%s", diff)
	}
	if !slices.IsSorted(order) {
		t.Errorf("order %v", order)
	}
}
