package storage

import (
	"fmt"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// compiler turns a filter into a condition on the table r. Every condition is
// TRUE or FALSE, never NULL, so that NOT means what it says.
type compiler struct {
	*tenant
	typ *schema.ResourceType
}

// scope says what attribute a path means: of the resource, or of an element.
type scope func(path filter.Path) (operand, error)

func (c compiler) filter(e filter.Expr) (fragment, error) { return c.condition(e, c.ofResource) }

func (c compiler) condition(e filter.Expr, in scope) (fragment, error) {
	switch e := e.(type) {
	case filter.And:
		return c.junction(e.Terms, ") AND (", in)
	case filter.Or:
		return c.junction(e.Terms, ") OR (", in)
	case filter.Not:
		term, err := c.condition(e.Term, in)
		return sqlf("NOT (%s)", term), err
	case filter.Any:
		return c.anyElement(e)
	case filter.Compare:
		a, err := in(e.Path)
		if err != nil {
			return fragment{}, err
		}
		return a.compare(e.Op, e.Value)
	case filter.Present:
		a, err := in(e.Path)
		if err != nil {
			return fragment{}, err
		}
		return a.present(), nil
	default:
		return fragment{}, fmt.Errorf("compile filter: unknown expression %T", e)
	}
}

func (c compiler) junction(terms []filter.Expr, operator string, in scope) (fragment, error) {
	list := make([]fragment, len(terms))
	for i, term := range terms {
		var err error
		if list[i], err = c.condition(term, in); err != nil {
			return fragment{}, err
		}
	}
	return sqlf("(%s)", join(list, operator)), nil
}

// names gives the names along a path, as the document has them.
func names(path filter.Path) []string {
	list := make([]string, len(path))
	for i, a := range path {
		list[i] = a.Name
	}
	return list
}

// searchable refuses attributes that have no comparison keys. An empty path,
// the element itself, is checked by whoever knows its attribute.
func searchable(path filter.Path) error {
	for _, a := range path {
		if a.Returned == schema.ReturnedNever {
			return fault.New(fault.InvalidFilter, "%s can't be searched for", a.Path)
		}
	}
	return nil
}
