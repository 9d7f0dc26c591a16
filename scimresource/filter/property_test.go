package filter_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	filterparser "github.com/scim2/filter-parser/v2"
	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/filter"
)

// dialect is what a generator draws syntax trees from.
type dialect struct {
	name, uri, number, text *rapid.Generator[string]

	longValueFilters bool // more than two terms, and "not" inside
}

// full is all that the parser accepts.
func full() dialect {
	return dialect{
		name:             rapid.StringMatching(`\$?[A-Za-z][A-Za-z0-9_$-]{0,5}`).Filter(isNotKeyword),
		uri:              rapid.StringMatching(`(urn|URN|https)(:[A-Za-z0-9._~%/-]{1,5}){1,3}`),
		number:           rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,4})?`),
		text:             rapid.StringN(0, 12, -1).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }),
		longValueFilters: true,
	}
}

// oracle is what the parser of filter-parser gets right. It
//   - knows "$" at the start of names only, and in URIs just letters, digits,
//     "-" and "." (not the "_" that URNs may hold);
//   - writes the "E" of a number as "e";
//   - leaves the escapes in strings as they are;
//   - takes two terms at the most in a value filter, and "not" only around both;
//   - has no sub-attributes behind value paths in filters, no tabs, no strings
//     without quotes. None of these is printed from a syntax tree.
func oracle() dialect {
	return dialect{
		name:   rapid.StringMatching(`\$?[A-Za-z][A-Za-z0-9_-]{0,5}`).Filter(isNotKeyword),
		uri:    rapid.StringMatching(`urn(:[A-Za-z0-9.-]{1,5}){1,3}`),
		number: rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,3})?(e[+-]?[0-9]{1,4})?`),
		text:   rapid.StringMatching(`[^"\\\pC]{0,12}`),
	}
}

// isNotKeyword leaves out the attribute "not", which a filter can't name.
func isNotKeyword(name string) bool { return !strings.EqualFold(name, "not") }

func (d dialect) drawAttr(t *rapid.T) filterparser.AttributePath {
	path := attr(d.name.Draw(t, "name"))
	if rapid.Bool().Draw(t, "has sub-attribute") {
		path = subAttr(path.AttributeName, d.name.Draw(t, "sub-attribute"))
	}
	if rapid.Bool().Draw(t, "has URI") {
		path = inURI(d.uri.Draw(t, "URI"), path)
	}
	return path
}

func (d dialect) drawComparison(t *rapid.T) filterparser.Expression {
	op := rapid.SampledFrom([]filterparser.CompareOperator{
		filterparser.PR, filterparser.EQ, filterparser.NE, filterparser.CO, filterparser.SW,
		filterparser.EW, filterparser.GT, filterparser.GE, filterparser.LT, filterparser.LE,
	}).Draw(t, "operator")
	if op == filterparser.PR {
		return present(d.drawAttr(t))
	}
	return compare(d.drawAttr(t), op, d.drawValue(t))
}

func (d dialect) drawValue(t *rapid.T) any {
	switch rapid.IntRange(0, 3).Draw(t, "value kind") {
	case 0:
		return json.Number(d.number.Draw(t, "number"))
	case 1:
		return rapid.Bool().Draw(t, "boolean")
	case 2:
		return nil
	default:
		return d.text.Draw(t, "string")
	}
}

func (d dialect) drawExpr(t *rapid.T, depth int) filterparser.Expression {
	if depth == 0 {
		return d.drawComparison(t)
	}
	switch rapid.IntRange(0, 4).Draw(t, "expression kind") {
	case 0:
		return and(d.drawExpr(t, depth-1), d.drawExpr(t, depth-1))
	case 1:
		return or(d.drawExpr(t, depth-1), d.drawExpr(t, depth-1))
	case 2:
		return not(d.drawExpr(t, depth-1))
	case 3:
		return valuePath(d.drawAttr(t), d.drawValueFilter(t, depth-1))
	default:
		return d.drawComparison(t)
	}
}

func (d dialect) drawValueFilter(t *rapid.T, depth int) filterparser.Expression {
	left, right := d.drawComparison(t), d.drawComparison(t)
	if depth > 0 && d.longValueFilters {
		left, right = d.drawValueFilter(t, depth-1), d.drawValueFilter(t, depth-1)
	}
	e := left
	switch rapid.IntRange(0, 2).Draw(t, "terms joined by") {
	case 0:
		e = and(left, right)
	case 1:
		e = or(left, right)
	}
	if rapid.Bool().Draw(t, "is negated") && (depth > 0 || !d.longValueFilters) {
		return not(e)
	}
	return e
}

// drawNoise makes a printer use whatever blanks and cases a client may.
func drawNoise(t *rapid.T, p *printer) {
	p.blank = func() string { return rapid.StringMatching(`[ \t]{1,3}`).Draw(t, "blank") }
	p.padding = func() string { return rapid.StringMatching(`[ \t]{0,2}`).Draw(t, "padding") }
	p.keyword = func(s string) string {
		return rapid.SampledFrom([]string{s, strings.ToUpper(s), strings.ToUpper(s[:1]) + s[1:]}).Draw(t, "keyword")
	}
}

func TestParseReadsWhatIsPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := full().drawExpr(t, 4)
		p := newPrinter()
		if rapid.Bool().Draw(t, "is noisy") {
			drawNoise(t, p)
		}
		p.expr(want)
		got, err := filter.Parse(p.String())
		if err != nil {
			t.Fatalf("Parse(%q): %v", p.String(), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse(%q) (-want +got):\n%s", p.String(), diff)
		}
	})
}

func TestParsePathReadsWhatIsPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := full()
		want := filterparser.Path{AttributePath: d.drawAttr(t)}
		if rapid.Bool().Draw(t, "has value filter") {
			want.ValueExpression = d.drawValueFilter(t, 2)
			if rapid.Bool().Draw(t, "has sub-attribute of element") {
				sub := d.name.Draw(t, "sub-attribute of element")
				want.SubAttribute = &sub
			}
		}
		p := newPrinter()
		p.path(want)
		got, err := filter.ParsePath(p.String())
		if err != nil {
			t.Fatalf("ParsePath(%q): %v", p.String(), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("ParsePath(%q) (-want +got):\n%s", p.String(), diff)
		}
	})
}

// filter-parser's own parser must agree where it is right (see oracle).
func TestParseAgreesWithFilterParser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := printExpr(oracle().drawExpr(t, 3))
		want, err := filterparser.ParseFilterNumber([]byte(text))
		if err != nil {
			t.Fatalf("ParseFilterNumber(%q): %v", text, err)
		}
		got, err := filter.Parse(text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse(%q) (-filter-parser +ours):\n%s", text, diff)
		}
	})
}
