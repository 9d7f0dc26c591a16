package storagetest

import (
	"testing"
	"testing/fstest"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// extensionURN names an extension of User with an attribute of every type.
const extensionURN = "urn:example:params:scim:schemas:extension:o'brien@work:1.0:User"

const extension = `{
	"id": "` + extensionURN + `", "name": "Test",
	"attributes": [
		{"name": "count", "type": "integer"},
		{"name": "share", "type": "decimal"},
		{"name": "since", "type": "dateTime"},
		{"name": "valid", "type": "boolean"},
		{"name": "code", "type": "string", "caseExact": true},
		{"name": "home", "type": "reference", "referenceTypes": ["external"]},
		{"name": "photo", "type": "binary"},
		{"name": "tags", "type": "string", "multiValued": true},
		{"name": "dates", "type": "dateTime", "multiValued": true},
		{"name": "owner", "type": "complex", "subAttributes": [
			{"name": "value", "type": "string"},
			{"name": "rank", "type": "integer"}]},
		{"name": "doors", "type": "complex", "multiValued": true, "subAttributes": [
			{"name": "value", "type": "string"},
			{"name": "floor", "type": "integer"},
			{"name": "open", "type": "boolean"},
			{"name": "primary", "type": "boolean"}]}
	]}`

// extendedRegistry has the core schemas and the extension.
func extendedRegistry(t testing.TB) *schema.Registry {
	t.Helper()
	defs, err := schema.Load(fstest.MapFS{"test.json": {Data: []byte(extension)}})
	must(t, err)
	registry, err := schema.NewRegistry(defs)
	must(t, err)
	return registry
}
