package document

import "github.com/scimhub/scimhub/scimresource/schema"

// Keys gives the comparison document of a canonical document: the same shape
// and names, but every simple value replaced by its comparison key, a string
// (see schema.Attr.Key). Databases filter on it without knowing about case,
// time zones or numbers. Attributes that are never returned are left out:
// nobody may search for them (RFC 7644 §7.5.2).
func Keys(t *schema.ResourceType, obj Object) Object {
	return keysOf(t.Root, obj)
}

// AppendKeys appends the JSON of Keys, in the order of Append.
func AppendKeys(dst []byte, t *schema.ResourceType, obj Object) []byte {
	return Append(dst, t, Keys(t, obj))
}

func keysOf(a *schema.Attr, obj Object) Object {
	out := make(Object, len(obj))
	for _, sub := range a.Subs {
		v, ok := obj[sub.Name]
		if !ok || sub.Returned == schema.ReturnedNever {
			continue
		}
		if k := keyOf(sub, v); k != nil {
			out[sub.Name] = k
		}
	}
	return out
}

func keyOf(a *schema.Attr, v any) any {
	switch v := v.(type) {
	case Object:
		return keysOf(a, v)
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if k := keyOf(a, e); k != nil {
				out = append(out, k)
			}
		}
		return out
	default:
		if k, ok := a.Key(v); ok {
			return k
		}
		return nil
	}
}
