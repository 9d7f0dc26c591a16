package filter_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/filter"
)

// The constructors below keep the expected syntax trees readable.

func attr(name string) filterparser.AttributePath {
	return filterparser.AttributePath{AttributeName: name}
}

func subAttr(name, sub string) filterparser.AttributePath {
	return filterparser.AttributePath{AttributeName: name, SubAttribute: &sub}
}

func inURI(uri string, path filterparser.AttributePath) filterparser.AttributePath {
	path.URIPrefix = &uri
	return path
}

func compare(path filterparser.AttributePath, op filterparser.CompareOperator, value any) filterparser.Expression {
	return &filterparser.AttributeExpression{AttributePath: path, Operator: op, CompareValue: value}
}

func present(path filterparser.AttributePath) filterparser.Expression {
	return compare(path, filterparser.PR, nil)
}

func and(left, right filterparser.Expression) filterparser.Expression {
	return &filterparser.LogicalExpression{Left: left, Right: right, Operator: filterparser.AND}
}

func or(left, right filterparser.Expression) filterparser.Expression {
	return &filterparser.LogicalExpression{Left: left, Right: right, Operator: filterparser.OR}
}

func not(inner filterparser.Expression) filterparser.Expression {
	return &filterparser.NotExpression{Expression: inner}
}

func valuePath(path filterparser.AttributePath, where filterparser.Expression) filterparser.Expression {
	return &filterparser.ValuePath{AttributePath: path, ValueFilter: where}
}

// parses maps filters to their syntax trees.
type parses map[string]filterparser.Expression

func (want parses) check(t *testing.T) {
	t.Helper()
	for text, want := range want {
		got, err := filter.Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", text, diff)
		}
	}
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// has is the comparison "name pr".
func has(name string) filterparser.Expression { return present(attr(name)) }

// The examples of RFC 7644 §3.4.2.2, Figure 2.
func TestParseRFCExamples(t *testing.T) {
	isWork := compare(attr("type"), filterparser.EQ, "work")
	exampleCom := compare(attr("emails"), filterparser.CO, "example.com")
	exampleOrg := compare(subAttr("emails", "value"), filterparser.CO, "example.org")
	employee := compare(attr("userType"), filterparser.EQ, "Employee")
	lastModified := func(op filterparser.CompareOperator) filterparser.Expression {
		return compare(subAttr("meta", "lastModified"), op, "2011-05-13T04:42:34Z")
	}
	parses{
		`userName Eq "bjensen"`:         compare(attr("userName"), filterparser.EQ, "bjensen"),
		`name.familyName co "O'Malley"`: compare(subAttr("name", "familyName"), filterparser.CO, "O'Malley"),
		`userName sw "J"`:               compare(attr("userName"), filterparser.SW, "J"),
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`: compare(inURI("urn:ietf:params:scim:schemas:core:2.0:User", attr("userName")), filterparser.SW, "J"),
		`title pr`: has("title"),
		`meta.lastModified gt "2011-05-13T04:42:34Z"`:                                               lastModified(filterparser.GT),
		`meta.lastModified ge "2011-05-13T04:42:34Z"`:                                               lastModified(filterparser.GE),
		`meta.lastModified lt "2011-05-13T04:42:34Z"`:                                               lastModified(filterparser.LT),
		`meta.lastModified le "2011-05-13T04:42:34Z"`:                                               lastModified(filterparser.LE),
		`title pr and userType eq "Employee"`:                                                       and(has("title"), employee),
		`title pr or userType eq "Intern"`:                                                          or(has("title"), compare(attr("userType"), filterparser.EQ, "Intern")),
		`schemas eq "` + enterprise + `"`:                                                           compare(attr("schemas"), filterparser.EQ, enterprise),
		`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`:     and(employee, or(exampleCom, exampleOrg)),
		`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`: and(compare(attr("userType"), filterparser.NE, "Employee"), not(or(exampleCom, exampleOrg))),
		`userType eq "Employee" and (emails.type eq "work")`:                                        and(employee, compare(subAttr("emails", "type"), filterparser.EQ, "work")),
		`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`: and(employee,
			valuePath(attr("emails"), and(isWork, compare(attr("value"), filterparser.CO, "@example.com")))),
		`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`: or(
			valuePath(attr("emails"), and(isWork, compare(attr("value"), filterparser.CO, "@example.com"))),
			valuePath(attr("ims"), and(compare(attr("type"), filterparser.EQ, "xmpp"), compare(attr("value"), filterparser.CO, "@foo.com")))),
	}.check(t)
}

func TestParsePrecedence(t *testing.T) {
	a, b, c, d := has("a"), has("b"), has("c"), has("d")
	parses{
		`a pr and b pr and c pr`:               and(and(a, b), c),
		`a pr or b pr or c pr`:                 or(or(a, b), c),
		`a pr or b pr and c pr`:                or(a, and(b, c)),
		`a pr and b pr or c pr`:                or(and(a, b), c),
		`a pr and b pr or c pr and d pr`:       or(and(a, b), and(c, d)),
		`a pr or b pr and c pr or d pr`:        or(or(a, and(b, c)), d),
		`(a pr or b pr) and c pr`:              and(or(a, b), c),
		`a pr and (b pr or c pr)`:              and(a, or(b, c)),
		`a pr and (b pr and c pr)`:             and(a, and(b, c)),
		`not (a pr) and b pr`:                  and(not(a), b),
		`not (a pr) or b pr and c pr`:          or(not(a), and(b, c)),
		`not (a pr and b pr)`:                  not(and(a, b)),
		`not (not (a pr))`:                     not(not(a)),
		`((a pr))`:                             a,
		`emails[a pr or b pr and not (c pr)]`:  valuePath(attr("emails"), or(a, and(b, not(c)))),
		`emails[(a pr or b pr) and c pr]`:      valuePath(attr("emails"), and(or(a, b), c)),
		`emails[a pr and b pr and c pr]`:       valuePath(attr("emails"), and(and(a, b), c)),
		`not (emails[not (a pr)]) and b pr`:    and(not(valuePath(attr("emails"), not(a))), b),
		`(emails[a pr] or b pr) and ims[c pr]`: and(or(valuePath(attr("emails"), a), b), valuePath(attr("ims"), c)),
	}.check(t)
}

func TestParseCaseAndBlanks(t *testing.T) {
	a, b := has("a"), has("b")
	parses{
		"  a pr\t":                          a,
		"a \t PR":                           a,
		"a pr   AND\tb Pr":                  and(a, b),
		"a pr Or b pR":                      or(a, b),
		"NOT(a pr)":                         not(a),
		"nOt   ( a pr )":                    not(a),
		"( a pr and ( b pr ) )":             and(a, b),
		"emails[ a pr ]":                    valuePath(attr("emails"), a),
		"USERNAME  eQ  \"x\"":               compare(attr("USERNAME"), filterparser.EQ, "x"),
		"active EQ TRUE":                    compare(attr("active"), filterparser.EQ, true),
		"notes pr and android pr or ora pr": or(and(has("notes"), has("android")), has("ora")),
	}.check(t)
}

func TestParseAttributePaths(t *testing.T) {
	isWork := compare(attr("type"), filterparser.EQ, "work")
	parses{
		enterprise + `:manager.value pr`:        present(inURI(enterprise, subAttr("manager", "value"))),
		`URN:IETF:x_y:a%20b:2.0:user:x-y pr`:    present(inURI("URN:IETF:x_y:a%20b:2.0:user", attr("x-y"))),
		`urn:example:hr:2.0:tags[value pr]`:     valuePath(inURI("urn:example:hr:2.0", attr("tags")), has("value")),
		`https://example.com/hr:badge pr`:       present(inURI("https://example.com/hr", attr("badge"))),
		`manager.$ref pr`:                       present(subAttr("manager", "$ref")),
		`members[$ref eq "x"]`:                  valuePath(attr("members"), compare(attr("$ref"), filterparser.EQ, "x")),
		`a_1-b$.c2 pr`:                          present(subAttr("a_1-b$", "c2")),
		`name.not pr and not (or pr)`:           and(present(subAttr("name", "not")), not(has("or"))),
		`emails[value.x pr and urn:x:1.0:y pr]`: valuePath(attr("emails"), and(present(subAttr("value", "x")), present(inURI("urn:x:1.0", attr("y"))))),
		`emails.value[type eq "work"]`:          valuePath(subAttr("emails", "value"), isWork),
	}.check(t)
}

// RFC 7644 has a sub-attribute behind a value path in PATCH paths only.
func TestParseValuePathWithSubAttribute(t *testing.T) {
	isWork := compare(attr("type"), filterparser.EQ, "work")
	a, b := has("a"), has("b")
	isX := compare(attr("value"), filterparser.EQ, "x")
	parses{
		`emails[type eq "work"].value eq "x"`:                 valuePath(attr("emails"), and(isWork, isX)),
		`emails[type eq "work"].value pr`:                     valuePath(attr("emails"), and(isWork, has("value"))),
		`emails[type eq "work" or a pr].value eq "x"`:         valuePath(attr("emails"), and(or(isWork, a), isX)),
		`emails[type eq "work"].value eq "x" and b pr`:        and(valuePath(attr("emails"), and(isWork, isX)), b),
		`not (emails[type eq "work"].value eq "x")`:           not(valuePath(attr("emails"), and(isWork, isX))),
		`urn:x:1.0:members[type eq "work"].$ref eq x or b pr`: or(valuePath(inURI("urn:x:1.0", attr("members")), and(isWork, compare(attr("$ref"), filterparser.EQ, "x"))), b),
	}.check(t)
}

func TestParseValues(t *testing.T) {
	for text, want := range map[string]any{
		// Strings.
		`""`:                       "",
		`"a b"`:                    "a b",
		`"a \"b\" \\ \/"`:          `a "b" \ /`,
		`"\b\f\n\r\t"`:             "\b\f\n\r\t",
		`"\u00e9\u00E9é"`:          "ééé",
		`"\ud83d\ude00😀"`:          "😀😀",
		`"\uFFFD` + "\uFFFD" + `"`: "\uFFFD\uFFFD",
		`"( [ ] ) and or not"`:     "( [ ] ) and or not",
		`"true"`:                   "true",
		`"1"`:                      "1",
		// Numbers, exactly as written.
		`0`:                                json.Number("0"),
		`-0`:                               json.Number("-0"),
		`701984`:                           json.Number("701984"),
		`-1.50e+3`:                         json.Number("-1.50e+3"),
		`2E8`:                              json.Number("2E8"),
		`123456789012345678901234567890.1`: json.Number("123456789012345678901234567890.1"),
		`1e999999999`:                      json.Number("1e999999999"),
		// Literals.
		`true`: true, `True`: true, `false`: false, `FALSE`: false, `null`: nil, `Null`: nil,
		// Strings that lack their quotes.
		`jyoung`:                               "jyoung",
		`a-b.c@d.e`:                            "a-b.c@d.e",
		`1f8a22c0-5b1e-4c0e-9d0c-2f1d4d1e6a11`: "1f8a22c0-5b1e-4c0e-9d0c-2f1d4d1e6a11",
		`00aa`:                                 "00aa",
		`007`:                                  "007",
		`1.`:                                   "1.",
		`.5`:                                   ".5",
		`+1`:                                   "+1",
		`-`:                                    "-",
		`2011-05-13T04:42:34Z`:                 "2011-05-13T04:42:34Z",
		`Jensén`:                               "Jensén",
		`a\u0041`:                              `a\u0041`,
		`nullable`:                             "nullable",
		`equal`:                                "equal",
		enterprise:                             enterprise,
	} {
		parses{
			"a eq " + text:                compare(attr("a"), filterparser.EQ, want),
			"b[a eq " + text + "]":        valuePath(attr("b"), compare(attr("a"), filterparser.EQ, want)),
			"(a eq " + text + ") or b pr": or(compare(attr("a"), filterparser.EQ, want), has("b")),
		}.check(t)
	}
}

func TestParseOperators(t *testing.T) {
	for text, op := range map[string]filterparser.CompareOperator{
		"eq": filterparser.EQ, "nE": filterparser.NE, "Co": filterparser.CO, "SW": filterparser.SW, "ew": filterparser.EW,
		"gT": filterparser.GT, "ge": filterparser.GE, "LT": filterparser.LT, "Le": filterparser.LE,
	} {
		parses{"a " + text + ` "x"`: compare(attr("a"), op, "x")}.check(t)
	}
}
