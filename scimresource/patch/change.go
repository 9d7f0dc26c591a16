package patch

import (
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// changeElements carries out an operation whose path selects elements of the
// multi-valued attribute a, or a sub-attribute of them.
func (e *editor) changeElements(c document.Object, a *schema.Attr, op Operation) error {
	elems, _ := c[a.Name].([]any)
	matches, err := e.matching(elems, op.Target.Where)
	if err != nil {
		return err
	}
	takesAway := op.Op == Remove || unassigned(op.Value)
	switch {
	case len(matches) == 0 && takesAway:
		return nil
	case len(matches) == 0:
		return e.create(c, a, op)
	case op.Target.Sub != nil:
		err = e.changeSub(elems, matches, op)
	case takesAway:
		drop(elems, matches, func(any) bool { return true })
	case op.Op == Add:
		err = mergeInto(a, elems, matches, op.Value)
	default:
		err = replaceElements(a, elems, matches, op)
	}
	if err != nil {
		return err
	}
	if takesAway {
		drop(elems, matches, hollow)
	}
	store(c, a, elems, matches)
	return nil
}

// drop puts nil in the place of those of the elements for which gone holds.
func drop(elems []any, indices []int, gone func(any) bool) {
	for _, i := range indices {
		if gone(elems[i]) {
			elems[i] = nil
		}
	}
}

// changeSub changes one sub-attribute of the matching elements.
func (e *editor) changeSub(elems []any, matches []int, op Operation) error {
	sub := op.Target.Sub
	for _, i := range matches {
		elem, _ := elems[i].(document.Object)
		err := guard(elem, sub, op.Op, func() error { return e.change(elem, sub, op.Op, op.Value) })
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeInto assigns what a value names to the matching elements.
func mergeInto(a *schema.Attr, elems []any, matches []int, raw any) error {
	value, err := element(a, raw)
	if err != nil {
		return err
	}
	for _, i := range matches {
		if err := mergeElement(a, elems[i], cloneValue(value)); err != nil {
			return err
		}
	}
	return nil
}

// replaceElements puts a value in the place of each matching element. What the
// filter selected an element by stays true of it unless the value says
// otherwise: a work address whose replacement names no type is one still, and
// the same request finds it again.
func replaceElements(a *schema.Attr, elems []any, matches []int, op Operation) error {
	value, err := element(a, op.Value)
	if err != nil {
		return err
	}
	for _, i := range matches {
		old, _ := elems[i].(document.Object)
		next := document.Object{}
		for _, sub := range a.Subs {
			if v, ok := old[sub.Name]; ok && (sub.Mutability == schema.Immutable || selectedBy(op.Target, sub)) {
				next[sub.Name] = v
			}
		}
		if err := mergeElement(a, next, cloneValue(value)); err != nil {
			return err
		}
		elems[i] = next
	}
	return nil
}

// element reads a value for one element of attribute a.
func element(a *schema.Attr, raw any) (any, error) {
	return document.NormalizeElement(a, prepare(a, single(raw)))
}

// hollow reports whether an element has nothing left but its labels.
func hollow(elem any) bool {
	o, _ := elem.(document.Object)
	for name := range o {
		if name != "type" && name != "primary" {
			return false
		}
	}
	return true
}
