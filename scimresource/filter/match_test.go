package filter_test

import (
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// barbara is a user as filters see one.
const barbara = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "` + enterprise + `"],
	"id": "2819c223", "externalId": "Ab1", "userName": "BJensen", "title": "Straße", "active": false,
	"name": {"givenName": "Barbara", "familyName": "Jensen"},
	"emails": [
		{"value": "Barbara@example.com", "type": "work", "primary": true},
		{"value": "babs@example.org", "type": "home"},
		{"display": "none"}
	],
	"ims": [],
	"groups": [{"value": "g1", "display": "Staff", "type": "direct"}],
	"meta": {"resourceType": "User", "created": "2011-05-13T04:42:34Z", "lastModified": "2011-05-13T06:42:34.5+02:00", "version": "W/\"1\""},
	"` + enterprise + `": {"department": "Tours", "manager": {"value": "26118915"}},
	"` + gear + `": {"count": 10, "weight": -1.5, "valid": true, "serial": "A1", "tags": ["Red", "blue"],
		"doors": [{"value": 3, "name": "front"}, {"value": 12}]}
}`

// matches maps filters to whether an object satisfies them.
type matches map[string]bool

func (want matches) check(t *testing.T, b binder, obj document.Object) {
	t.Helper()
	for text, want := range want {
		e, err := filter.ParseExpr(b.t, text)
		if err != nil {
			t.Errorf("ParseExpr(%q): %v", text, err)
			continue
		}
		if got := filter.Match(e, obj); got != want {
			t.Errorf("%q matches: %t, want %t", text, got, want)
		}
	}
}

func TestMatchStrings(t *testing.T) {
	matches{
		`userName eq "bjensen"`:                              true,
		`userName eq "ＢＪＥＮＳＥＮ"`:                              true, // full-width letters
		`userName ne "BJENSEN"`:                              false,
		`userName eq "bjense"`:                               false,
		`userName co "JENS"`:                                 true,
		`userName co "jans"`:                                 false,
		`userName sw "bj"`:                                   true,
		`userName sw "jensen"`:                               false,
		`userName ew "SEN"`:                                  true,
		`userName ew "bj"`:                                   false,
		`userName gt "a"`:                                    true,
		`userName gt "bjensen"`:                              false,
		`userName ge "BJENSEN"`:                              true,
		`userName lt "C"`:                                    true,
		`userName lt "bjensen"`:                              false,
		`userName le "bjensen"`:                              true,
		`title eq "STRASSE"`:                                 true,
		`externalId eq "Ab1"`:                                true,
		`externalId eq "ab1"`:                                false,
		`externalId co "B1"`:                                 false,
		`id eq "2819c223"`:                                   true,
		`id eq "2819C223"`:                                   false,
		`name.familyName sw "j"`:                             true,
		`name[familyName sw "j" and givenName eq "barbara"]`: true,
		`name[familyName sw "j" and givenName eq "bob"]`:     false,
		`name pr`:                     true,
		`meta.version eq "W/\"1\""`:   true,
		`manager eq "26118915"`:       true,
		enterprise + ` pr`:            true,
		enterprise + `:costCenter pr`: false,
		`active pr`:                   true, // false is a value
		`active eq false`:             true,
		`active ne true`:              true,
		`active eq "True"`:            false,
	}.check(t, userBinder(t), decode(t, barbara))
}

func TestMatchTimesAndNumbers(t *testing.T) {
	matches{
		`meta.created eq "2011-05-13T06:42:34+02:00"`:      true,
		`meta.created ge "2011-05-13T04:42:34.000Z"`:       true,
		`meta.created gt "2011-05-13T04:42:34Z"`:           false,
		`meta.created lt "2011-05-13T04:42:34.000000001Z"`: true,
		`meta.lastModified gt "2011-05-13T04:42:34.4Z"`:    true,
		`meta.lastModified le "2011-05-13T04:42:34.500Z"`:  true,
		gear + `:count gt 9`:                               true, // not as text is ordered
		gear + `:count lt 9`:                               false,
		gear + `:count eq "10"`:                            true,
		gear + `:count gt -11`:                             true,
		gear + `:weight lt 0`:                              true,
		gear + `:weight eq -15e-1`:                         true,
		gear + `:weight ge -1.50`:                          true,
		gear + `:weight lt -2`:                             false,
		gear + `:doors gt 10`:                              true,
		gear + `:doors gt 12`:                              false,
	}.check(t, userBinder(t), decode(t, barbara))
}

func TestMatchElements(t *testing.T) {
	b := userBinder(t)
	obj := decode(t, barbara)
	matches{
		`emails eq "BABS@example.org"`:                          true,
		`emails.value ew "example.net"`:                         false,
		`emails[type eq "work" and value sw "barbara"]`:         true,
		`emails[type eq "work" and value sw "babs"]`:            false, // no one element has both
		`emails.type eq "work" and emails.value sw "babs"`:      true,
		`emails[type eq "work"].value eq "barbara@example.com"`: true,
		`emails[type eq "home"].value eq "barbara@example.com"`: false,
		`emails[not (value pr)]`:                                true,
		`not (emails[value pr])`:                                false,
		`emails[type eq "home" and primary eq false]`:           true,
		`emails[type eq "work" and primary eq false]`:           false,
		`emails.primary eq true`:                                true,
		`emails.value ne "babs@example.org"`:                    true,
		`not (emails.value eq "babs@example.org")`:              false,
		`emails pr`:                     true,
		`emails.type pr`:                true,
		`ims pr`:                        false,
		`ims.value ne "x"`:              true,
		`ims[value ne "x"]`:             false,
		`phoneNumbers ne "x"`:           true,
		`phoneNumbers.primary eq false`: false,
		`groups eq "g1"`:                true,
		`groups.display eq "staff"`:     true,
		`groups[type eq "indirect"]`:    false,
		`schemas eq "URN:ietf:params:scim:schemas:core:2.0:USER"`: true,
		`schemas eq "urn:x"`:    false,
		gear + `:tags eq "RED"`: true,
		gear + `:tags ne "red"`: true,
		gear + `:tags co ""`:    true,
		gear + `:tags sw "g"`:   false,
	}.check(t, b, obj)
	matches{
		`members eq "a"`:                        true,
		`members.value eq "A"`:                  false,
		`members[type eq "group" and value pr]`: true,
		`members[type eq "Group"].value eq "a"`: false,
		`displayName eq "staff"`:                true,
	}.check(t, groupBinder(t), decode(t, `{"displayName": "Staff",
		"members": [{"value": "a", "type": "User"}, {"value": "b", "type": "Group"}]}`))
}

// TestMatchMissing checks that the logic is two-valued: a comparison with a
// value that is missing is false but for "ne", and "not" turns either around.
func TestMatchMissing(t *testing.T) {
	b := userBinder(t)
	empty := decode(t, `{}`)
	for _, c := range []struct{ attr, literal string }{
		{"nickName", `"x"`},
		{"name.givenName", `"x"`},
		{"active", `true`},
		{"meta.created", `"2011-05-13T04:42:34Z"`},
		{"manager", `"x"`},
		{"emails", `"x"`},
		{"emails.value", `"x"`},
		{"schemas", `"x"`},
		{gear + ":count", `1`},
		{gear + ":tags", `"x"`},
		{gear + ":photo", `"aGVsbG8="`},
	} {
		for _, op := range words("eq ne co sw ew gt ge lt le") {
			text := strings.Join([]string{c.attr, op, c.literal}, " ")
			if _, err := filter.ParseExpr(b.t, text); err != nil {
				continue // not an operator for the type: see TestResolveOperators
			}
			matches{
				text:                                   op == "ne",
				"not (" + text + ")":                   op != "ne",
				"not (not (" + text + "))":             op == "ne",
				text + " or title pr":                  op == "ne",
				"not (" + text + ") and title eq null": op != "ne",
			}.check(t, b, empty)
		}
		matches{
			c.attr + " pr":            false,
			"not (" + c.attr + " pr)": true,
			c.attr + " eq null":       true,
			c.attr + " ne null":       false,
		}.check(t, b, empty)
	}
}

// TestMatchOddValues checks that a stored value that isn't of its attribute's
// type counts as missing, whatever depth it is found at.
func TestMatchOddValues(t *testing.T) {
	matches{
		`userName eq "7"`:       false,
		`userName ne "7"`:       true,
		`name.givenName eq "x"`: false,
		`emails eq "x"`:         false,
		`emails[value ne "x"]`:  false,
		`ims[value eq "x"]`:     false,
		`ims[value ne "x"]`:     true,
		`title pr`:              false,
		`active eq true`:        false,
	}.check(t, userBinder(t), decode(t,
		`{"userName": 7, "name": "x", "emails": {"value": "x"}, "ims": ["x"], "title": "", "active": "true"}`))
}

func TestMatchElement(t *testing.T) {
	b := userBinder(t)
	target, err := filter.ParseTarget(b.t, `emails[type eq "work" and not (primary eq true)]`)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`{"type": "WORK"}`:                   true,
		`{"type": "work", "primary": false}`: true,
		`{"type": "work", "primary": true}`:  false,
		`{"primary": false}`:                 false,
		`{}`:                                 false,
	} {
		got, err := new(filter.Budget).MatchElement(target.Where, decode(t, text))
		if got != want || err != nil {
			t.Errorf("%s matches: %t, want %t; error %v", text, got, want, err)
		}
	}
	for _, element := range []any{nil, "work", []any{}} {
		if got, err := new(filter.Budget).MatchElement(target.Where, element); got || err != nil {
			t.Errorf("%v matches: %t; error %v", element, got, err)
		}
	}
}
