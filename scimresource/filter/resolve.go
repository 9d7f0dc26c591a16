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
	return chain, s.check(chain)
}

// check refuses paths that can't be filtered on: those to what is never
// returned, which a filter would betray, and to several values in each of
// several values, which Any has no form for.
func (s scope) check(path Path) error {
	several := s.elem != nil && s.elem.Multi
	for _, a := range path {
		switch {
		case a.Returned == schema.ReturnedNever:
			return fault.New(fault.InvalidFilter, "%s is never returned, so it can't be filtered on", a.Path)
		case a.Multi && several:
			return fault.New(fault.InvalidFilter, "%s has several values in each of several values: it can't be filtered on", a.Path)
		}
		several = several || a.Multi
	}
	return nil
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
	if ext := t.Extension(p.String()); ext != nil { // a URN with a dot behind its last colon
		return Path{ext}
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
		return presence(path), nil
	case e.CompareValue == nil && e.Operator == filterparser.EQ:
		return Not{Term: presence(path)}, nil
	case e.CompareValue == nil && e.Operator == filterparser.NE:
		return presence(path), nil
	case e.CompareValue == nil:
		return nil, fault.New(fault.InvalidFilter, "%s: null can be compared with eq and ne only", path)
	}
	return s.compare(path, Op(e.Operator), e.CompareValue)
}

// presence binds a presence test. That of a multi-valued attribute is about the
// attribute, not about its elements.
func presence(path Path) Expr {
	last := len(path) - 1
	i := multi(path[:last])
	return anyOf(path[:i+1], Present{Path: path[i+1:]})
}

func (s scope) compare(path Path, op Op, v any) (Expr, error) {
	path, err := s.simple(path)
	if err != nil {
		return nil, err
	}
	i := multi(path)
	test, err := comparison(path[i+1:], path[len(path)-1], op, v)
	if err != nil {
		return nil, err
	}
	list := path[:i+1]
	if op == NE && len(list) > 0 {
		return Or{Terms: []Expr{Not{Term: Present{Path: list}}, anyOf(list, test)}}, nil
	}
	return anyOf(list, test), nil
}

// simple gives the path of what a comparison is about: of a complex attribute
// that is its "value".
func (s scope) simple(path Path) (Path, error) {
	a := path[len(path)-1]
	if a.Type != schema.Complex {
		return path, nil
	}
	value := a.Value()
	if value == nil {
		return nil, fault.New(fault.InvalidFilter, "%s is complex: name one of its sub-attributes", a.Path)
	}
	path = append(slices.Clip(path), value)
	return path, s.check(path)
}

// multi gives the place of the multi-valued attribute in a path, or -1.
func multi(path Path) int {
	return slices.IndexFunc(path, func(a *schema.Attr) bool { return a.Multi })
}

// anyOf makes a test one of the elements of the list at a path, if there is one.
func anyOf(list Path, test Expr) Expr {
	if len(list) == 0 {
		return test
	}
	return Any{Path: slices.Clip(list), Where: test}
}
