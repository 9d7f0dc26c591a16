package document_test

import (
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestForeignAttributes(t *testing.T) {
	typ := resourceType(t, schema.User)
	const stored = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:x:1.0:User"],"userName":"anna",` +
		`"urn:x:1.0:User":{"b":[{"d":1.50,"c":"<"},null,[]],"a":true}}`
	const again = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:x:1.0:User"],"userName":"anna","title":"CTO",` +
		`"urn:x:1.0:User":{"a":true,"b":[{"c":"<","d":1.50},null,[]]}}`

	if !document.HasForeign(typ, []byte(stored)) {
		t.Error("HasForeign doesn't notice")
	}
	obj := decode(t, stored)
	obj["title"] = "CTO"
	if err := document.Settle(typ, obj); err != nil {
		t.Fatal(err)
	}
	if got := string(document.AppendStored(nil, typ, obj)); got != again {
		t.Errorf("stored as\n%s, want\n%s", got, again)
	}
	replaced := decode(t, `{"userName":"anna","title":"CTO"}`)
	document.KeepOnReplace(typ, obj, replaced)
	if err := document.Settle(typ, replaced); err != nil {
		t.Fatal(err)
	}
	if got := string(document.AppendStored(nil, typ, replaced)); got != again {
		t.Errorf("stored after a PUT as\n%s, want\n%s", got, again)
	}
	if got := document.Schemas(typ, obj); len(got) != 1 || got[0] != schema.UserURI {
		t.Errorf("schemas shown are %v", got)
	}
	for _, known := range []string{
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"urn:x"}`,
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]}`,
	} {
		if document.HasForeign(typ, []byte(known)) {
			t.Errorf("foreign: %s", known)
		}
	}
}
