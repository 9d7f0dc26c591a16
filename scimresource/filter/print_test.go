package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	filterparser "github.com/scim2/filter-parser/v2"
)

// printer writes syntax trees as text. The String methods of filter-parser
// won't do: they drop parentheses, nulls and the escapes of JSON.
type printer struct {
	strings.Builder
	blank   func() string       // what stands where a space is asked for
	padding func() string       // what stands where a space is allowed
	keyword func(string) string // how operators and literals are spelled

	depth, deepest int // of brackets
}

func newPrinter() *printer {
	return &printer{
		blank:   func() string { return " " },
		padding: func() string { return "" },
		keyword: func(s string) string { return s },
	}
}

func printExpr(e filterparser.Expression) string {
	p := newPrinter()
	p.expr(e)
	return p.String()
}

func (p *printer) expr(e filterparser.Expression) {
	switch e := e.(type) {
	case *filterparser.AttributeExpression:
		p.comparison(e)
	case *filterparser.LogicalExpression:
		p.operand(e.Left, bindsLooser(e.Left, e.Operator))
		p.WriteString(p.blank() + p.keyword(string(e.Operator)) + p.blank())
		p.operand(e.Right, bindsLooser(e.Right, e.Operator) || isLogical(e.Right, e.Operator))
	case *filterparser.NotExpression:
		p.WriteString(p.keyword("not") + p.padding())
		p.bracketed("(", e.Expression, ")")
	case *filterparser.ValuePath:
		p.WriteString(printAttr(e.AttributePath))
		p.bracketed("[", e.ValueFilter, "]")
	default:
		panic(fmt.Sprintf("no such expression: %T", e))
	}
}

func (p *printer) path(path filterparser.Path) {
	p.WriteString(printAttr(path.AttributePath))
	if path.ValueExpression != nil {
		p.bracketed("[", path.ValueExpression, "]")
	}
	if path.SubAttribute != nil {
		p.WriteString("." + *path.SubAttribute)
	}
}

// bindsLooser reports whether e needs parentheses as an operand of op.
func bindsLooser(e filterparser.Expression, op filterparser.LogicalOperator) bool {
	return op == filterparser.AND && isLogical(e, filterparser.OR)
}

func isLogical(e filterparser.Expression, op filterparser.LogicalOperator) bool {
	l, ok := e.(*filterparser.LogicalExpression)
	return ok && l.Operator == op
}

func (p *printer) operand(e filterparser.Expression, parentheses bool) {
	if parentheses {
		p.bracketed("(", e, ")")
	} else {
		p.expr(e)
	}
}

func (p *printer) bracketed(opening string, e filterparser.Expression, closing string) {
	p.depth++
	p.deepest = max(p.deepest, p.depth)
	p.WriteString(opening + p.padding())
	p.expr(e)
	p.WriteString(p.padding() + closing)
	p.depth--
}

func (p *printer) comparison(e *filterparser.AttributeExpression) {
	p.WriteString(printAttr(e.AttributePath) + p.blank() + p.keyword(string(e.Operator)))
	if e.Operator == filterparser.PR {
		return
	}
	p.WriteString(p.blank())
	switch v := e.CompareValue.(type) {
	case nil:
		p.WriteString(p.keyword("null"))
	case bool:
		p.WriteString(p.keyword(fmt.Sprint(v)))
	case json.Number:
		p.WriteString(string(v))
	case string:
		p.WriteString(printString(v))
	default:
		panic(fmt.Sprintf("no such value: %T", v))
	}
}

func printAttr(path filterparser.AttributePath) string {
	s := path.AttributeName
	if path.URIPrefix != nil {
		s = *path.URIPrefix + ":" + s
	}
	if path.SubAttribute != nil {
		s += "." + *path.SubAttribute
	}
	return s
}

// printString writes a JSON string in which nothing is escaped that needn't be.
func printString(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
