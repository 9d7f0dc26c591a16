package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"

	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Parse reads a filter of RFC 7644 §3.4.2.2. Operators of the result are in
// lower case, names as written. Values are string, json.Number exactly as
// written, bool, or nil for null. Faults are of kind InvalidFilter; their
// detail says what is wrong at which character.
func Parse(s string) (filterparser.Expression, error) {
	p := parser{lexer: lexer{src: s}, what: "filter"}
	if err := p.start(); err != nil {
		return nil, err
	}
	expr, err := p.logical(filterparser.OR)
	switch {
	case err != nil:
		return nil, err
	case p.tok.kind != end:
		return nil, p.expected(`"and", "or" or the end`)
	}
	return expr, nil
}

// parser is a recursive-descent parser that looks one token ahead.
type parser struct {
	lexer
	what    string // "filter" or "path"
	tok     token  // the first one not consumed
	depth   int    // brackets that are open
	terms   int    // comparisons read
	inValue bool   // inside the brackets of a value path
}

// start checks the text as a whole and reads the first token.
func (p *parser) start() error {
	if err := p.checkText(); err != nil {
		return err
	}
	p.advance()
	return nil
}

func (p *parser) advance() { p.tok = p.next() }

// logical reads one or more operands joined by op, which is left-associative.
// The operands of "or" are chains of "and", for that binds tighter.
func (p *parser) logical(op filterparser.LogicalOperator) (filterparser.Expression, error) {
	left, err := p.operand(op)
	for err == nil && p.tok.is(string(op)) {
		left, err = p.joined(left, op)
	}
	return left, err
}

func (p *parser) operand(op filterparser.LogicalOperator) (filterparser.Expression, error) {
	if op == filterparser.OR {
		return p.logical(filterparser.AND)
	}
	return p.term()
}

// joined reads the operator, which is the token at hand, and its right operand.
func (p *parser) joined(left filterparser.Expression, op filterparser.LogicalOperator) (filterparser.Expression, error) {
	if !p.tok.spaced {
		return nil, p.expected(`a space before the operator`)
	}
	p.advance()
	if !p.tok.spaced && p.tok.kind != end {
		return nil, p.expected(`a space after the operator`)
	}
	right, err := p.operand(op)
	if err != nil {
		return nil, err
	}
	return &filterparser.LogicalExpression{Left: left, Right: right, Operator: op}, nil
}

// term reads what stands between "and" and "or".
func (p *parser) term() (filterparser.Expression, error) {
	switch {
	case p.tok.kind == '(':
		return p.bracketed(')')
	case p.tok.is("not"):
		return p.negation()
	case p.tok.kind != word:
		return nil, p.expected(`an attribute, "not" or "("`)
	}
	path, err := p.attrPath()
	if err != nil {
		return nil, err
	}
	if p.opensValueFilter() {
		return p.valuePath(path)
	}
	return p.comparison(path)
}

func (p *parser) negation() (filterparser.Expression, error) {
	p.advance()
	if p.tok.kind != '(' {
		return nil, p.expected(`"(" after "not"`)
	}
	inner, err := p.bracketed(')')
	if err != nil {
		return nil, err
	}
	return &filterparser.NotExpression{Expression: inner}, nil
}

// bracketed reads an expression between brackets. The opening one is the token
// at hand.
func (p *parser) bracketed(closing kind) (filterparser.Expression, error) {
	if p.depth == maxDepth {
		return nil, p.faultAt(p.tok.pos, "more than %d levels of parentheses and brackets are not accepted", maxDepth)
	}
	p.depth++
	p.advance()
	inner, err := p.logical(filterparser.OR)
	switch {
	case err != nil:
		return nil, err
	case p.tok.kind != closing:
		return nil, p.expected(`"and", "or" or "` + string(rune(closing)) + `"`)
	}
	p.depth--
	p.advance()
	return inner, nil
}

func (p *parser) opensValueFilter() bool { return p.tok.kind == '[' && !p.tok.spaced }

// valuePath reads the value filter of a value path and, where one follows, the
// comparison of a sub-attribute. All that it says must hold of one element, so
// the comparison becomes one more term of the value filter.
func (p *parser) valuePath(path filterparser.AttributePath) (filterparser.Expression, error) {
	where, err := p.valueFilter()
	if err != nil {
		return nil, err
	}
	if p.startsSubAttr() {
		name, err := p.subAttr()
		if err != nil {
			return nil, err
		}
		compare, err := p.comparison(filterparser.AttributePath{AttributeName: name})
		if err != nil {
			return nil, err
		}
		where = &filterparser.LogicalExpression{Left: where, Right: compare, Operator: filterparser.AND}
	}
	return &filterparser.ValuePath{AttributePath: path, ValueFilter: where}, nil
}

// valueFilter reads a filter in brackets. None stands in another: sub-attributes
// are never complex (RFC 7643 §2.3.8).
func (p *parser) valueFilter() (filterparser.Expression, error) {
	if p.inValue {
		return nil, p.faultAt(p.tok.pos, "a value filter can't hold another one")
	}
	p.inValue = true
	where, err := p.bracketed(']')
	if err != nil {
		return nil, err
	}
	p.inValue = false
	return where, nil
}

// comparison reads the operator and the value that follow an attribute path.
func (p *parser) comparison(path filterparser.AttributePath) (filterparser.Expression, error) {
	op := filterparser.CompareOperator(strings.ToLower(p.tok.text))
	if !isOperator(op) {
		return nil, p.expected("one of the operators eq, ne, co, sw, ew, gt, ge, lt, le and pr")
	}
	if p.terms++; p.terms > maxTerms {
		return nil, p.faultAt(p.tok.pos, "more than %d comparisons are not accepted", maxTerms)
	}
	p.advance()
	expr := &filterparser.AttributeExpression{AttributePath: path, Operator: op}
	if op == filterparser.PR {
		return expr, nil
	}
	var err error
	if expr.CompareValue, err = p.compareValue(); err != nil {
		return nil, err
	}
	return expr, nil
}

// expected is the fault of finding something other than what was expected.
func (p *parser) expected(what string) error {
	return p.faultAt(p.tok.pos, "expected %s, found %s", what, p.tok)
}

// faultAt gives a fault with the place of its cause, a byte offset. A filter
// inside a path that is otherwise whole is at fault as a filter (RFC 7644
// §3.12, Table 9).
func (p *parser) faultAt(pos int, format string, args ...any) error {
	kind := fault.InvalidFilter
	if p.what == "path" && (!p.inValue || p.tok.kind == end) {
		kind = fault.InvalidPath
	}
	at := utf8.RuneCountInString(p.src[:pos]) + 1
	return fault.New(kind, "%s, character %d: %s", p.what, at, fmt.Sprintf(format, args...))
}
