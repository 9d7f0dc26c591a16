package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// targets maps PATCH paths to what they mean for a resource type.
type targets map[string]filter.Target

func (want targets) check(t *testing.T, b binder) {
	t.Helper()
	for text, want := range want {
		got, err := filter.ParseTarget(b.t, text)
		if err != nil {
			t.Errorf("ParseTarget(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got, sameExpr()); diff != "" {
			t.Errorf("ParseTarget(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseTarget(t *testing.T) {
	b := userBinder(t)
	family := filter.Target{Path: b.path("name", "familyName")}
	boss := filter.Target{Path: b.path(enterprise, "manager", "value")}
	department := filter.Target{Path: b.path(enterprise, "department")}
	targets{
		`userName`:                          {Path: b.path("userName")},
		`USERNAME`:                          {Path: b.path("userName")},
		` active `:                          {Path: b.path("active")},
		`password`:                          {Path: b.path("password")},
		`schemas`:                           {Path: b.path("schemas")},
		`name`:                              {Path: b.path("name")},
		`name.familyName`:                   family,
		`NAME.FAMILYNAME`:                   family,
		`name:familyName`:                   family,
		schema.UserURI + `:userName`:        {Path: b.path("userName")},
		schema.UserURI + `:name.familyName`: family,
		schema.UserURI + `.userName`:        {Path: b.path("userName")},
		enterprise:                          {Path: b.path(enterprise)},
		`URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user`: {Path: b.path(enterprise)},
		enterprise + `:department`:                                   department,
		enterprise + `:DEPARTMENT`:                                   department,
		enterprise + `.department`:                                   department, // Q45: a dot for the colon
		`department`:                                                 department,
		enterprise + `:manager`:                                      {Path: b.path(enterprise, "manager")},
		enterprise + `.manager`:                                      {Path: b.path(enterprise, "manager")},
		enterprise + `:manager.value`:                                boss,
		`manager.value`:                                              boss,
		dotted:                                                       {Path: b.path(dotted)},
		dotted + `:grade`:                                            {Path: b.path(dotted, "grade")},
		gear + `:tags`:                                               {Path: b.path(gear, "tags")},
		gear + `:codes.value`:                                        {Path: b.path(gear, "codes", "value")},
	}.check(t, b)
}

func TestParseTargetOfElements(t *testing.T) {
	b := userBinder(t)
	emails := b.path("emails")
	typ, value, primary := b.within("emails", "type"), b.within("emails", "value"), b.within("emails", "primary")
	work := test(typ, filter.EQ, "work")
	doors := b.path(gear, "doors")
	targets{
		`emails`:                         {Path: emails},
		`emails.value`:                   {Path: emails, Sub: value[0]},
		`emails:value`:                   {Path: emails, Sub: value[0]},
		schema.UserURI + `:emails.VALUE`: {Path: emails, Sub: value[0]},
		`emails[type eq "work"]`:         {Path: emails, Where: work},
		`emails[type eq "work"].value`:   {Path: emails, Where: work, Sub: value[0]},
		`Emails[Type Eq "work"].Value`:   {Path: emails, Where: work, Sub: value[0]},
		`emails[type eq "work" and primary eq "True"].value`: {
			Path: emails, Where: allOf(work, test(primary, filter.EQ, true)), Sub: value[0],
		},
		`emails[not (type eq "work") or value ne "x"]`: {
			Path: emails, Where: oneOf(noneOf(work), test(value, filter.NE, "x")),
		},
		`emails[value co ""]`: {Path: emails, Where: given(value)},
		gear + `:doors[value gt 3].name`: {
			Path: doors, Where: test(b.within(gear, "doors", "value"), filter.GT, number("3")), Sub: b.within(gear, "doors", "name")[0],
		},
		gear + `:doors.labels`: {Path: doors, Sub: b.within(gear, "doors", "labels")[0]},
	}.check(t, b)
	g := groupBinder(t)
	targets{
		`members`: {Path: g.path("members")},
		`members[value eq "a"]`: {
			Path: g.path("members"), Where: test(g.within("members", "value"), filter.EQ, "a"),
		},
	}.check(t, g)
}

func TestParseTargetErrors(t *testing.T) {
	b := userBinder(t)
	for text, want := range map[string]struct {
		kind   fault.Kind
		detail string
	}{
		`foo`:                           {fault.InvalidPath, `User has no attribute foo`},
		`name.foo`:                      {fault.InvalidPath, `User has no attribute name.foo`},
		`members`:                       {fault.InvalidPath, `User has no attribute members`},
		schema.UserURI:                  {fault.InvalidPath, `User has no attribute ` + schema.UserURI},
		schema.UserURI + `:department`:  {fault.InvalidPath, `User has no attribute ` + schema.UserURI + `:department`},
		enterprise + `:foo`:             {fault.InvalidPath, `User has no attribute ` + enterprise + `:foo`},
		`emails[type eq "work"].foo`:    {fault.InvalidPath, `emails has no sub-attribute foo`},
		`foo[type eq "work"]`:           {fault.InvalidPath, `User has no attribute foo`},
		`name[givenName eq "x"]`:        {fault.InvalidPath, `name: a value filter can stand behind a multi-valued complex attribute only`},
		`userName[value eq "x"]`:        {fault.InvalidPath, `userName: a value filter can stand behind a multi-valued complex attribute only`},
		`schemas[value eq "x"]`:         {fault.InvalidPath, `schemas: a value filter can stand behind a multi-valued complex attribute only`},
		`emails.value[type eq "work"]`:  {fault.InvalidPath, `emails: a value filter can stand behind a multi-valued complex attribute only`},
		`emails[type eq "work"`:         {fault.InvalidPath, `path, character 22: expected "and", "or" or "]", found the end`},
		`emails[foo eq "work"]`:         {fault.InvalidFilter, `emails has no attribute foo`},
		`emails[primary gt true]`:       {fault.InvalidFilter, `emails.primary is of type boolean, which the operator "gt" is not for`},
		`emails[primary eq "x"]`:        {fault.InvalidFilter, `emails.primary is of type boolean, and the value it is compared with is not`},
		gear + `:doors[pin eq "1"]`:     {fault.InvalidFilter, gear + `:doors.pin is never returned, so it can't be filtered on`},
		`emails[emails.type eq "work"]`: {fault.InvalidFilter, `emails has no attribute emails.type`},
	} {
		_, err := filter.ParseTarget(b.t, text)
		checkFault(t, text, err, want.kind, want.detail)
	}
}
