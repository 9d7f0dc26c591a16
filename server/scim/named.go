package scim

import (
	"maps"
	"slices"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// named gives the paths of the attributes that the body of a POST or PUT names,
// those within others too: an attribute that is returned on request is shown to
// whoever writes it (RFC 7643 §7, returned).
func named(t *schema.ResourceType, body document.Object) []string {
	var paths []string
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if chain := document.SplitPath(t, key); chain != nil {
			a := chain[len(chain)-1]
			paths = append(paths, a.Path)
			paths = appendNamed(paths, a, body[key])
		}
	}
	return paths
}

// appendNamed appends the paths of the sub-attributes of a that a value names.
func appendNamed(paths []string, a *schema.Attr, value any) []string {
	switch v := value.(type) {
	case document.Object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if sub := a.Sub(name); sub != nil {
				paths = append(paths, sub.Path)
				paths = appendNamed(paths, sub, v[name])
			}
		}
	case []any:
		for _, element := range v {
			paths = appendNamed(paths, a, element)
		}
	}
	return paths
}
