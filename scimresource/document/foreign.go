package document

import (
	"bytes"
	"maps"
	"slices"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// A stored document may have attributes of a schema that this hub doesn't know:
// it was started without the schema's file, or another replica has a newer one.
// How such attributes may be shown is then not known either, so nobody sees
// them; but they stay where they are, whatever happens to the rest.

// HasForeign reports whether a stored document has attributes of schemas that
// the hub doesn't know, by its list of schemas.
func HasForeign(t *schema.ResourceType, stored []byte) bool {
	list, _, _ := bytes.Cut(bytes.TrimPrefix(stored, []byte(`{"schemas":[`)), []byte(`]`))
	for quoted := range bytes.SplitSeq(list, []byte(`,`)) {
		uri := string(bytes.Trim(quoted, `"`))
		if uri != t.Base.ID && t.Extension(uri) == nil {
			return true
		}
	}
	return false
}

// AppendStored is Append with the foreign attributes, which come last.
func AppendStored(dst []byte, t *schema.ResourceType, obj Object) []byte {
	dst = Append(dst, t, obj)
	for _, uri := range unresolved(t.Root, obj) {
		dst = append(dst[:len(dst)-1], ',')
		dst = appendString(dst, uri)
		dst = append(dst, ':')
		dst = append(appendForeign(dst, obj[uri]), '}')
	}
	return dst
}

// appendForeign appends a value without the order of a schema: names are sorted.
func appendForeign(dst []byte, v any) []byte {
	switch v := v.(type) {
	case Object:
		dst = append(dst, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, name), ':')
			dst = appendForeign(dst, v[name])
		}
		return append(dst, '}')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendForeign(dst, e)
		}
		return append(dst, ']')
	default:
		return appendValue(dst, nil, v)
	}
}
