package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestParseSort(t *testing.T) {
	b := userBinder(t)
	for _, c := range []struct {
		by, order  string
		path       filter.Path
		descending bool
	}{
		{"userName", "", b.path("userName"), false},
		{"USERNAME", "ASCENDING", b.path("userName"), false},
		{"userName", "Descending", b.path("userName"), true},
		{"name.familyName", "ascending", b.path("name", "familyName"), false},
		{schema.UserURI + ":title", "", b.path("title"), false},
		{enterprise + ":department", "", b.path(enterprise, "department"), false},
		{"department", "", b.path(enterprise, "department"), false},
		{"meta.lastModified", "descending", b.path("meta", "lastModified"), true},
		{"emails", "", b.path("emails", "value"), false},
		{"emails.type", "", b.path("emails", "type"), false},
		{"manager", "", b.path(enterprise, "manager", "value"), false},
		{"schemas", "", b.path("schemas"), false},
	} {
		got, err := filter.ParseSort(b.t, c.by, c.order)
		if err != nil {
			t.Errorf("ParseSort(%q, %q): %v", c.by, c.order, err)
			continue
		}
		if diff := cmp.Diff(&filter.Sort{Path: c.path, Descending: c.descending}, got, sameExpr()); diff != "" {
			t.Errorf("ParseSort(%q, %q) (-want +got):\n%s", c.by, c.order, diff)
		}
	}
}

func TestParseSortErrors(t *testing.T) {
	b := userBinder(t)
	for _, c := range []struct{ by, order, want string }{
		{"", "", `sortBy is no attribute path`},
		{`emails[type eq "work"]`, "", `sortBy is no attribute path`},
		{"foo", "", `sortBy: User has no attribute foo`},
		{"name.foo", "", `sortBy: User has no attribute name.foo`},
		{"name", "", `sortBy: name is complex: name one of its sub-attributes`},
		{"password", "", `sortBy: password is never returned, so it can't be sorted by`},
		{gear + ":key", "", `sortBy: ` + gear + `:key.value is never returned, so it can't be sorted by`},
		{"userName", "up", `sortOrder is ascending or descending`},
		{"userName", "desc", `sortOrder is ascending or descending`},
	} {
		_, err := filter.ParseSort(b.t, c.by, c.order)
		checkFault(t, c.by, err, fault.InvalidValue, c.want)
	}
}

func TestSortKey(t *testing.T) {
	b := userBinder(t)
	obj := decode(t, `{
		"userName": "BJensen", "externalId": "Ab", "active": false,
		"name": {"familyName": "Jensen"},
		"emails": [{"value": "First@x", "type": "home"}, {"value": "Second@x", "primary": true}],
		"ims": [{"value": "One"}, {"value": "Two", "primary": false}],
		"phoneNumbers": [],
		"photos": [{"type": "photo"}, {"value": "https://x"}],
		"`+gear+`": {"tags": ["B", "A"], "count": 2}
	}`)
	for by, want := range map[string]string{
		"userName":              "bjensen",
		"externalId":            "Ab",
		"active":                "false",
		"name.familyName":       "jensen",
		"emails":                "second@x",
		"emails.value":          "second@x",
		"ims":                   "one",
		gear + ":tags":          "b",
		gear + ":count":         "8000000000000002",
		"emails.type":           "",
		"title":                 "",
		"name.givenName":        "",
		"addresses.country":     "",
		"phoneNumbers":          "",
		"photos":                "",
		"department":            "",
		enterprise + ":manager": "",
	} {
		s, err := filter.ParseSort(b.t, by, "")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Key(obj); got != want || ok != (want != "") {
			t.Errorf("by %s: key %q, %t, want %q", by, got, ok, want)
		}
	}
}

func decode(tb testing.TB, text string) document.Object {
	tb.Helper()
	obj, err := document.Decode([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return obj
}
