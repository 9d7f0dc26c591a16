package patch_test

import (
	"fmt"
	"strings"
	"testing"

	elimity "github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestTooManyOperations(t *testing.T) {
	typ := resourceType(t, schema.User)
	list := make([]any, 10_001)
	for i := range list {
		list[i] = document.Object{"op": "remove", "path": "title"}
	}
	if _, err := patch.Parse(typ, document.Object{"Operations": list[1:]}); err != nil {
		t.Errorf("10,000 operations: %v", err)
	}
	_, err := patch.Parse(typ, document.Object{"Operations": list})
	if !fault.Is(err, fault.TooLarge) {
		t.Errorf("10,001 operations: error %v, want a fault of kind TooLarge", err)
	}
}

// TestTooMuchWork states that operations, comparisons and elements don't
// multiply without limit.
func TestTooMuchWork(t *testing.T) {
	search := `{"op":"replace","path":"roles[value eq \"role7\"].display","value":"x"}`
	costly := `{"op":"remove","path":"roles[value co \"z\"` + strings.Repeat(` or value co \"z\"`, 99) + `]"}`
	add := `{"op":"add","path":"roles","value":"role7"}`
	list := `{"op":"remove","path":"roles","value":["x"` + strings.Repeat(`,"x"`, 99) + `]}`
	tests := []struct {
		name, operation string
		enough, tooMany int // operations
	}{
		{"searches", search, 10, 1_000},
		{"searches of many comparisons", costly, 1, 10},
		{"additions", add, 10, 1_000},
		{"removals of what is listed", list, 10, 1_000},
	}
	typ := resourceType(t, schema.User)
	user := userWithRoles(10_000)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := patch.Apply(typ, user, operations(t, typ, test.operation, test.enough)); err != nil {
				t.Errorf("%d operations: %v", test.enough, err)
			}
			_, err := patch.Apply(typ, user, operations(t, typ, test.operation, test.tooMany))
			if !fault.Is(err, fault.TooLarge) {
				t.Errorf("%d operations: error %v, want a fault of kind TooLarge", test.tooMany, err)
			}
		})
	}
}

// operations gives one operation n times over.
func operations(t *testing.T, typ *schema.ResourceType, operation string, n int) []patch.Operation {
	t.Helper()
	text := strings.TrimSuffix(strings.Repeat(operation+",", n), ",")
	ops, err := patch.Parse(typ, decodeString(t, `{"Operations":[`+text+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

func TestTooManyElements(t *testing.T) {
	typ := resourceType(t, schema.User)
	ops, err := patch.Parse(typ, decodeString(t, `{"Operations":[{"op":"add","path":"roles","value":"one more"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := patch.Apply(typ, userWithRoles(9_999), ops); err != nil {
		t.Errorf("the 10,000th role: %v", err)
	}
	if _, err := patch.Apply(typ, userWithRoles(10_000), ops); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("the 10,001st role: error %v, want a fault of kind InvalidValue", err)
	}
}

func userWithRoles(n int) document.Object {
	elems := make([]any, n)
	for i := range elems {
		elems[i] = document.Object{"value": fmt.Sprintf("role%d", i)}
	}
	return document.Object{"schemas": []any{schema.UserURI}, "userName": "u", "roles": elems}
}

func TestTouched(t *testing.T) {
	ops, err := patch.Parse(resourceType(t, schema.User), decodeString(t, `{"Operations":[
		{"op":"replace","path":"title","value":"x"},
		{"op":"add","path":"emails[type eq \"work\"].value","value":"x"},
		{"op":"add","path":"emails","value":[{"value":"x","unknown":1},{"display":"x"}]},
		{"op":"replace","value":{"name":{"givenName":"x"},"name.familyName":"x","id":"x",
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"managerId":"x"}}}},
		{"op":"remove","path":"TITLE"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	urn := schema.EnterpriseUserURI
	want := []string{
		"title", "emails", "emails.value", "emails.display", "name", "name.givenName", "name.familyName",
		urn, urn + ":manager", urn + ":manager.value",
	}
	if diff := cmp.Diff(want, patch.Touched(ops)); diff != "" {
		t.Errorf("Touched (-want +got):\n%s", diff)
	}
}

// badgeSchema has what the core schemas have not: immutable and required
// attributes in places that PATCH reaches.
const badgeSchema = `{
  "id": "urn:example:badge:1.0:User", "name": "Badge",
  "attributes": [
    {"name": "serial", "type": "string", "mutability": "immutable"},
    {"name": "origin", "type": "complex", "mutability": "immutable", "subAttributes": [
      {"name": "country", "type": "string"}, {"name": "city", "type": "string"}]},
    {"name": "holder", "type": "complex", "subAttributes": [
      {"name": "name", "type": "string", "required": true}, {"name": "note", "type": "string"}]},
    {"name": "keys", "type": "complex", "multiValued": true, "subAttributes": [
      {"name": "value", "type": "string"}, {"name": "type", "type": "string"},
      {"name": "door", "type": "string", "mutability": "immutable"},
      {"name": "level", "type": "integer", "required": true}]},
    {"name": "zones", "type": "string", "multiValued": true, "required": true}
  ]
}`

func badgeType(t testing.TB) *schema.ResourceType {
	t.Helper()
	var def elimity.Schema
	if err := def.UnmarshalJSON([]byte(badgeSchema)); err != nil {
		t.Fatal(err)
	}
	registry, err := schema.NewRegistry(schema.Definitions{Schemas: []elimity.Schema{def}})
	if err != nil {
		t.Fatal(err)
	}
	return registry.Type(schema.User)
}

func TestCustomSchema(t *testing.T) {
	const holder = `"zones":["a","b"],"keys":[{"value":"k1","door":"d1","level":1}]`
	const urn = "urn:example:badge:1.0:User:"
	tests := []struct {
		name, badge, operation, want string
		kind                         fault.Kind
	}{
		{"immutable set once", `{"zones":["a"]}`, `{"op":"add","path":"URN:serial","value":"1"}`, `{"serial":"1","zones":["a"]}`, 0},
		{"immutable set to the same", `{"serial":"1","zones":["a"]}`, `{"op":"replace","path":"URN:serial","value":"1"}`, `{"serial":"1","zones":["a"]}`, 0},
		{"immutable changed", `{"serial":"1","zones":["a"]}`, `{"op":"replace","path":"URN:serial","value":"2"}`, "", fault.Mutability},
		{"immutable removed", `{"serial":"1","zones":["a"]}`, `{"op":"remove","path":"URN:serial"}`, "", fault.Mutability},
		{"immutable set to null", `{"serial":"1","zones":["a"]}`, `{"op":"replace","path":"URN:serial","value":null}`, "", fault.Mutability},
		{"immutable changed in an object", `{"serial":"1","zones":["a"]}`, `{"op":"replace","value":{"urn:example:badge:1.0:User":{"serial":"2"}}}`, "", fault.Mutability},
		{"immutable complex set once", `{"zones":["a"]}`, `{"op":"add","path":"URN:origin","value":{"city":"x"}}`, `{"origin":{"city":"x"},"zones":["a"]}`, 0},
		{"immutable complex extended", `{"origin":{"city":"x"},"zones":["a"]}`, `{"op":"add","path":"URN:origin.country","value":"y"}`, "", fault.Mutability},
		{"immutable in an element set once", `{"zones":["a"],"keys":[{"value":"k","level":1}]}`, `{"op":"add","path":"URN:keys[value eq \"k\"].door","value":"d"}`, `{"keys":[{"value":"k","door":"d","level":1}],"zones":["a"]}`, 0},
		{"immutable in an element changed", `{` + holder + `}`, `{"op":"add","path":"URN:keys[value eq \"k1\"].door","value":"d2"}`, "", fault.Mutability},
		{"immutable in an element merged", `{` + holder + `}`, `{"op":"add","path":"URN:keys","value":{"value":"k1","door":"d2"}}`, "", fault.Mutability},
		{"immutable in an element kept", `{` + holder + `}`, `{"op":"replace","path":"URN:keys[value eq \"k1\"]","value":{"level":2}}`, `{"keys":[{"value":"k1","door":"d1","level":2}],"zones":["a","b"]}`, 0},
		{"immutable in an element replaced", `{` + holder + `}`, `{"op":"replace","path":"URN:keys[value eq \"k1\"]","value":{"door":"d2","level":2}}`, "", fault.Mutability},
		{"immutable in elements replaced whole", `{` + holder + `}`, `{"op":"replace","path":"URN:keys","value":[{"value":"k1","door":"d2","level":2}]}`, `{"keys":[{"value":"k1","door":"d2","level":2}],"zones":["a","b"]}`, 0},
		{"element removed", `{` + holder + `}`, `{"op":"remove","path":"URN:keys[door eq \"d1\"]"}`, `{"zones":["a","b"]}`, 0},
		{"required sub-attribute of an element removed", `{` + holder + `}`, `{"op":"remove","path":"URN:keys.level"}`, "", fault.Mutability},
		{"required sub-attribute of an element missing", `{"zones":["a"]}`, `{"op":"add","path":"URN:keys","value":{"value":"k"}}`, "", fault.InvalidValue},
		{"required sub-attribute removed", `{"zones":["a"],"holder":{"name":"x","note":"y"}}`, `{"op":"remove","path":"URN:holder.name"}`, "", fault.Mutability},
		{"required sub-attribute set to null", `{"zones":["a"],"holder":{"name":"x","note":"y"}}`, `{"op":"replace","path":"URN:holder","value":{"name":null}}`, "", fault.InvalidValue},
		{"complex with required sub-attribute removed", `{"zones":["a"],"holder":{"name":"x","note":"y"}}`, `{"op":"remove","path":"URN:holder"}`, `{"zones":["a"]}`, 0},
		{"simple values added", `{"zones":["a"]}`, `{"op":"add","path":"URN:zones","value":["A","b"]}`, `{"zones":["a","b"]}`, 0},
		{"simple values removed by list", `{"zones":["a","b","c"]}`, `{"op":"remove","path":"URN:zones","value":["B"]}`, `{"zones":["a","c"]}`, 0},
		{"last required value removed", `{"zones":["a"]}`, `{"op":"remove","path":"URN:zones","value":["a"]}`, "", fault.Mutability},
		{"required values emptied", `{"zones":["a"]}`, `{"op":"replace","path":"URN:zones","value":[]}`, "", fault.InvalidValue},
	}
	typ := badgeType(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			user := document.Object{
				"schemas":  []any{schema.UserURI, "urn:example:badge:1.0:User"},
				"userName": "u", "urn:example:badge:1.0:User": decodeString(t, test.badge),
			}
			operation := strings.ReplaceAll(test.operation, "URN:", urn)
			ops, err := patch.Parse(typ, decodeString(t, `{"Operations":[`+operation+`]}`))
			if err != nil {
				t.Fatal(err)
			}
			result, err := patch.Apply(typ, user, ops)
			if test.want == "" {
				if !fault.Is(err, test.kind) {
					t.Errorf("error %v, want a fault of kind %d", err, test.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decodeString(t, test.want), result.Object["urn:example:badge:1.0:User"]); diff != "" {
				t.Errorf("badge (-want +got):\n%s", diff)
			}
		})
	}
}
