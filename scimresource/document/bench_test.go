package document_test

import (
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// typicalUser is what an identity provider with the enterprise extension sends,
// about 1 KB.
const typicalUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"barbara.jensen@example.com","active":true,"displayName":"Barbara Jensen","title":"Tour Guide",` +
	`"preferredLanguage":"en-US","locale":"en-US","timezone":"America/Los_Angeles","userType":"Employee",` +
	`"name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara","middleName":"Jane"},` +
	`"emails":[{"value":"barbara.jensen@example.com","type":"work","primary":true},{"value":"babs@jensen.example.org","type":"home"}],` +
	`"phoneNumbers":[{"value":"+1-555-555-8377","type":"work"},{"value":"+1-555-555-5555","type":"mobile"}],` +
	`"addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","primary":true}],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","costCenter":"4130","department":"Tour Operations",` +
	`"manager":{"value":"26118915-6090-4610-87e4-49d8ca9f808d"}}}`

func BenchmarkDecode(b *testing.B) {
	data := []byte(typicalUser)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := document.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalize(b *testing.B) {
	typ, in := resourceType(b, schema.User), decode(b, typicalUser)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := document.Normalize(typ, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	typ, in := resourceType(b, schema.User), decode(b, typicalUser)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = document.Append(buf[:0], typ, in)
	}
}

func BenchmarkAppendKeys(b *testing.B) {
	typ, in := resourceType(b, schema.User), decode(b, typicalUser)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = document.AppendKeys(buf[:0], typ, in)
	}
}

func BenchmarkProject(b *testing.B) {
	typ, in := resourceType(b, schema.User), decode(b, typicalUser)
	p, err := document.ParseProjection(typ, []string{"userName,emails.value"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(typ, in)
	}
}
