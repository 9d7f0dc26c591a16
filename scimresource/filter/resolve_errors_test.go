package filter_test

import (
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func words(s string) []string { return strings.Fields(s) }

// refuses wants a filter to be refused with the given detail.
func (b binder) refuses(t *testing.T, text, want string) {
	t.Helper()
	_, err := filter.ParseExpr(b.t, text)
	checkFault(t, text, err, fault.InvalidFilter, want)
}

func TestResolveErrors(t *testing.T) {
	user := userBinder(t)
	long := "a" + strings.Repeat("b", 199)
	for text, want := range map[string]string{
		// Names.
		`foo eq "x"`:                              `User has no attribute foo`,
		`name.foo pr`:                             `User has no attribute name.foo`,
		`userName.value pr`:                       `User has no attribute userName.value`,
		`emails.value.x pr`:                       `filter, character 1: expected an attribute such as userName or name.familyName, found "emails.value.x"`,
		`members pr`:                              `User has no attribute members`,
		`urn:example:other:foo pr`:                `User has no attribute urn:example:other:foo`,
		enterprise + `:foo pr`:                    `User has no attribute ` + enterprise + `:foo`,
		enterprise + `:userName pr`:               `User has no attribute ` + enterprise + `:userName`,
		schema.UserURI + `:department pr`:         `User has no attribute ` + schema.UserURI + `:department`,
		long + ` pr`:                              `User has no attribute ` + long[:128] + `…`,
		`tags pr`:                                 `User has no attribute tags`,
		`emails[foo pr]`:                          `emails has no attribute foo`,
		`emails[emails pr]`:                       `emails has no attribute emails`,
		`emails[emails.value pr]`:                 `emails has no attribute emails.value`,
		`name[name.givenName pr]`:                 `name has no attribute name.givenName`,
		`emails[` + schema.UserURI + `:value pr]`: `emails has no attribute ` + schema.UserURI + `:value`,
		`title pr and foo pr`:                     `User has no attribute foo`,
		`foo pr or title pr`:                      `User has no attribute foo`,
		`not (foo pr)`:                            `User has no attribute foo`,
		// What is never returned must not be found out.
		`password pr`:                  `password is never returned, so it can't be filtered on`,
		`password eq "x"`:              `password is never returned, so it can't be filtered on`,
		`not (PASSWORD sw "x")`:        `password is never returned, so it can't be filtered on`,
		`password eq null`:             `password is never returned, so it can't be filtered on`,
		gear + `:key eq "x"`:           gear + `:key.value is never returned, so it can't be filtered on`,
		gear + `:key.value eq "x"`:     gear + `:key.value is never returned, so it can't be filtered on`,
		gear + `:key[value eq "x"]`:    gear + `:key.value is never returned, so it can't be filtered on`,
		gear + `:doors[pin eq "x"]`:    gear + `:doors.pin is never returned, so it can't be filtered on`,
		gear + `[key eq "x"]`:          gear + `:key.value is never returned, so it can't be filtered on`,
		gear + `:doors.pin eq "x"`:     gear + `:doors.pin is never returned, so it can't be filtered on`,
		gear + `:doors.labels eq "x"`:  gear + `:doors.labels has several values in each of several values: it can't be filtered on`,
		gear + `:doors.labels pr`:      gear + `:doors.labels has several values in each of several values: it can't be filtered on`,
		gear + `:doors[labels eq "x"]`: gear + `:doors.labels has several values in each of several values: it can't be filtered on`,
		gear + `:doors[labels pr]`:     gear + `:doors.labels has several values in each of several values: it can't be filtered on`,
		// Complex attributes.
		`name eq "x"`:                `name is complex: name one of its sub-attributes`,
		`addresses co "x"`:           `addresses is complex: name one of its sub-attributes`,
		`meta ne "x"`:                `meta is complex: name one of its sub-attributes`,
		enterprise + ` eq "x"`:       enterprise + ` is complex: name one of its sub-attributes`,
		`title[value eq "x"]`:        `title has no sub-attributes that a value filter could speak of`,
		`schemas[value eq "x"]`:      `schemas has no sub-attributes that a value filter could speak of`,
		`emails.value[value eq "x"]`: `emails.value has no sub-attributes that a value filter could speak of`,
		`emails[value[value pr]]`:    `filter, character 13: a value filter can't hold another one`,
		// Null and types.
		`title gt null`:                        `title: null can be compared with eq and ne only`,
		`title co null`:                        `title: null can be compared with eq and ne only`,
		`emails[value sw null]`:                `emails.value: null can be compared with eq and ne only`,
		`active gt true`:                       `active is of type boolean, which the operator "gt" is not for`,
		`active co "t"`:                        `active is of type boolean, which the operator "co" is not for`,
		`x509Certificates co "x"`:              `x509Certificates.value is of type binary, which the operator "co" is not for`,
		`meta.created sw "2011"`:               `meta.created is of type dateTime, which the operator "sw" is not for`,
		`meta.created gt "2011"`:               `meta.created is of type dateTime, and the value it is compared with is not`,
		`meta.created gt "2011-05-13"`:         `meta.created is of type dateTime, and the value it is compared with is not`,
		`meta.created gt 2011`:                 `meta.created is of type dateTime, and the value it is compared with is not`,
		`active eq "yes"`:                      `active is of type boolean, and the value it is compared with is not`,
		`active eq 1`:                          `active is of type boolean, and the value it is compared with is not`,
		`active eq ""`:                         `active is of type boolean, and the value it is compared with is not`,
		gear + `:count eq 1.5`:                 gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq "x"`:                 gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq ""`:                  gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq "+1"`:                gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq " 1"`:                gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq "1 "`:                gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count eq true`:                gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:count gt 9223372036854775808`: gear + `:count is of type integer, and the value it is compared with is not`,
		gear + `:weight lt "NaN"`:              gear + `:weight is of type decimal, and the value it is compared with is not`,
		gear + `:weight lt "Infinity"`:         gear + `:weight is of type decimal, and the value it is compared with is not`,
		gear + `:weight lt "0x1p4"`:            gear + `:weight is of type decimal, and the value it is compared with is not`,
		gear + `:weight lt 1e999`:              gear + `:weight is of type decimal, and the value it is compared with is not`,
	} {
		user.refuses(t, text, want)
	}
	groupBinder(t).refuses(t, `userName pr`, `Group has no attribute userName`)
	groupBinder(t).refuses(t, `department pr`, `Group has no attribute department`)
}
