package patch

import (
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// maxElements is how many elements a multi-valued attribute may have, as in a
// POST (see document.Normalize).
const maxElements = 10_000

// appendElements adds values to the multi-valued attribute a. One that is there
// already, by type and value, is brought up to date in its place.
func (e *editor) appendElements(c document.Object, a *schema.Attr, raw any) error {
	v, err := document.NormalizeValue(a, prepare(a, raw))
	if err != nil {
		return err
	}
	added, _ := v.([]any)
	elems, _ := c[a.Name].([]any)
	if err := e.budget.Spend(1, slices.Concat(elems, added)); err != nil {
		return err
	}
	index := make(map[identity]int, len(elems)+len(added))
	for i, elem := range elems {
		index[identify(a, elem)] = i
	}
	var touched []int
	for _, elem := range added {
		id := identify(a, elem)
		i, found := index[id]
		if !found {
			i = len(elems)
			index[id] = i
			elems = append(elems, elem)
		} else if err := mergeElement(a, elems[i], elem); err != nil {
			return err
		}
		if isPrimary(elem) {
			touched = append(touched, i)
		}
	}
	if len(elems) > maxElements {
		return fault.New(fault.InvalidValue, "%s would have more than %d elements", a.Path, maxElements)
	}
	store(c, a, elems, touched)
	return nil
}

// removeListed takes from attribute a the values that a client lists, which
// the RFC leaves undefined and several clients send.
func (e *editor) removeListed(c document.Object, a *schema.Attr, raw any) error {
	v, err := document.NormalizeValue(a, prepare(a, raw))
	if err != nil {
		return err
	}
	listed, _ := v.([]any)
	elems, _ := c[a.Name].([]any)
	if err := e.budget.Spend(1+len(listed), elems); err != nil {
		return err
	}
	if err := e.budget.Spend(1+len(elems), listed); err != nil {
		return err
	}
	store(c, a, slices.DeleteFunc(elems, func(elem any) bool {
		return slices.ContainsFunc(listed, func(l any) bool { return describes(a, l, elem) })
	}), nil)
	return nil
}

// matching gives the indices of the elements that an operation is about.
func (e *editor) matching(elems []any, where filter.Expr) ([]int, error) {
	if err := e.budget.Spend(1, elems); err != nil { // for store, which compares them all
		return nil, err
	}
	var out []int
	for i, elem := range elems {
		matches, err := e.matches(where, elem)
		if err != nil {
			return nil, err
		}
		if matches {
			out = append(out, i)
		}
	}
	return out, nil
}

func (e *editor) matches(where filter.Expr, elem any) (bool, error) {
	if where == nil {
		return true, nil
	}
	return e.budget.MatchElement(where, elem)
}

// store puts the elements back, but for those that are nil. The ones at the
// indices in touched have the last word: the last of them that is primary is
// the only primary one from now on, and an element that one of them has become
// the same as gives way to it.
func store(c document.Object, a *schema.Attr, elems []any, touched []int) {
	if i := lastPrimary(elems, touched); i >= 0 {
		for j, elem := range elems {
			if o, ok := elem.(document.Object); ok && j != i && isPrimary(o) {
				o["primary"] = false
			}
		}
	}
	elems = settle(a, elems, touched)
	if len(elems) == 0 {
		delete(c, a.Name)
		return
	}
	c[a.Name] = elems
}

// settle gives the elements without those that are nil or have the identity of
// a touched one. Of touched ones that are the same the last stays, or else the
// primary one.
func settle(a *schema.Attr, elems []any, touched []int) []any {
	stays := make(map[identity]int, len(touched))
	for _, i := range touched {
		id := identify(a, elems[i])
		if j, ok := stays[id]; !ok || !isPrimary(elems[j]) {
			stays[id] = i
		}
	}
	out := make([]any, 0, len(elems))
	for i, elem := range elems {
		if elem == nil {
			continue
		}
		if j, ok := stays[identify(a, elem)]; !ok || i == j {
			out = append(out, elem)
		}
	}
	return out
}

func lastPrimary(elems []any, touched []int) int {
	for _, i := range slices.Backward(touched) {
		if isPrimary(elems[i]) {
			return i
		}
	}
	return -1
}

func isPrimary(elem any) bool {
	o, ok := elem.(document.Object)
	return ok && o["primary"] == true
}

// mergeElement assigns the sub-attributes of from, in canonical form, to an
// element that is there.
func mergeElement(a *schema.Attr, elem, from any) error {
	dst, _ := elem.(document.Object)
	src, ok := from.(document.Object)
	if !ok {
		return nil // simple values with one identity are equal
	}
	for _, sub := range a.Subs {
		v, given := src[sub.Name]
		if !given {
			continue
		}
		err := guard(dst, sub, Add, func() error { dst[sub.Name] = v; return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// identity is what makes two elements the same: their type and value (RFC 7643
// §2.4), or, of elements without a value, all but "primary".
type identity struct{ kind, value, rest string }

func identify(a *schema.Attr, elem any) identity {
	o, ok := elem.(document.Object)
	if !ok {
		return identity{value: key(a, elem)}
	}
	if v, ok := o["value"]; ok {
		return identity{kind: key(a.Sub("type"), o["type"]), value: key(a.Value(), v)}
	}
	var rest strings.Builder
	for _, sub := range a.Subs {
		if v, given := o[sub.Name]; given && sub.Name != "primary" {
			rest.WriteString(sub.Name + "\x00" + key(sub, v) + "\x00")
		}
	}
	return identity{rest: rest.String()}
}

// key gives the comparison key of a simple value, and "" for none.
func key(a *schema.Attr, v any) string {
	if v == nil {
		return ""
	}
	k, _ := a.Key(v)
	return k
}

// describes reports whether a value that a client lists for removal means an
// element: by value, and by type where it gives one; without a value, by all
// that it gives.
func describes(a *schema.Attr, listed, elem any) bool {
	l, ok := listed.(document.Object)
	if !ok {
		return key(a, listed) == key(a, elem)
	}
	o, _ := elem.(document.Object)
	_, byValue := l["value"]
	for _, sub := range a.Subs {
		counts := sub.Name == "type" || sub.Name == "value" || !byValue && sub.Name != "primary"
		v, given := l[sub.Name]
		if given && counts && (o[sub.Name] == nil || key(sub, v) != key(sub, o[sub.Name])) {
			return false
		}
	}
	return true
}
