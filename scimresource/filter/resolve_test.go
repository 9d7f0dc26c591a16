package filter_test

import (
	"testing"
	"time"

	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestResolveNames(t *testing.T) {
	b := userBinder(t)
	name := test(b.path("userName"), filter.EQ, "bjensen")
	family := given(b.path("name", "familyName"))
	department := given(b.path(enterprise, "department"))
	boss := test(b.path(enterprise, "manager", "value"), filter.EQ, "26118915")
	bound{
		`userName eq "bjensen"`:                                            name,
		`USERNAME Eq "bjensen"`:                                            name,
		schema.UserURI + `:userName eq "bjensen"`:                          name,
		`URN:IETF:params:SCIM:schemas:core:2.0:user:username eq "bjensen"`: name,
		schema.UserURI + `.userName eq "bjensen"`:                          name,
		`name.familyName pr`:                                               family,
		`NAME.FAMILYNAME PR`:                                               family,
		`name:familyName pr`:                                               family,
		schema.UserURI + `:name.familyName pr`:                             family,
		enterprise + `:department pr`:                                      department,
		enterprise + `.department pr`:                                      department,
		`urn:IETF:params:scim:schemas:extension:Enterprise:2.0:USER:Department pr`: department,
		`department pr`: department,
		enterprise + `:manager.value eq "26118915"`: boss,
		enterprise + `[manager eq "26118915"]`:      boss,
		`manager.value eq "26118915"`:               boss,
		enterprise + ` pr`:                          given(b.path(enterprise)),
		dotted + ` pr`:                              given(b.path(dotted)),
		dotted + `:grade pr`:                        given(b.path(dotted, "grade")),
		`id eq "a"`:                                 test(b.path("id"), filter.EQ, "a"),
		`externalId eq "a"`:                         test(b.path("externalId"), filter.EQ, "a"),
		`meta.version eq "a"`:                       test(b.path("meta", "version"), filter.EQ, "a"),
		`meta.resourceType eq "User"`:               test(b.path("meta", "resourceType"), filter.EQ, "User"),
		`meta.location sw "https"`:                  test(b.path("meta", "location"), filter.SW, "https"),
	}.check(t, b)
}

// What identity providers send beyond the letter of the RFC.
func TestResolveClientForms(t *testing.T) {
	b := userBinder(t)
	emails, value := b.path("emails"), b.within("emails", "value")
	work := test(b.within("emails", "type"), filter.EQ, "work")
	primary := anyOf(b.path("roles"), test(b.within("roles", "primary"), filter.EQ, true))
	id := test(b.path("id"), filter.EQ, "a")
	manager := test(b.path(enterprise, "manager", "value"), filter.EQ, "b")
	bound{
		`UserName EQ "X"`:                     test(b.path("userName"), filter.EQ, "X"),                // Q12
		`externalId eq jyoung`:                test(b.path("externalId"), filter.EQ, "jyoung"),         // Q13
		`externalId eq 12`:                    test(b.path("externalId"), filter.EQ, "12"),             // Q13
		`active eq "False"`:                   test(b.path("active"), filter.EQ, false),                // Q14
		`roles[primary eq "True"]`:            primary,                                                 // Q14
		`emails eq "x"`:                       anyOf(emails, test(value, filter.EQ, "x")),              // Q15
		`emails co "example.com"`:             anyOf(emails, test(value, filter.CO, "example.com")),    // Q15
		`manager eq "b"`:                      manager,                                                 // Q15
		`emails[type eq "work"].value eq "x"`: anyOf(emails, allOf(work, test(value, filter.EQ, "x"))), // Q16
		`id eq "a" and manager eq "b"`:        allOf(id, manager),                                      // Q17
		`manager eq "b" and id eq "a"`:        allOf(manager, id),                                      // Q17
	}.check(t, b)
	g := groupBinder(t)
	bound{
		`members eq "a"`: anyOf(g.path("members"), test(g.within("members", "value"), filter.EQ, "a")), // Q15
		`members[value eq "a" and type eq "User"]`: anyOf(g.path("members"), allOf(
			test(g.within("members", "value"), filter.EQ, "a"), test(g.within("members", "type"), filter.EQ, "User"))),
	}.check(t, g)
}

func TestResolveMultiValued(t *testing.T) {
	b := userBinder(t)
	emails, value := b.path("emails"), b.within("emails", "value")
	schemas, tags, doors := b.path("schemas"), b.path(gear, "tags"), b.path(gear, "doors")
	work := test(b.within("emails", "type"), filter.EQ, "work")
	codes := b.path(gear, "codes", "value")
	bound{
		`emails.value co "x"`: anyOf(emails, test(value, filter.CO, "x")),
		`emails.value pr`:     anyOf(emails, given(value)),
		`emails pr`:           given(emails),
		`emails[value pr]`:    anyOf(emails, given(value)),
		`emails[type eq "work" and value co "@x"]`: anyOf(emails, allOf(work, test(value, filter.CO, "@x"))),
		`emails[not (type eq "work") or value pr]`: anyOf(emails, oneOf(noneOf(work), given(value))),
		`not (emails[type eq "work"])`:             noneOf(anyOf(emails, work)),
		`schemas eq "urn:x"`:                       anyOf(schemas, itself(schemas, filter.EQ, "urn:x")),
		`schemas pr`:                               given(schemas),
		`groups eq "a"`:                            anyOf(b.path("groups"), test(b.within("groups", "value"), filter.EQ, "a")),
		`groups.display sw "a"`:                    anyOf(b.path("groups"), test(b.within("groups", "display"), filter.SW, "a")),
		gear + `:tags co "a"`:                      anyOf(tags, itself(tags, filter.CO, "a")),
		gear + `:tags pr`:                          given(tags),
		gear + `[tags eq "a" and tags pr]`:         allOf(anyOf(tags, itself(tags, filter.EQ, "a")), given(tags)),
		gear + `:doors gt 3`:                       anyOf(doors, test(b.within(gear, "doors", "value"), filter.GT, number("3"))),
		gear + `:doors.name pr`:                    anyOf(doors, given(b.within(gear, "doors", "name"))),
		gear + `:doors[value gt 3]`:                anyOf(doors, test(b.within(gear, "doors", "value"), filter.GT, number("3"))),
		gear + `[doors gt 3]`:                      anyOf(doors, test(b.within(gear, "doors", "value"), filter.GT, number("3"))),
		gear + `:codes eq "a"`:                     anyOf(codes, itself(codes, filter.EQ, "a")),
	}.check(t, b)
}

func TestResolveNotEqual(t *testing.T) {
	b := userBinder(t)
	emails, value, tags := b.path("emails"), b.within("emails", "value"), b.path(gear, "tags")
	bound{
		`title ne "x"`:              test(b.path("title"), filter.NE, "x"),
		`emails.value ne "x"`:       differs(emails, test(value, filter.NE, "x")),
		`emails ne "x"`:             differs(emails, test(value, filter.NE, "x")),
		`emails[value ne "x"]`:      anyOf(emails, test(value, filter.NE, "x")),
		gear + `:tags ne "x"`:       differs(tags, itself(tags, filter.NE, "x")),
		`emails ne "x" or title pr`: oneOf(noneOf(given(emails)), anyOf(emails, test(value, filter.NE, "x")), given(b.path("title"))),
	}.check(t, b)
}

func TestResolveSingleValuedValuePath(t *testing.T) {
	b := userBinder(t)
	given1 := test(b.path("name", "givenName"), filter.EQ, "x")
	family := test(b.path("name", "familyName"), filter.SW, "y")
	bound{
		`name[givenName eq "x"]`:                                  given1,
		`name[givenName eq "x" and familyName sw "y"]`:            allOf(given1, family),
		`name[not (givenName eq "x")] or name[familyName sw "y"]`: oneOf(noneOf(given1), family),
		`meta[version pr]`:                                        given(b.path("meta", "version")),
		enterprise + `[department pr]`:                            given(b.path(enterprise, "department")),
		enterprise + `:manager[value eq "x"]`:                     test(b.path(enterprise, "manager", "value"), filter.EQ, "x"),
	}.check(t, b)
}

func TestResolveFlattens(t *testing.T) {
	b := userBinder(t)
	title, nick, active, id := given(b.path("title")), given(b.path("nickName")), given(b.path("active")), given(b.path("id"))
	bound{
		`title pr and nickName pr and active pr`:            allOf(title, nick, active),
		`title pr and (nickName pr and active pr)`:          allOf(title, nick, active),
		`title pr or nickName pr or (active pr or id pr)`:   oneOf(title, nick, active, id),
		`title pr or nickName pr and active pr`:             oneOf(title, allOf(nick, active)),
		`(title pr or nickName pr) and active pr`:           allOf(oneOf(title, nick), active),
		`title pr and not (nickName pr and active pr)`:      allOf(title, noneOf(allOf(nick, active))),
		`title pr and name[givenName pr and familyName pr]`: allOf(title, given(b.path("name", "givenName")), given(b.path("name", "familyName"))),
	}.check(t, b)
}

func TestResolveNull(t *testing.T) {
	b := userBinder(t)
	emails, value := b.path("emails"), b.within("emails", "value")
	bound{
		`title eq null`:         noneOf(given(b.path("title"))),
		`title ne null`:         given(b.path("title")),
		`name eq null`:          noneOf(given(b.path("name"))),
		`emails eq null`:        noneOf(given(emails)),
		`emails ne null`:        given(emails),
		`emails.value eq null`:  noneOf(anyOf(emails, given(value))),
		`emails.value ne null`:  anyOf(emails, given(value)),
		`emails[value eq null]`: anyOf(emails, noneOf(given(value))),
		`active eq null`:        noneOf(given(b.path("active"))),
	}.check(t, b)
}

func TestResolveEmptyString(t *testing.T) {
	b := userBinder(t)
	tags := b.path(gear, "tags")
	bound{
		`title co ""`:        given(b.path("title")),
		`title sw ""`:        given(b.path("title")),
		`title ew ""`:        given(b.path("title")),
		`title eq ""`:        test(b.path("title"), filter.EQ, ""),
		`title ge ""`:        test(b.path("title"), filter.GE, ""),
		`emails co ""`:       anyOf(b.path("emails"), given(b.within("emails", "value"))),
		gear + `:tags sw ""`: anyOf(tags, given(nil)),
		gear + `:page co ""`: given(b.path(gear, "page")),
	}.check(t, b)
}

// An element without primary is not primary (RFC 7643 §2.4).
func TestResolvePrimary(t *testing.T) {
	b := userBinder(t)
	emails := b.path("emails")
	yes := test(b.within("emails", "primary"), filter.EQ, true)
	bound{
		`emails[primary eq false]`:                    anyOf(emails, noneOf(yes)),
		`emails[primary ne false]`:                    anyOf(emails, yes),
		`emails.primary eq "False"`:                   anyOf(emails, noneOf(yes)),
		`emails.primary ne true`:                      differs(emails, test(b.within("emails", "primary"), filter.NE, true)),
		`emails[type eq "work" and primary eq false]`: anyOf(emails, allOf(test(b.within("emails", "type"), filter.EQ, "work"), noneOf(yes))),
		`active eq false`:                             test(b.path("active"), filter.EQ, false),
	}.check(t, b)
}

func TestResolveLiterals(t *testing.T) {
	b := userBinder(t)
	at := time.Date(2011, 5, 13, 4, 42, 34, 0, time.UTC)
	for text, want := range map[string]struct {
		attr string
		raw  any
	}{
		`count eq 12`:                           {"count", number("12")},
		`count eq "-12"`:                        {"count", number("-12")},
		`weight eq 1.50`:                        {"weight", number("1.50")},
		`weight eq "1e3"`:                       {"weight", number("1e3")},
		`issued eq "2011-05-13T04:42:34Z"`:      {"issued", at},
		`issued eq "2011-05-13T04:42:34"`:       {"issued", at},
		`issued eq 2011-05-13T04:42:34Z`:        {"issued", at},
		`issued eq "2011-05-13T06:42:34+02:00"`: {"issued", at},
		`photo eq "aGVsbG8="`:                   {"photo", "aGVsbG8="},
		`page eq "https://example.com"`:         {"page", "https://example.com"},
		`page eq 7`:                             {"page", "7"},
		`serial eq 1.50`:                        {"serial", "1.50"},
		`serial eq TRUE`:                        {"serial", "true"},
		`valid eq true`:                         {"valid", true},
		`valid eq "TRUE"`:                       {"valid", true},
		`valid eq "false"`:                      {"valid", false},
	} {
		bound{gear + ":" + text: test(b.path(gear, want.attr), filter.EQ, want.raw)}.check(t, b)
	}
}

// TestResolveOperators checks which operators are for which types (RFC 7644
// §3.4.2.2, Table 3).
func TestResolveOperators(t *testing.T) {
	b := userBinder(t)
	equal, order, substring := "eq ne", "gt ge lt le", "co sw ew"
	for attr, c := range map[string]struct{ literal, good, bad string }{
		"count":  {`1`, equal + " " + order, substring},
		"weight": {`1`, equal + " " + order, substring},
		"issued": {`"2011-05-13T04:42:34Z"`, equal + " " + order, substring},
		"photo":  {`"aGVsbG8="`, equal, order + " " + substring},
		"page":   {`"https://a"`, equal + " " + order + " " + substring, ""},
		"serial": {`"a"`, equal + " " + order + " " + substring, ""},
		"tags":   {`"a"`, equal + " " + order + " " + substring, ""},
		"valid":  {`true`, equal, order + " " + substring},
	} {
		a := b.path(gear, attr)
		for _, op := range words(c.good) {
			text := gear + ":" + attr + " " + op + " " + c.literal
			if _, err := filter.ParseExpr(b.t, text); err != nil {
				t.Errorf("ParseExpr(%q): %v", text, err)
			}
		}
		for _, op := range words(c.bad) {
			text := gear + ":" + attr + " " + op + " " + c.literal
			want := a.String() + " is of type " + string(a[1].Type) + `, which the operator "` + op + `" is not for`
			b.refuses(t, text, want)
		}
	}
}

// TestResolveForeignTree checks that a tree that our parser doesn't make is
// refused, not followed.
func TestResolveForeignTree(t *testing.T) {
	b := userBinder(t)
	for _, e := range []filterparser.Expression{
		nil,
		not(nil),
		and(has("title"), nil),
		or(nil, has("title")),
		valuePath(attr("emails"), nil),
		valuePath(attr("emails"), valuePath(attr("value"), has("value"))),
		compare(attr("title"), "like", "x"),
		compare(attr("title"), filterparser.EQ, 1.5),
	} {
		if _, err := filter.Resolve(b.t, e); !fault.Is(err, fault.InvalidFilter) {
			t.Errorf("Resolve(%v): %v", e, err)
		}
	}
}
