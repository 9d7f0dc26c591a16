package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/filter"
)

func TestParsePath(t *testing.T) {
	sub := "display"
	xMember := compare(attr("value"), filterparser.EQ, "x")
	for text, want := range map[string]filterparser.Path{
		`members`:                       {AttributePath: attr("members")},
		` UserName `:                    {AttributePath: attr("UserName")},
		`name.familyName`:               {AttributePath: subAttr("name", "familyName")},
		`members[value eq "x"]`:         {AttributePath: attr("members"), ValueExpression: xMember},
		`members[ value EQ x ]`:         {AttributePath: attr("members"), ValueExpression: xMember},
		`members[value eq "x"].display`: {AttributePath: attr("members"), ValueExpression: xMember, SubAttribute: &sub},
		`members[a pr or (b pr and not (c pr))].display`: {
			AttributePath: attr("members"), ValueExpression: or(has("a"), and(has("b"), not(has("c")))), SubAttribute: &sub,
		},
		`urn:example:2.0:Group:members[value eq "x"].display`: {
			AttributePath: inURI("urn:example:2.0:Group", attr("members")), ValueExpression: xMember, SubAttribute: &sub,
		},
		enterprise + `:manager`:       {AttributePath: inURI(enterprise, attr("manager"))},
		enterprise + `:manager.value`: {AttributePath: inURI(enterprise, subAttr("manager", "value"))},
		// Left to the resource type: a URN alone, a dot behind it, a colon for a dot.
		enterprise:                 {AttributePath: inURI("urn:ietf:params:scim:schemas:extension:enterprise:2.0", attr("User"))},
		enterprise + `.department`: {AttributePath: inURI("urn:ietf:params:scim:schemas:extension:enterprise:2.0", subAttr("User", "department"))},
		`urn:example:hr:1.0`:       {AttributePath: inURI("urn:example:hr", attr("1.0"))},
		`urn:example:hr_1.0`:       {AttributePath: inURI("urn:example", attr("hr_1.0"))},
		`name:familyName`:          {AttributePath: inURI("name", attr("familyName"))},
	} {
		got, err := filter.ParsePath(text)
		if err != nil {
			t.Errorf("ParsePath(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParsePath(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseAttrPath(t *testing.T) {
	for text, want := range map[string]filterparser.AttributePath{
		`userName`:                     attr("userName"),
		` userName`:                    attr("userName"),
		`not`:                          attr("not"),
		`name.givenName`:               subAttr("name", "givenName"),
		enterprise + `:employeeNumber`: inURI(enterprise, attr("employeeNumber")),
		enterprise + `:manager.$ref`:   inURI(enterprise, subAttr("manager", "$ref")),
	} {
		got, err := filter.ParseAttrPath(text)
		if err != nil {
			t.Errorf("ParseAttrPath(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseAttrPath(%q) (-want +got):\n%s", text, diff)
		}
	}
}
