package scimresource_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// A change announces exactly what it did, and what changes nothing is not
// written and announces nothing.
func TestEventsOfUserChanges(t *testing.T) {
	for _, test := range []struct {
		name  string
		patch string // operations
		want  []string
	}{
		{"attribute", `{"op":"replace","path":"title","value":"CTO"}`, []string{"user.updated title"}},
		{"two attributes", `{"op":"replace","value":{"title":"CTO","emails":[{"value":"a@b.c"}]}}`, []string{"user.updated title,emails"}},
		{"extension", `{"op":"add","path":"` + schema.EnterpriseUserURI + `:department","value":"R&D"}`, []string{"user.updated " + schema.EnterpriseUserURI + ":department"}},
		{"external id", `{"op":"replace","path":"externalId","value":"x"}`, []string{"user.updated externalId"}},
		{"deactivate", `{"op":"replace","path":"active","value":false}`, []string{"user.deactivated"}},
		{"deactivate and change", `{"op":"replace","value":{"active":"False","title":"CTO"}}`, []string{"user.updated title", "user.deactivated"}},
		{"same value", `{"op":"replace","path":"userName","value":"anna"}`, nil},
		{"password", `{"op":"replace","path":"password","value":"secret"}`, nil},
		{"there and back", `{"op":"add","path":"title","value":"CTO"},{"op":"remove","path":"title"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDirectory(t)
			anna := d.create(schema.User, `{"userName":"anna"}`)
			before := len(d.applied())

			after := d.patch(schema.User, anna.ID, test.patch)
			if diff := cmp.Diff(test.want, d.applied()[before:], cmpEmpty); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			wantVersion := anna.Version
			if test.want != nil {
				wantVersion++
			}
			if after.Version != wantVersion {
				t.Errorf("version is %d, want %d", after.Version, wantVersion)
			}
			if changed := after.LastModified.After(anna.LastModified); changed != (test.want != nil) {
				t.Errorf("lastModified changed: %v", changed)
			}
		})
	}
}

// A subscriber to user.deactivated alone must learn of every leaver, and the
// groups of a leaver change with it.
func TestEventsOfDelete(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna"}`)
	ben := d.create(schema.User, `{"userName":"ben","active":false}`)
	group := d.create(schema.Group, `{"displayName":"all","members":[{"value":"`+anna.ID+`"},{"value":"`+ben.ID+`"}]}`)
	before := len(d.applied())

	d.delete(schema.User, anna.ID)
	d.delete(schema.User, ben.ID)
	d.delete(schema.Group, group.ID)
	want := []string{
		"user.offboarding_started", "user.deactivated", "user.offboarded", "group.membership_updated -1",
		"user.offboarding_started", "user.offboarded", "group.membership_updated -1",
		"group.deleted",
	}
	if diff := cmp.Diff(want, d.applied()[before:]); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// The sequence of a resource's events rises by one with each, over all changes.
func TestSequence(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna"}`)
	d.patch(schema.User, anna.ID, `{"op":"replace","value":{"active":false,"title":"CTO"}}`)
	d.patch(schema.User, anna.ID, `{"op":"replace","value":{"active":true}}`)
	d.delete(schema.User, anna.ID)
	var sequence []int64
	for _, e := range d.log.events {
		sequence = append(sequence, e.Sequence)
	}
	if want := []int64{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(sequence, want) {
		t.Errorf("sequence %v, want %v", sequence, want)
	}
}

// An event carries at most event.MaxMembers ids; a larger change is several.
func TestLargeMembershipChange(t *testing.T) {
	d := newDirectory(t)
	var members []string
	for i := range event.MaxMembers + 500 {
		user := d.create(schema.User, fmt.Sprintf(`{"userName":"user%d"}`, i))
		members = append(members, `{"value":"`+user.ID+`"}`)
	}
	before := len(d.applied())
	group := d.create(schema.Group, `{"displayName":"all","members":[`+strings.Join(members, ",")+`]}`)
	d.patch(schema.Group, group.ID, `{"op":"remove","path":"members"}`)
	want := []string{
		"group.created", "group.membership_updated +1000", "group.membership_updated +500",
		"group.membership_updated -1000", "group.membership_updated -500",
	}
	if diff := cmp.Diff(want, d.applied()[before:]); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// Operations on members come to what they would come to one by one.
func TestMemberOperations(t *testing.T) {
	for _, test := range []struct {
		name, ops string // a, b, c stand for ids of users, g for a group
		want      string
	}{
		{"add", `{"op":"add","path":"members","value":[{"value":"c"}]}`, "abc"},
		{"add who is there", `{"op":"add","path":"members","value":[{"value":"a"}]}`, "ab"},
		{"add twice", `{"op":"add","path":"members","value":[{"value":"c"},{"value":"c"}]}`, "abc"},
		{"add a group", `{"op":"add","path":"members","value":[{"value":"g"}]}`, "abg"},
		{"add the unknown", `{"op":"add","path":"members","value":[{"value":"01a20bc3-de98-7013-8982-b8dc6735a0e7"},{"value":"x"},{"value":"c"}]}`, "abc"},
		{"remove", `{"op":"remove","path":"members[value eq \"a\"]"}`, "b"},
		{"remove who is not there", `{"op":"remove","path":"members[value eq \"c\"]"}`, "ab"},
		{"remove and add", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"a"}]}`, "ab"},
		{"add and remove", `{"op":"add","path":"members","value":[{"value":"c"}]},{"op":"remove","path":"members[value eq \"c\"]"}`, "ab"},
		{"remove by name", `{"op":"remove","path":"members[display sw \"user a\"]"}`, "b"},
		{"remove by type", `{"op":"add","path":"members","value":[{"value":"g"}]},{"op":"remove","path":"members[type eq \"User\"]"}`, "g"},
		{"remove all", `{"op":"remove","path":"members"}`, ""},
		{"remove an empty list", `{"op":"remove","path":"members","value":[]}`, "ab"},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"b"},{"value":"c"}]}`, "bc"},
		{"replace with none", `{"op":"replace","value":{"members":[]}}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDirectory(t)
			names := map[string]string{}
			for _, name := range []string{"a", "b", "c"} {
				names[name] = d.create(schema.User, `{"userName":"user `+name+`"}`).ID
			}
			names["g"] = d.create(schema.Group, `{"displayName":"nested"}`).ID
			withIDs := func(s string) string {
				for name, id := range names {
					s = strings.ReplaceAll(s, `"`+name+`"`, `"`+id+`"`)
					s = strings.ReplaceAll(s, `\"`+name+`\"`, `\"`+id+`\"`)
				}
				return s
			}
			group := d.create(schema.Group, withIDs(`{"displayName":"all","members":[{"value":"a"},{"value":"b"}]}`))
			d.patch(schema.Group, group.ID, withIDs(test.ops))

			var got []string
			for _, m := range d.get(schema.Group, group.ID).Members {
				for name, id := range names {
					if id == m.ID {
						got = append(got, name)
					}
				}
			}
			slices.Sort(got)
			if strings.Join(got, "") != test.want {
				t.Errorf("members are %v, want %q", got, test.want)
			}
		})
	}
}

// A resource can't be made larger without end by adding to it.
func TestTooLarge(t *testing.T) {
	d := newDirectory(t)
	user := d.create(schema.User, `{"userName":"anna"}`)
	var err error
	for n := 0; err == nil && n < 100; n++ {
		add := fmt.Sprintf(`{"op":"add","path":"roles","value":"%d %s"}`, n, strings.Repeat("x", 60_000))
		_, err = d.tryPatch(schema.User, user.ID, add)
	}
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("error is %v, want TooLarge", err)
	}
	if n := len(d.get(schema.User, user.ID).Document); n < 1<<20 || n > 2<<20 {
		t.Errorf("the document has %d bytes", n)
	}
}

// A search among the members of a group may not cost without limit: nobody
// else could change anything meanwhile on SQLite.
func TestTooMuchWork(t *testing.T) {
	d := newDirectory(t)
	var members []string
	for i := range 20 {
		user := d.create(schema.User, fmt.Sprintf(`{"userName":"user%d%s"}`, i, strings.Repeat("ä", 900)))
		members = append(members, `{"value":"`+user.ID+`"}`)
	}
	group := d.create(schema.Group, `{"displayName":"all","members":[`+strings.Join(members, ",")+`]}`)

	search := `display co \"z\"`
	d.patch(schema.Group, group.ID, `{"op":"remove","path":"members[`+search+`]"}`)
	_, err := d.tryPatch(schema.Group, group.ID, `{"op":"remove","path":"members[`+search+strings.Repeat(" or "+search, 99)+`]"}`)
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("error is %v, want TooLarge", err)
	}
}

func TestGroupInItself(t *testing.T) {
	d := newDirectory(t)
	group := d.create(schema.Group, `{"displayName":"all"}`)
	_, err := d.tryPatch(schema.Group, group.ID, `{"op":"add","path":"members","value":[{"value":"`+group.ID+`"}]}`)
	if !fault.Is(err, fault.InvalidValue) {
		t.Errorf("error is %v, want InvalidValue", err)
	}
}

// What a PUT leaves out, and what it keeps.
func TestReplace(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna","externalId":"e1","title":"CTO","active":false}`)
	after := d.replace(schema.User, anna.ID, `{"userName":"anna"}`)
	attrs := d.decoded(after)
	if attrs["active"] != false || after.ExternalID != "e1" {
		t.Errorf("active is %v and externalId %q: a PUT without them must keep them", attrs["active"], after.ExternalID)
	}
	if _, ok := attrs["title"]; ok {
		t.Error("a PUT without title must clear it")
	}

	group := d.create(schema.Group, `{"displayName":"all","members":[{"value":"`+anna.ID+`"}]}`)
	d.replace(schema.Group, group.ID, `{"displayName":"everybody","members":null}`)
	if n := len(d.get(schema.Group, group.ID).Members); n != 1 {
		t.Errorf("a PUT without members left %d, want 1", n)
	}
	d.replace(schema.Group, group.ID, `{"displayName":"everybody","members":[]}`)
	if n := len(d.get(schema.Group, group.ID).Members); n != 0 {
		t.Errorf("a PUT with no members left %d, want 0", n)
	}
}

func TestCondition(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna"}`)
	for _, test := range []struct {
		condition scimresource.Condition
		ok        bool
	}{
		{scimresource.Condition{}, true},
		{scimresource.Condition{Set: true, Versions: []int64{7, 1}}, true},
		{scimresource.Condition{Set: true, Versions: []int64{7}}, false},
		{scimresource.Condition{Set: true}, false},
	} {
		err := d.Delete(t.Context(), d.typ(schema.User), anna.ID, test.condition)
		if !test.ok && !fault.Is(err, fault.PreconditionFailed) {
			t.Errorf("%+v: error is %v, want PreconditionFailed", test.condition, err)
		}
		if test.ok && err != nil {
			t.Errorf("%+v: %v", test.condition, err)
		}
		if test.ok {
			anna = d.create(schema.User, `{"userName":"anna"}`)
		}
	}
}

// Nobody learns a password from the hub, not even by its own log of events.
func TestPasswordIsDropped(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna","password":"correct horse"}`)
	d.patch(schema.User, anna.ID, `{"op":"replace","value":{"password":"battery staple","title":"CTO"}}`)
	shown, err := d.hub.Append(nil, d.get(schema.User, anna.ID), document.Projection{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(d.payloads(), string(shown)) {
		if strings.Contains(text, "horse") || strings.Contains(text, "staple") || strings.Contains(text, "password") {
			t.Errorf("a password is in %s", text)
		}
	}
}

// An external id is known to its own directory alone.
func TestExternalIDPerDirectory(t *testing.T) {
	d := newDirectory(t)
	other := d.inDirectory("other")
	anna := d.create(schema.User, `{"userName":"anna","externalId":"e1"}`)
	if got := other.get(schema.User, anna.ID).ExternalID; got != "" {
		t.Errorf("the other directory sees %q", got)
	}
	other.create(schema.User, `{"userName":"ben","externalId":"e1"}`)
	other.patch(schema.User, anna.ID, `{"op":"add","path":"externalId","value":"e2"}`)
	if got := d.get(schema.User, anna.ID).ExternalID; got != "e1" {
		t.Errorf("the first directory sees %q, want its own e1", got)
	}
	if _, err := d.tryCreate(schema.User, `{"userName":"cleo","externalId":"e1"}`); !fault.Is(err, fault.Uniqueness) {
		t.Errorf("error is %v, want Uniqueness", err)
	}
}

// The stored bytes spliced and the document projected are the same resource.
func TestSpliceEqualsProjection(t *testing.T) {
	d := newDirectory(t)
	anna := d.create(schema.User, `{"userName":"anna","externalId":"é\"1","name":{"givenName":"A"},"emails":[{"value":"a@b.c"}]}`)
	group := d.create(schema.Group, `{"displayName":"all","members":[{"value":"`+anna.ID+`"}]}`)
	for name, id := range map[string]string{schema.User: anna.ID, schema.Group: group.ID} {
		r := d.get(name, id)
		all, err := document.ParseProjection(r.Type, nil, []string{"nonexistent"})
		if err != nil {
			t.Fatal(err)
		}
		var objects []document.Object
		for _, p := range []document.Projection{{}, all} {
			data, err := d.hub.Append(nil, r, p)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, d.decode(string(data)))
		}
		if diff := cmp.Diff(objects[0], objects[1]); diff != "" {
			t.Errorf("%s (-spliced +projected):\n%s", name, diff)
		}
	}
}

func TestPatchParsesOnce(t *testing.T) {
	d := newDirectory(t)
	ops, err := patch.Parse(d.typ(schema.User), d.decode(`{"Operations":[{"op":"replace","path":"title","value":"CTO"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"anna", "ben"} { // operations hold no state of the resource they were applied to
		user := d.create(schema.User, `{"userName":"`+name+`"}`)
		r, err := d.Patch(t.Context(), d.typ(schema.User), user.ID, ops, scimresource.Condition{}, scimresource.Include{})
		if err != nil || d.decoded(r)["title"] != "CTO" {
			t.Errorf("%s: %v, %v", name, d.decoded(r), err)
		}
	}
}
