package document

// Object is a decoded JSON object. Its values are nil, bool, string,
// json.Number, []any and Object (always of this named type, at every depth).
type Object map[string]any

// Clone gives a deep copy of o.
func Clone(o Object) Object {
	if o == nil {
		return nil
	}
	out := make(Object, len(o))
	for name, v := range o {
		out[name] = cloneValue(v)
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case Object:
		return Clone(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	default:
		return v
	}
}

// Equal reports whether two decoded values are the same at every depth.
// Numbers are compared by their text, arrays in their order.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case Object:
		b, ok := b.(Object)
		return ok && equalObjects(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && equalArrays(a, b)
	default:
		return isScalar(b) && a == b
	}
}

// isScalar guards the comparison of interfaces, which panics on maps and slices.
func isScalar(v any) bool {
	switch v.(type) {
	case Object, []any:
		return false
	default:
		return true
	}
}

func equalObjects(a, b Object) bool {
	if len(a) != len(b) {
		return false
	}
	for name, v := range a {
		w, ok := b[name]
		if !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

func equalArrays(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
