package document_test

import (
	"encoding/json"
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestAppend(t *testing.T) {
	typ := resourceType(t, schema.User)
	in := `{"` + enterprise + `":{"manager":{"displayName":"J","$ref":"r","value":"1"}},"` + badge + `":{"weight":1.50,"number":-1},
		"emails":[{"type":"work","value":"\u0041\n\u2028<\"\\"},{"primary":true}],"unknown":1,"active":false,"userName":"b",
		"meta":{"version":"v","resourceType":"User"},"id":"7","name":{"unknown":1,"givenName":"G"},"schemas":["s"]}`
	want := `x{"schemas":["s"],"id":"7","meta":{"resourceType":"User","version":"v"},"userName":"b","name":{"givenName":"G"},"active":false,` +
		`"emails":[{"value":"A\n` + "\u2028" + `<\"\\","type":"work"},{"primary":true}],` +
		`"` + enterprise + `":{"manager":{"value":"1","$ref":"r","displayName":"J"}},"` + badge + `":{"number":-1,"weight":1.50}}`
	if got := string(document.Append([]byte("x"), typ, decode(t, in))); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKeys(t *testing.T) {
	typ := resourceType(t, schema.User)
	in := `{"schemas":["` + schema.UserURI + `"],"externalId":"ABC","userName":"BJensen","active":true,"password":"secret",
		"emails":[{"value":"B@Example.com","type":"Work","primary":true}],"x509Certificates":[{"value":"AAAA","display":"C"}],
		"profileUrl":"HTTP://X","` + badge + `":{"number":-1,"weight":1.50,"issued":"2024-02-29T10:00:00+02:00","photo":"AAAA","valid":false,
		"tags":["A","b"],"codes":["A"],"pin":"1234","holder":{"name":"B","secret":"s"}}}`
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:user"],"externalId":"ABC","userName":"bjensen","profileUrl":"HTTP://X","active":"true",` +
		`"emails":[{"value":"b@example.com","type":"work","primary":"true"}],"x509Certificates":[{"value":"63c1dd951ffedf6f7fd968ad4efa39b8ed584f162f46e715114ee184f8de9201","display":"c"}],` +
		`"` + badge + `":{"number":"7fffffffffffffff","weight":"bff8000000000000","issued":"2024-02-29T08:00:00.000000000Z",` +
		`"photo":"63c1dd951ffedf6f7fd968ad4efa39b8ed584f162f46e715114ee184f8de9201","valid":"false","tags":["a","b"],"codes":["A"],"holder":{"name":"b"}}}`
	obj := decode(t, in)
	untouched := document.Clone(obj)
	if got := string(document.AppendKeys(nil, typ, obj)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !document.Equal(obj, untouched) {
		t.Errorf("Keys changed its input to %v", obj)
	}
}

func TestCloneIsDeep(t *testing.T) {
	obj := decode(t, `{"a":[{"b":[1]}],"c":{"d":2}}`)
	untouched := decode(t, `{"a":[{"b":[1]}],"c":{"d":2}}`)
	clone := document.Clone(obj)
	inner, _ := clone["c"].(document.Object)
	inner["d"] = true
	list, _ := clone["a"].([]any)
	element, _ := list[0].(document.Object)
	element["b"] = true
	list[0] = true
	if !document.Equal(obj, untouched) {
		t.Errorf("changing a clone changed the original to %v", obj)
	}
	if document.Clone(nil) != nil {
		t.Error("a clone of nil is not nil")
	}
}

func typeDefinition(t testing.TB, data string) schema.TypeDefinition {
	t.Helper()
	var def schema.TypeDefinition
	if err := json.Unmarshal([]byte(data), &def); err != nil {
		t.Fatal(err)
	}
	return def
}
