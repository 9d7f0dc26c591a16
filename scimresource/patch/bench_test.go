package patch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// BenchmarkReplace measures one replace on a typical user, from the decoded
// body on.
func BenchmarkReplace(b *testing.B) {
	typ := resourceType(b, schema.User)
	user := decodeString(b, typicalUser)
	body := decodeString(b, `{"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		ops, err := patch.Parse(typ, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := patch.Apply(typ, user, ops); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAddMembers measures a request of 1,000 operations that add one
// member each.
func BenchmarkAddMembers(b *testing.B) {
	typ := resourceType(b, schema.Group)
	group := document.Object{"schemas": []any{schema.GroupURI}, "displayName": "n"}
	var list []string
	for i := range 1000 {
		list = append(list, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"0198c0de-0000-7000-8000-%012d"}]}`, i))
	}
	body := decodeString(b, `{"Operations":[`+strings.Join(list, ",")+`]}`)
	b.ReportAllocs()
	for b.Loop() {
		ops, err := patch.Parse(typ, body)
		if err != nil {
			b.Fatal(err)
		}
		result, err := patch.Apply(typ, group, ops)
		if err != nil {
			b.Fatal(err)
		}
		if deltas := patch.Fold(result.Members); len(deltas) != 1 || len(deltas[0].Add) != 1000 {
			b.Fatalf("%d deltas, want one that adds 1,000", len(deltas))
		}
	}
}

const typicalUser = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "00ujl29u0le5T6Aj10h7",
  "userName": "bjensen@example.com",
  "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara", "middleName": "Jane"},
  "displayName": "Babs Jensen",
  "title": "Tour Guide",
  "locale": "en-US",
  "active": true,
  "emails": [
    {"value": "bjensen@example.com", "type": "work", "primary": true},
    {"value": "babs@example.org", "type": "home"}
  ],
  "phoneNumbers": [{"value": "555-555-5555", "type": "work"}, {"value": "555-555-4444", "type": "mobile"}],
  "addresses": [
    {"streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA", "postalCode": "91608", "country": "US", "type": "work"}
  ],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    "employeeNumber": "701984", "costCenter": "4130", "department": "Tour Operations", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}
  }
}`

func decodeString(t testing.TB, s string) document.Object {
	t.Helper()
	obj, err := document.Decode([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return obj
}
