package patch_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// words is small, so that values collide.
var words = rapid.SampledFrom([]string{"a", "b", "B", "c d", "ß", "1"})

func anyElement(types ...string) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		o := document.Object{"value": words.Draw(t, "value")}
		if rapid.Bool().Draw(t, "typed") {
			o["type"] = rapid.SampledFrom(types).Draw(t, "type")
		}
		if rapid.Bool().Draw(t, "labeled") {
			o["display"] = words.Draw(t, "display")
		}
		if rapid.Bool().Draw(t, "ranked") {
			o["primary"] = rapid.Bool().Draw(t, "primary")
		}
		return o
	})
}

func anyAddress() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		o := document.Object{"type": rapid.SampledFrom([]string{"work", "home"}).Draw(t, "type")}
		for _, name := range []string{"locality", "country"} {
			if rapid.Bool().Draw(t, name+"?") {
				o[name] = words.Draw(t, name)
			}
		}
		if rapid.Bool().Draw(t, "ranked") {
			o["primary"] = rapid.Bool().Draw(t, "primary")
		}
		return o
	})
}

func listOf(g *rapid.Generator[any]) *rapid.Generator[any] {
	return rapid.Map(rapid.SliceOfN(g, 0, 4), func(list []any) any { return list })
}

func wordOrNothing() *rapid.Generator[any] {
	return rapid.OneOf(rapid.Map(words, func(s string) any { return s }), rapid.SampledFrom([]any{nil, ""}))
}

func objectOf(names ...string) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		o := document.Object{}
		for _, name := range names {
			if rapid.Bool().Draw(t, name+"?") {
				o[name] = wordOrNothing().Draw(t, name)
			}
		}
		return o
	})
}

// targets are paths and the values that fit them. Values of a path with a
// filter don't change what the filter looks at.
func targets() map[string]*rapid.Generator[any] {
	return map[string]*rapid.Generator[any]{
		"title":                        wordOrNothing(),
		"externalId":                   wordOrNothing(),
		"active":                       rapid.SampledFrom([]any{true, false, "True", "False"}),
		"name":                         objectOf("givenName", "familyName"),
		"name.givenName":               wordOrNothing(),
		"emails":                       listOf(anyElement("work", "home", "Work")),
		"roles":                        listOf(anyElement("x", "y")),
		"addresses":                    listOf(anyAddress()),
		`emails[type eq "work"]`:       objectOf("value", "display"),
		`emails[type eq "home"].value`: wordOrNothing(),
		`roles[primary eq true].value`: wordOrNothing(),
		`addresses[type eq "work"]`:    objectOf("locality", "country"),
		"emails.display":               wordOrNothing(),
		`emails[type eq "work"].primary`: rapid.SampledFrom([]any{
			true, false, "True",
		}),
		schema.EnterpriseUserURI:                    objectOf("department", "division"),
		schema.EnterpriseUserURI + ":department":    wordOrNothing(),
		schema.EnterpriseUserURI + ":manager":       rapid.OneOf(wordOrNothing(), objectOf("value", "$ref")),
		schema.EnterpriseUserURI + ":manager.value": wordOrNothing(),
	}
}

// anyOperation gives an operation that should succeed, of one of the kinds.
func anyOperation(kinds ...string) *rapid.Generator[document.Object] {
	values := targets()
	paths := slices.Sorted(maps.Keys(values))
	return rapid.Custom(func(t *rapid.T) document.Object {
		path := rapid.SampledFrom(paths).Draw(t, "path")
		kind := rapid.SampledFrom(kinds).Draw(t, "op")
		if kind == "remove" && path == "active" {
			path = "title"
		}
		op := document.Object{"op": kind, "path": path}
		if kind != "remove" {
			op["value"] = values[path].Draw(t, "value")
		}
		if kind != "remove" && rapid.Bool().Draw(t, "without path") {
			return document.Object{"op": kind, "value": document.Object{path: op["value"]}}
		}
		return op
	})
}

// anyUser gives a user in canonical form.
func anyUser(typ *schema.ResourceType) *rapid.Generator[document.Object] {
	return rapid.Custom(func(t *rapid.T) document.Object {
		in := document.Object{
			"userName":                  "u",
			"active":                    rapid.Bool().Draw(t, "active"),
			"title":                     wordOrNothing().Draw(t, "title"),
			"name":                      objectOf("givenName", "familyName").Draw(t, "name"),
			"emails":                    listOf(anyElement("work", "home")).Draw(t, "emails"),
			"roles":                     listOf(anyElement("x")).Draw(t, "roles"),
			"addresses":                 listOf(anyAddress()).Draw(t, "addresses"),
			schema.EnterpriseUserURI:    objectOf("department").Draw(t, "extension"),
			"preferredLanguage":         wordOrNothing().Draw(t, "language"),
			"x509Certificates":          []any{document.Object{"value": "MIIDQzCC"}},
			"urn:example:unknown:thing": json.Number("1"),
		}
		out, err := document.Normalize(typ, in)
		if err != nil {
			t.Fatalf("normalize: %v", err)
		}
		return out
	})
}

// parse gives the operations of a body, of which there may be none.
func parse(t *rapid.T, typ *schema.ResourceType, ops ...document.Object) []patch.Operation {
	if len(ops) == 0 {
		return nil
	}
	list := make([]any, len(ops))
	for i, op := range ops {
		list[i] = op
	}
	out, err := patch.Parse(typ, document.Object{"Operations": list})
	if err != nil {
		t.Fatalf("parse %v: %v", ops, err)
	}
	return out
}

func apply(t *rapid.T, typ *schema.ResourceType, user document.Object, ops []patch.Operation) document.Object {
	result, err := patch.Apply(typ, user, ops)
	if err != nil {
		t.Fatalf("apply %v: %v", ops, err)
	}
	return result.Object
}

func mustEqual(t *rapid.T, what string, want, got document.Object) {
	if !document.Equal(want, got) {
		t.Fatalf("%s:\nwant %v\ngot  %v", what, want, got)
	}
}

// TestRepeatingChangesNothing states that add and replace are idempotent.
func TestRepeatingChangesNothing(t *testing.T) {
	typ := resourceType(t, schema.User)
	rapid.Check(t, func(t *rapid.T) {
		op := anyOperation("add", "replace", "remove").Draw(t, "operation")
		ops := parse(t, typ, op)
		once := apply(t, typ, anyUser(typ).Draw(t, "user"), ops)
		mustEqual(t, "repeated", once, apply(t, typ, once, ops))
	})
}

// TestRequestsMayBeJoined states that operations in one request do what they do
// in several.
func TestRequestsMayBeJoined(t *testing.T) {
	typ := resourceType(t, schema.User)
	operations := rapid.SliceOfN(anyOperation("add", "replace", "remove"), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		user := anyUser(typ).Draw(t, "user")
		first := parse(t, typ, operations.Draw(t, "first")...)
		second := parse(t, typ, operations.Draw(t, "second")...)
		want := apply(t, typ, apply(t, typ, user, first), second)
		mustEqual(t, "joined", want, apply(t, typ, user, slices.Concat(first, second)))
	})
}

// TestFailureChangesNothing states that a request with one failing operation
// leaves its input as it was, wherever the operation stands.
func TestFailureChangesNothing(t *testing.T) {
	typ := resourceType(t, schema.User)
	failing := document.Object{"op": "replace", "path": `emails[value eq "nobody"].display`, "value": "x"}
	operations := rapid.SliceOfN(anyOperation("add", "replace", "remove"), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		user := anyUser(typ).Draw(t, "user")
		before := document.Clone(user)
		ops := slices.Concat(operations.Draw(t, "before"), []document.Object{failing}, operations.Draw(t, "after"))
		result, err := patch.Apply(typ, user, parse(t, typ, ops...))
		if !fault.Is(err, fault.NoTarget) {
			t.Fatalf("error %v, want a fault of kind NoTarget", err)
		}
		if result.Object != nil || result.Members != nil {
			t.Fatalf("a failing request has the result %v", result)
		}
		mustEqual(t, "input", before, user)
	})
}

// TestResultIsCanonical states the invariants of every result.
func TestResultIsCanonical(t *testing.T) {
	typ := resourceType(t, schema.User)
	operations := rapid.SliceOfN(anyOperation("add", "replace", "remove"), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		ops := parse(t, typ, operations.Draw(t, "operations")...)
		got := apply(t, typ, anyUser(typ).Draw(t, "user"), ops)
		canonical, err := document.Normalize(typ, got)
		if err != nil {
			t.Fatalf("normalize %v: %v", got, err)
		}
		mustEqual(t, "normalized", canonical, got)
		checkSchemas(t, got)
		for _, name := range []string{"emails", "roles", "addresses"} {
			checkPrimary(t, got[name])
		}
	})
}

func checkSchemas(t *rapid.T, user document.Object) {
	want := []any{schema.UserURI}
	if _, ok := user[schema.EnterpriseUserURI]; ok {
		want = append(want, schema.EnterpriseUserURI)
	}
	if !document.Equal(want, user["schemas"]) {
		t.Fatalf("schemas %v, want %v", user["schemas"], want)
	}
}

func checkPrimary(t *rapid.T, elems any) {
	list, _ := elems.([]any)
	n := 0
	for _, elem := range list {
		if o, ok := elem.(document.Object); ok && o["primary"] == true {
			n++
		}
	}
	if n > 1 {
		t.Fatalf("%d primary elements in %v", n, list)
	}
}

// TestNewPrimaryWins states that the element made primary is the one that is.
func TestNewPrimaryWins(t *testing.T) {
	typ := resourceType(t, schema.User)
	rapid.Check(t, func(t *rapid.T) {
		user := anyUser(typ).Draw(t, "user")
		elem, _ := anyElement("work", "home").Draw(t, "element").(document.Object)
		elem["primary"] = true
		ops := parse(t, typ, document.Object{"op": "add", "path": "emails", "value": elem})
		got := primaryValue(apply(t, typ, user, ops)["emails"])
		if want, _ := elem["value"].(string); schema.Fold(got) != schema.Fold(want) {
			t.Fatalf("the primary email is %q, want %q", got, want)
		}
	})
}

// primaryValue gives the value of the primary element, or "".
func primaryValue(elems any) string {
	list, _ := elems.([]any)
	for _, elem := range list {
		if o, ok := elem.(document.Object); ok && o["primary"] == true {
			value, _ := o["value"].(string)
			return value
		}
	}
	return ""
}
