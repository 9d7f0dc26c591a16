package patch

import (
	"slices"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// create makes the element that an add or replace selects in vain. RFC 7644
// §3.5.2.3 asks for a fault, but Entra ID sets the first work address of a user
// by emails[type eq "work"].value. So the element is made where the filter says
// no more than which type it has, of those the schema knows, or that it is
// primary; a filter of any other form selects nothing.
func (e *editor) create(c document.Object, a *schema.Attr, op Operation) error {
	elem, ok := seed(op.Target.Where)
	if !ok {
		return fault.New(fault.NoTarget, "no value of %s matches the filter", a.Path)
	}
	given, err := e.fill(a, elem, op)
	if err != nil || !given {
		return err
	}
	return e.appendElements(c, a, []any{elem})
}

// fill puts the value of an operation into a new element, and reports whether
// there was any.
func (e *editor) fill(a *schema.Attr, elem document.Object, op Operation) (bool, error) {
	if sub := op.Target.Sub; sub != nil {
		err := e.change(elem, sub, op.Op, op.Value)
		return elem[sub.Name] != nil, err
	}
	value, err := element(a, op.Value)
	if err != nil {
		return false, err
	}
	return value != nil, mergeElement(a, elem, cloneValue(value))
}

// seed gives the element that a filter describes, if one may be made from it.
// Without a filter it is empty.
func seed(where filter.Expr) (document.Object, bool) {
	elem := document.Object{}
	if where == nil {
		return elem, true
	}
	terms, ok := equalities(where)
	for _, term := range terms {
		sub := term.Path[0]
		text, isText := term.Value.Raw.(string)
		creates := sub.Name == "primary" || sub.Name == "type" && isText && sub.IsCanonical(text)
		ok = ok && creates
		elem[sub.Name] = term.Value.Raw
	}
	return elem, ok
}

// selectedBy reports whether a target's filter asks for a certain value of a
// sub-attribute.
func selectedBy(target filter.Target, sub *schema.Attr) bool {
	terms, _ := equalities(target.Where)
	return slices.ContainsFunc(terms, func(term filter.Compare) bool { return term.Path[0] == sub })
}

// equalities gives the terms of a filter such as type eq "work" and primary eq
// true, and whether the filter is nothing but these.
func equalities(where filter.Expr) ([]filter.Compare, bool) {
	switch w := where.(type) {
	case filter.Compare:
		ok := w.Op == filter.EQ && len(w.Path) == 1
		if !ok {
			return nil, false
		}
		return []filter.Compare{w}, true
	case filter.And:
		var terms []filter.Compare
		whole := true
		for _, term := range w.Terms {
			more, ok := equalities(term)
			terms, whole = append(terms, more...), whole && ok
		}
		return terms, whole
	default:
		return nil, false
	}
}
