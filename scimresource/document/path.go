package document

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// SplitPath resolves a key that is an attribute path without a value filter,
// e.g. "name.givenName" or "urn:…:enterprise:2.0:User:manager.value"
// (RFC 7644 §3.10), in any case. It gives the chain of attributes from the
// outermost to the one named, or nil where the resource type has no such
// attribute. Attributes of the enterprise extension are found without their URN
// too, if the core schema has none of that name: some clients write them so.
func SplitPath(t *schema.ResourceType, key string) []*schema.Attr {
	if a := t.Root.Sub(key); a != nil {
		return []*schema.Attr{a}
	}
	uri, rest := "", key
	if i := strings.LastIndexByte(key, ':'); i >= 0 { // the dot of "2.0" in a URN is left of it
		uri, rest = key[:i], key[i+1:]
	}
	name, sub, _ := strings.Cut(rest, ".")
	chain := t.Attr(uri, name, sub)
	if chain == nil && uri == "" && t.Root.Sub(name) == nil && t.Extension(schema.EnterpriseUserURI) != nil {
		return t.Attr(schema.EnterpriseUserURI, name, sub)
	}
	return chain
}
