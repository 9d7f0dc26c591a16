package filter_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// URNs of the extensions that the tests give to users: one with an attribute of
// every kind, and one whose URN ends in what looks like an attribute path.
const (
	gear   = "urn:example:gear:1.0:User"
	dotted = "urn:example:hr:staff.v1"
)

const gearSchema = `{"id": "` + gear + `", "name": "Gear", "attributes": [
	{"name": "count", "type": "integer"},
	{"name": "weight", "type": "decimal"},
	{"name": "issued", "type": "dateTime"},
	{"name": "photo", "type": "binary"},
	{"name": "page", "type": "reference", "referenceTypes": ["external"]},
	{"name": "valid", "type": "boolean"},
	{"name": "serial", "type": "string", "caseExact": true},
	{"name": "tags", "type": "string", "multiValued": true},
	{"name": "key", "type": "complex", "subAttributes": [
		{"name": "value", "type": "string", "returned": "never"},
		{"name": "kind", "type": "string"}]},
	{"name": "codes", "type": "complex", "subAttributes": [
		{"name": "value", "type": "string", "multiValued": true}]},
	{"name": "doors", "type": "complex", "multiValued": true, "subAttributes": [
		{"name": "value", "type": "integer"},
		{"name": "name", "type": "string"},
		{"name": "pin", "type": "string", "returned": "never"},
		{"name": "labels", "type": "string", "multiValued": true}]}]}`

const dottedSchema = `[{"id": "` + dotted + `", "name": "Staff", "attributes": [{"name": "grade", "type": "string"}]},
	{"schemas": ["` + schema.ResourceTypeURI + `"], "name": "User", "schema": "` + schema.UserURI + `",
	 "schemaExtensions": [{"schema": "` + dotted + `"}]}]`

// registry compiles the core schemas and the extensions of the tests.
func registry(tb testing.TB) *schema.Registry {
	tb.Helper()
	defs, err := schema.Load(fstest.MapFS{"a.json": {Data: []byte(gearSchema)}, "b.json": {Data: []byte(dottedSchema)}})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := schema.NewRegistry(defs)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// binder makes the expressions that tests expect of a resource type.
type binder struct{ t *schema.ResourceType }

func userBinder(tb testing.TB) binder {
	tb.Helper()
	return binder{registry(tb).Type(schema.User)}
}

func groupBinder(tb testing.TB) binder {
	tb.Helper()
	return binder{registry(tb).Type(schema.Group)}
}

// path gives the chain of attributes of the given names.
func (b binder) path(names ...string) filter.Path {
	var path filter.Path
	for a := b.t.Root; len(names) > 0; names = names[1:] {
		if a = a.Sub(names[0]); a == nil {
			panic("no attribute " + names[0])
		}
		path = append(path, a)
	}
	return path
}

// within gives the path of a sub-attribute as the element of a list sees it.
func (b binder) within(names ...string) filter.Path { return b.path(names...)[len(names)-1:] }

// literal gives a value as the attribute that a path ends in takes it.
func literal(path filter.Path, raw any) filter.Value {
	key, ok := path[len(path)-1].Key(raw)
	if !ok {
		panic("no value of " + path.String())
	}
	return filter.Value{Key: key, Raw: raw}
}

// test is a comparison of the attribute that a path ends in.
func test(path filter.Path, op filter.Op, raw any) filter.Expr {
	return filter.Compare{Path: path, Op: op, Value: literal(path, raw)}
}

// itself is a comparison of the elements of a list of simple values.
func itself(list filter.Path, op filter.Op, raw any) filter.Expr {
	return filter.Compare{Op: op, Value: literal(list, raw)}
}

func anyOf(list filter.Path, where filter.Expr) filter.Expr {
	return filter.Any{Path: list, Where: where}
}

func allOf(terms ...filter.Expr) filter.Expr { return filter.And{Terms: terms} }

func oneOf(terms ...filter.Expr) filter.Expr { return filter.Or{Terms: terms} }

func noneOf(term filter.Expr) filter.Expr { return filter.Not{Term: term} }

func given(path filter.Path) filter.Expr { return filter.Present{Path: path} }

// differs is what "ne" of a list means.
func differs(list filter.Path, where filter.Expr) filter.Expr {
	return oneOf(noneOf(given(list)), anyOf(list, where))
}

// sameExpr compares expressions and targets: attributes by identity.
func sameExpr() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b *schema.Attr) bool { return a == b }),
		cmpopts.EquateEmpty(),
	}
}

// bound maps filters to what they mean for a resource type.
type bound map[string]filter.Expr

func (want bound) check(t *testing.T, b binder) {
	t.Helper()
	for text, want := range want {
		got, err := filter.ParseExpr(b.t, text)
		if err != nil {
			t.Errorf("ParseExpr(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got, sameExpr()); diff != "" {
			t.Errorf("ParseExpr(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func number(s string) json.Number { return json.Number(s) }
