package document

import (
	"slices"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// settleList applies the rules for elements; an empty list is unassigned.
func settleList(a *schema.Attr, list []any) any {
	if len(list) == 0 {
		return nil
	}
	onePrimary(a, list)
	return collapse(a, list)
}

// onePrimary leaves the last element that is primary so and makes the others
// false (RFC 7643 §2.4).
func onePrimary(a *schema.Attr, list []any) {
	p := a.Sub("primary")
	if p == nil {
		return
	}
	found := false
	for _, v := range slices.Backward(list) {
		e, ok := v.(Object)
		if !ok || e[p.Name] != true {
			continue
		}
		if found {
			e[p.Name] = false
		}
		found = true
	}
}

// collapse makes elements of the same identity one: the last, in the place of
// the first (RFC 7643 §2.4: no more than one of the same type and value).
func collapse(a *schema.Attr, list []any) []any {
	if len(list) < 2 {
		return list
	}
	places := make(map[string]int, len(list))
	out := make([]any, 0, len(list))
	for _, e := range list {
		key := identity(a, e)
		if i, ok := places[key]; ok {
			out[i] = e
			continue
		}
		places[key] = len(out)
		out = append(out, e)
	}
	return out
}

// identity gives a key of an element: its value and type, as the schema
// compares them, or all of it where there is no value. A member's is its value
// alone.
func identity(a *schema.Attr, e any) string {
	obj, ok := e.(Object)
	if !ok {
		key, _ := a.Key(e)
		return key
	}
	value, ok := subKey(a, obj, "value")
	if !ok {
		return string(appendObject([]byte("e"), a, obj))
	}
	if isMembers(a) {
		return value
	}
	kind, _ := subKey(a, obj, "type")
	return "v" + value + "\x00" + kind // no string of a document holds NUL
}

func subKey(a *schema.Attr, obj Object, name string) (string, bool) {
	sub := a.Sub(name)
	if sub == nil {
		return "", false
	}
	return sub.Key(obj[sub.Name])
}
