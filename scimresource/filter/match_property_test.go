package filter_test

import (
	"strings"
	"testing"

	filterparser "github.com/scim2/filter-parser/v2"
	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// The test below holds ParseExpr and Match against a second reading of the RFC,
// which walks the syntax tree and the object with nothing but strings. Values
// are few, short and ASCII, so that they often meet.

// kinds says how the attributes of the test are compared: "" is a string in any
// case, "exact" one as it is, "bool" a boolean. An attribute with a dot is one
// of the elements of a list.
var kinds = map[string]string{
	"userName": "", "title": "", "externalId": "exact", "active": "bool",
	"emails.value": "", "emails.type": "", "emails.primary": "bool",
}

func drawWord(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "A", "b", "ab", "aB", "ba"}).Draw(t, "word")
}

// drawObject gives an object with any of the given attributes.
func drawObject(t *rapid.T, prefix string, names ...string) document.Object {
	o := document.Object{}
	for _, name := range names {
		switch {
		case !rapid.Bool().Draw(t, "has "+name):
		case kinds[prefix+name] == "bool":
			o[name] = rapid.Bool().Draw(t, name)
		default:
			o[name] = drawWord(t)
		}
	}
	return o
}

func drawUser(t *rapid.T) document.Object {
	o := drawObject(t, "", "userName", "title", "externalId", "active")
	for range rapid.IntRange(0, 3).Draw(t, "e-mails") {
		email := drawObject(t, "emails.", "value", "type", "primary")
		if len(email) > 0 { // as in a canonical document
			list, _ := o["emails"].([]any)
			o["emails"] = append(list, email)
		}
	}
	return o
}

// drawCompare gives a comparison of one of the given attributes.
func drawCompare(t *rapid.T, prefix string, names ...string) filterparser.Expression {
	name := rapid.SampledFrom(names).Draw(t, "attribute")
	path := attr(name)
	if first, sub, dotted := strings.Cut(name, "."); dotted {
		path = subAttr(first, sub)
	}
	ops, value := []filterparser.CompareOperator{"eq", "ne", "pr"}, any(nil)
	if kinds[prefix+name] == "bool" {
		value = rapid.Bool().Draw(t, "value")
	} else {
		ops, value = append(ops, "co", "sw", "ew", "gt", "ge", "lt", "le"), drawWord(t)
	}
	op := rapid.SampledFrom(ops).Draw(t, "operator")
	if op == filterparser.PR {
		value = nil
	}
	return compare(path, op, value)
}

func drawTree(t *rapid.T, depth int, leaf func(*rapid.T) filterparser.Expression) filterparser.Expression {
	if depth == 0 {
		return leaf(t)
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return and(drawTree(t, depth-1, leaf), drawTree(t, depth-1, leaf))
	case 1:
		return or(drawTree(t, depth-1, leaf), drawTree(t, depth-1, leaf))
	case 2:
		return not(drawTree(t, depth-1, leaf))
	default:
		return leaf(t)
	}
}

func drawElementTest(t *rapid.T) filterparser.Expression {
	return drawCompare(t, "emails.", "value", "type", "primary")
}

func drawUserTest(t *rapid.T) filterparser.Expression {
	if rapid.IntRange(0, 2).Draw(t, "is about elements") == 0 {
		return valuePath(attr("emails"), drawTree(t, 2, drawElementTest))
	}
	return drawCompare(t, "", "userName", "title", "externalId", "active", "emails.value", "emails.type", "emails.primary")
}

// holds is the second reading: whether an expression is true of an object.
func holds(e filterparser.Expression, o document.Object, prefix string) bool {
	switch e := e.(type) {
	case *filterparser.LogicalExpression:
		if e.Operator == filterparser.AND {
			return holds(e.Left, o, prefix) && holds(e.Right, o, prefix)
		}
		return holds(e.Left, o, prefix) || holds(e.Right, o, prefix)
	case *filterparser.NotExpression:
		return !holds(e.Expression, o, prefix)
	case *filterparser.ValuePath:
		return anyEmail(o, func(email document.Object) bool { return holds(e.ValueFilter, email, "emails.") })
	case *filterparser.AttributeExpression:
		name, path := e.AttributePath.AttributeName, e.AttributePath
		if path.SubAttribute == nil {
			return holdsFor(o[name], prefix+name, e)
		}
		if e.Operator == filterparser.NE && o["emails"] == nil {
			return true
		}
		return anyEmail(o, func(email document.Object) bool { return holdsFor(email[*path.SubAttribute], path.String(), e) })
	default:
		panic("no such expression")
	}
}

func anyEmail(o document.Object, test func(document.Object) bool) bool {
	list, _ := o["emails"].([]any)
	for _, v := range list {
		if email, ok := v.(document.Object); ok && test(email) {
			return true
		}
	}
	return false
}

func holdsFor(v any, name string, e *filterparser.AttributeExpression) bool {
	if e.Operator == filterparser.PR {
		return v != nil
	}
	if kinds[name] == "bool" {
		if v == nil && name == "emails.primary" {
			v = false
		}
		return (v == e.CompareValue) == (e.Operator == filterparser.EQ)
	}
	if v == nil {
		return e.Operator == filterparser.NE
	}
	is, _ := v.(string)
	want, _ := e.CompareValue.(string)
	if kinds[name] == "" {
		is, want = strings.ToLower(is), strings.ToLower(want)
	}
	return holdsForText(is, want, e.Operator)
}

func holdsForText(is, want string, op filterparser.CompareOperator) bool {
	return map[filterparser.CompareOperator]bool{
		filterparser.EQ: is == want, filterparser.NE: is != want,
		filterparser.CO: strings.Contains(is, want), filterparser.SW: strings.HasPrefix(is, want), filterparser.EW: strings.HasSuffix(is, want),
		filterparser.GT: is > want, filterparser.GE: is >= want, filterparser.LT: is < want, filterparser.LE: is <= want,
	}[op]
}

func TestMatchAgreesWithSecondReading(t *testing.T) {
	b := userBinder(t)
	rapid.Check(t, func(t *rapid.T) {
		tree, user := drawTree(t, 3, drawUserTest), drawUser(t)
		text := printExpr(tree)
		e, err := filter.ParseExpr(b.t, text)
		if err != nil {
			t.Fatalf("ParseExpr(%q): %v", text, err)
		}
		if got, want := filter.Match(e, user), holds(tree, user, ""); got != want {
			t.Fatalf("%q matches %v: %t, want %t", text, user, got, want)
		}
		if filter.Match(filter.Not{Term: e}, user) == filter.Match(e, user) {
			t.Fatalf("%q and its negation are the same for %v", text, user)
		}
	})
}

// For an attribute with one value "ne" is "not … eq".
func TestNotEqualIsNotEqual(t *testing.T) {
	b := userBinder(t)
	rapid.Check(t, func(t *rapid.T) {
		user := drawUser(t)
		name := rapid.SampledFrom([]string{"userName", "title", "externalId"}).Draw(t, "attribute")
		word := drawWord(t)
		ne, err := filter.ParseExpr(b.t, name+` ne "`+word+`"`)
		if err != nil {
			t.Fatal(err)
		}
		notEq, err := filter.ParseExpr(b.t, `not (`+name+` eq "`+word+`")`)
		if err != nil {
			t.Fatal(err)
		}
		if filter.Match(ne, user) != filter.Match(notEq, user) {
			t.Fatalf("%s ne %q differs from not eq for %v", name, word, user)
		}
	})
}
