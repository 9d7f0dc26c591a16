package patch_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// FuzzPatch sends any body to a typical user and to a group: it ends in a
// canonical resource or in a fault that is the client's.
func FuzzPatch(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[1].Data)
	}
	user := decodeString(f, typicalUser)
	group := document.Object{"schemas": []any{schema.GroupURI}, "displayName": "n"}
	userType, groupType := resourceType(f, schema.User), resourceType(f, schema.Group)
	f.Fuzz(func(t *testing.T, data []byte) {
		body, err := document.Decode(data)
		if err != nil {
			return
		}
		fuzzOne(t, userType, user, body)
		fuzzOne(t, groupType, group, body)
	})
}

func fuzzOne(t *testing.T, typ *schema.ResourceType, before, body document.Object) {
	t.Helper()
	untouched := document.Clone(before)
	ops, err := patch.Parse(typ, body)
	if err != nil {
		checkFault(t, err)
		return
	}
	patch.Touched(ops)
	result, err := patch.Apply(typ, before, ops)
	if !document.Equal(before, untouched) {
		t.Fatalf("Apply changed its input to %v", before)
	}
	if err != nil {
		checkFault(t, err)
		return
	}
	patch.Fold(result.Members)
	canonical, err := document.Normalize(typ, result.Object)
	if err != nil || !document.Equal(canonical, result.Object) {
		t.Fatalf("the result %v is not canonical: want %v, error %v", result.Object, canonical, err)
	}
}

func checkFault(t *testing.T, err error) {
	t.Helper()
	switch kind := fault.KindOf(err); kind {
	case fault.InvalidSyntax, fault.InvalidFilter, fault.InvalidPath, fault.InvalidValue,
		fault.NoTarget, fault.Mutability, fault.TooLarge:
	default:
		t.Fatalf("fault of kind %d, which is not the client's: %v", kind, err)
	}
}

// FuzzOperations is FuzzPatch with the message given, so that all that varies
// is what two operations say.
func FuzzOperations(f *testing.F) {
	f.Add("replace", `emails[type eq "work"].value`, `"b@example.com"`, "add", "emails", `[{"value":"c","primary":true}]`)
	f.Add("remove", `emails[primary eq true]`, `null`, "replace", "name.givenName", `""`)
	f.Add("add", schema.EnterpriseUserURI, `{"manager":{"managerId":"x"}}`, "remove", schema.EnterpriseUserURI+":manager.value", `[]`)
	f.Add("add", "members", `["a",{"$ref":"/Users/b"}]`, "remove", `members[value eq "a" or type pr]`, `{}`)
	f.Add("add", "addresses", `{"country":"DE","type":"work"}`, "replace", `addresses[type eq "work"]`, `{"country":"FR"}`)
	f.Add("add", "roles", `[{"value":"{\"value\":\"x\"}"}]`, "replace", "", `{"active":"False","name.givenName":"x","roles":null}`)
	user := decodeString(f, typicalUser)
	group := document.Object{"schemas": []any{schema.GroupURI}, "displayName": "n"}
	userType, groupType := resourceType(f, schema.User), resourceType(f, schema.Group)
	f.Fuzz(func(t *testing.T, op1, path1, value1, op2, path2, value2 string) {
		list := operation(op1, path1, value1) + "," + operation(op2, path2, value2)
		body, err := document.Decode([]byte(`{"Operations":[` + list + `]}`))
		if err != nil {
			return
		}
		fuzzOne(t, userType, user, body)
		fuzzOne(t, groupType, group, body)
	})
}

// operation gives the JSON text of an operation whose value is JSON text, or
// the text itself where it is none.
func operation(op, path, value string) string {
	o := map[string]any{"op": op, "path": path, "value": value}
	if json.Valid([]byte(value)) {
		o["value"] = json.RawMessage(value)
	}
	data, err := json.Marshal(o)
	if err != nil {
		return "{}"
	}
	return string(data)
}
