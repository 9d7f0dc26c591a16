package filter

import (
	"slices"
	"strings"

	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// ParseExpr parses a filter and binds it to a resource type.
func ParseExpr(t *schema.ResourceType, s string) (Expr, error) {
	e, err := Parse(s)
	if err != nil {
		return nil, err
	}
	return Resolve(t, e)
}

// Resolve binds a parsed filter to the attributes of a resource type (RFC 7644
// §3.4.2.2). Names are resolved in any case; a comparison of a complex
// attribute means its "value" sub-attribute; literals are converted to the
// type of the attribute. "ne" on a multi-valued attribute holds where any
// element differs, or there is none. Faults are of kind InvalidFilter and name
// the attribute.
func Resolve(t *schema.ResourceType, e filterparser.Expression) (Expr, error) {
	return scope{t: t}.expr(e)
}

// scope is where the attribute names of an expression are looked up.
type scope struct {
	t      *schema.ResourceType
	elem   *schema.Attr // inside a value filter: the attribute it filters
	prefix Path         // the path of a single-valued elem, which has no elements
}

func (s scope) expr(e filterparser.Expression) (Expr, error) {
	switch e := e.(type) {
	case *filterparser.LogicalExpression:
		return s.logical(e)
	case *filterparser.NotExpression:
		inner, err := s.expr(e.Expression)
		if err != nil {
			return nil, err
		}
		return Not{Term: inner}, nil
	case *filterparser.ValuePath:
		return s.valuePath(e)
	case *filterparser.AttributeExpression:
		return s.attribute(e)
	default:
		return nil, fault.New(fault.InvalidFilter, "the filter has a part of unknown form")
	}
}

// logical binds a chain of the same operator as one flat And or Or.
func (s scope) logical(e *filterparser.LogicalExpression) (Expr, error) {
	left, err := s.expr(e.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.expr(e.Right)
	if err != nil {
		return nil, err
	}
	if e.Operator == filterparser.AND {
		return And{Terms: slices.Concat(conjuncts(left), conjuncts(right))}, nil
	}
	return Or{Terms: slices.Concat(disjuncts(left), disjuncts(right))}, nil
}

func conjuncts(e Expr) []Expr {
	if and, ok := e.(And); ok {
		return and.Terms
	}
	return []Expr{e}
}

func disjuncts(e Expr) []Expr {
	if or, ok := e.(Or); ok {
		return or.Terms
	}
	return []Expr{e}
}

func (s scope) valuePath(e *filterparser.ValuePath) (Expr, error) {
	path, err := s.path(e.AttributePath)
	if err != nil {
		return nil, err
	}
	a := path[len(path)-1]
	if s.elem != nil || a.Type != schema.Complex {
		return nil, fault.New(fault.InvalidFilter, "%s has no sub-attributes that a value filter could speak of", a.Path)
	}
	inner := scope{t: s.t, elem: a}
	if !a.Multi {
		inner.prefix = path
		return inner.expr(e.ValueFilter)
	}
	where, err := inner.expr(e.ValueFilter)
	if err != nil {
		return nil, err
	}
	return Any{Path: path, Where: where}, nil
}

// path looks up an attribute path.
func (s scope) path(p filterparser.AttributePath) (Path, error) {
	chain := s.lookUp(p)
	if chain == nil {
		return nil, fault.New(fault.InvalidFilter, "%s has no attribute %s", s.name(), brief(p.String()))
	}
	for _, a := range chain {
		if a.Returned == schema.ReturnedNever {
			return nil, fault.New(fault.InvalidFilter, "%s is never returned, so it can't be filtered on", a.Path)
		}
	}
	return chain, nil
}

func (s scope) lookUp(p filterparser.AttributePath) Path {
	if s.elem == nil {
		return attrPath(s.t, p)
	}
	sub := s.elem.Sub(p.AttributeName)
	if sub == nil || p.URIPrefix != nil || p.SubAttribute != nil {
		return nil
	}
	return append(slices.Clone(s.prefix), sub)
}

func (s scope) name() string {
	if s.elem != nil {
		return s.elem.Path
	}
	return s.t.Name
}

// attrPath resolves the path of an attribute of a resource, or gives nil.
func attrPath(t *schema.ResourceType, p filterparser.AttributePath) Path {
	if chain := t.Attr(p.URI(), p.AttributeName, p.SubAttributeName()); chain != nil {
		return chain
	}
	switch {
	case p.URIPrefix == nil: // clients leave out the URN of the enterprise extension
		return t.Attr(schema.EnterpriseUserURI, p.AttributeName, p.SubAttributeName())
	case p.SubAttribute != nil && strings.EqualFold(p.URI()+":"+p.AttributeName, t.Base.ID): // a dot for the colon behind the URN
		return t.Attr("", p.SubAttributeName(), "")
	default:
		return nil
	}
}

// attribute binds a comparison or a presence test.
func (s scope) attribute(e *filterparser.AttributeExpression) (Expr, error) {
	path, err := s.path(e.AttributePath)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Operator == filterparser.PR:
		return s.present(path)
	case e.CompareValue == nil && e.Operator == filterparser.EQ:
		present, err := s.present(path)
		return Not{Term: present}, err
	case e.CompareValue == nil && e.Operator == filterparser.NE:
		return s.present(path)
	case e.CompareValue == nil:
		return nil, fault.New(fault.InvalidFilter, "%s: null can be compared with eq and ne only", path)
	}
	return s.compare(path, Op(e.Operator), e.CompareValue)
}

func (s scope) present(path Path) (Expr, error) {
	return s.through(path, func(rest Path, _ *schema.Attr) (Expr, error) { return Present{Path: rest}, nil })
}

func (s scope) compare(path Path, op Op, v any) (Expr, error) {
	if a := path[len(path)-1]; a.Type == schema.Complex {
		value := a.Value()
		if value == nil {
			return nil, fault.New(fault.InvalidFilter, "%s is complex: name one of its sub-attributes", a.Path)
		}
		path = append(slices.Clone(path), value)
	} else if a.Multi {
		path = append(slices.Clone(path), nil) // the element itself
	}
	e, err := s.through(path, func(rest Path, a *schema.Attr) (Expr, error) { return comparison(rest, a, op, v) })
	if multi := s.multi(path); err == nil && multi >= 0 && op == NE {
		return Or{Terms: []Expr{Not{Term: Present{Path: path[:multi+1]}}, e}}, nil
	}
	return e, err
}

// multi gives the place of the multi-valued attribute that a path leads
// through, or -1.
func (s scope) multi(path Path) int {
	if s.elem != nil && s.elem.Multi {
		return -1
	}
	return slices.IndexFunc(path[:len(path)-1], func(a *schema.Attr) bool { return a.Multi })
}

// through binds a test of the attribute that a path ends in. Where the path
// leads through a multi-valued attribute, the test is of its elements. A nil at
// the end of the path is the element itself.
func (s scope) through(path Path, test func(rest Path, a *schema.Attr) (Expr, error)) (Expr, error) {
	i := s.multi(path)
	rest := path[i+1:]
	a := rest[len(rest)-1]
	if a == nil {
		a, rest = path[len(path)-2], nil
	} else if a.Multi && (i >= 0 || s.elem != nil && s.elem.Multi) {
		return nil, fault.New(fault.InvalidFilter, "%s has several values in each of several values: it can't be filtered on", a.Path)
	}
	e, err := test(rest, a)
	if err != nil || i < 0 {
		return e, err
	}
	return Any{Path: path[:i+1], Where: e}, nil
}
