package document

import (
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func isSchemas(a *schema.Attr) bool { return a.Path == "schemas" }

// Schemas lists the base schema and the extensions present (RFC 7643 §3), as
// far as the hub knows them.
func Schemas(t *schema.ResourceType, obj Object) []any {
	uris := []any{t.Base.ID}
	for _, e := range t.Extensions {
		if _, ok := obj[e.Schema.ID]; ok {
			uris = append(uris, e.Schema.ID)
		}
	}
	return uris
}

// setSchemas lists all schemas of a document, foreign ones too.
func setSchemas(t *schema.ResourceType, obj Object) {
	uris := Schemas(t, obj)
	for _, uri := range unresolved(t.Root, obj) {
		uris = append(uris, uri)
	}
	obj["schemas"] = uris
}

// checkSchemas checks the form of schemas in a client's body. Which URIs it
// lists has no bearing: the attributes present decide.
func checkSchemas(t *schema.ResourceType, in Object) error {
	for name, v := range in {
		if a := t.Root.Sub(name); a == nil || !isSchemas(a) || v == nil {
			continue
		}
		list, ok := v.([]any)
		for _, uri := range list {
			_, isString := uri.(string)
			ok = ok && isString
		}
		if !ok {
			return fault.New(fault.InvalidValue, "schemas must be an array of strings")
		}
	}
	return nil
}
