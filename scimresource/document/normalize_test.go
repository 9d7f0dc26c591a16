package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestNormalizeLimits(t *testing.T) {
	elements := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"value":"v%d"}`, i)
		}
		return "[" + b.String()[1:] + "]"
	}
	tests := []struct{ name, typ, in, want string }{
		{"longest string", schema.User, `{"title":"` + strings.Repeat("a", 64<<10) + `"}`, ""},
		{"longer string", schema.User, `{"title":"` + strings.Repeat("a", 64<<10+1) + `"}`, "title is longer than 65536 bytes"},
		{"longer number for a string", schema.User, `{"title":` + strings.Repeat("1", 64<<10+1) + `}`, "title is longer than 65536 bytes"},
		{"longer string of an element", schema.User, `{"roles":["` + strings.Repeat("a", 64<<10+1) + `"]}`, "roles.value is longer than 65536 bytes"},
		{"most elements", schema.User, `{"roles":` + elements(10_000) + `}`, ""},
		{"more elements", schema.User, `{"roles":` + elements(10_001) + `}`, "roles has more than 10000 elements"},
		{"more members", schema.Group, `{"members":` + elements(10_001) + `}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := document.Normalize(resourceType(t, tt.typ), decode(t, tt.in))
			if tt.want == "" && err == nil {
				return
			}
			if !fault.Is(err, fault.InvalidValue) || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNormalizeValue(t *testing.T) {
	typ := resourceType(t, schema.User)
	tests := []struct{ path, in, want string }{
		{"title", `"Dr."`, `"Dr."`},
		{"title", `""`, `null`},
		{"title", `null`, `null`},
		{"title", `["Dr."]`, `"Dr."`},
		{"active", `"tRuE"`, `true`},
		{"name", `{"givenName": ""}`, `null`},
		{"name", `{"GivenName": "B"}`, `{"givenName": "B"}`},
		{"emails", `[{}, null]`, `null`},
		{"emails", `[{"value": "a", "primary": true}, {"value": "b", "primary": true}]`, `[{"value": "a", "primary": false}, {"value": "b", "primary": true}]`},
		{"emails", `"a"`, `[{"value": "a"}]`},
		{schema.EnterpriseUserURI, `{"manager": {"displayName": "J"}, "department": "D"}`, `{"department": "D"}`},
		{schema.EnterpriseUserURI + ":manager", `"1"`, `{"value": "1"}`},
	}
	for _, tt := range tests {
		chain := document.SplitPath(typ, tt.path)
		got, err := document.NormalizeValue(chain[len(chain)-1], value(t, tt.in))
		if diff := cmp.Diff(value(t, tt.want), got); diff != "" || err != nil {
			t.Errorf("%s, %s: error %v, -want +got:\n%s", tt.path, tt.in, err, diff)
		}
	}
}

func TestNormalizeElement(t *testing.T) {
	emails := resourceType(t, schema.User).Root.Sub("emails")
	tests := []struct{ in, want, err string }{
		{in: `{"VALUE": "a", "primary": "true"}`, want: `{"value": "a", "primary": true}`},
		{in: `"a"`, want: `{"value": "a"}`},
		{in: `{"value": ""}`, want: `null`},
		{in: `null`, want: `null`},
		{in: `["a"]`, want: `null`, err: "each element of emails must be a JSON object"},
		{in: `{"primary": "yes"}`, want: `null`, err: "emails.primary must be a boolean, true or false"},
	}
	for _, tt := range tests {
		got, err := document.NormalizeElement(emails, value(t, tt.in))
		if diff := cmp.Diff(value(t, tt.want), got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.in, diff)
		}
		if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
			t.Errorf("%s: error %v, want %q", tt.in, err, tt.err)
		}
	}
}

func TestSplitPath(t *testing.T) {
	const eu = schema.EnterpriseUserURI
	tests := []struct{ typ, key, want string }{
		{schema.User, "username", "userName"},
		{schema.User, "name.GIVENname", "name>name.givenName"},
		{schema.User, "emails.value", "emails>emails.value"},
		{schema.User, schema.UserURI + ":name.givenName", "name>name.givenName"},
		{schema.User, eu, eu},
		{schema.User, strings.ToLower(eu) + ":department", eu + ">" + eu + ":department"},
		{schema.User, eu + ":manager.value", eu + ">" + eu + ":manager>" + eu + ":manager.value"},
		{schema.User, eu + ".department", eu + ">" + eu + ":department"},
		{schema.User, "department", eu + ">" + eu + ":department"},
		{schema.User, "manager.value", eu + ">" + eu + ":manager>" + eu + ":manager.value"},
		{schema.User, "$ref", ""},
		{schema.User, "manager.nobody", ""},
		{schema.User, "name.givenName.x", ""},
		{schema.User, "userName.x", ""},
		{schema.User, `emails[type eq "work"].value`, ""},
		{schema.User, "urn:example:unknown:department", ""},
		{schema.User, schema.GroupURI + ":displayName", ""},
		{schema.User, "", ""},
		{schema.User, ".", ""},
		{schema.User, ":", ""},
		{schema.Group, "department", ""},
		{schema.Group, "members.$ref", "members>members.$ref"},
	}
	for _, tt := range tests {
		var paths []string
		for _, a := range document.SplitPath(resourceType(t, tt.typ), tt.key) {
			paths = append(paths, a.Path)
		}
		if got := strings.Join(paths, ">"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.key, got, tt.want)
		}
	}
}

// value decodes any JSON value.
func value(t testing.TB, data string) any {
	t.Helper()
	return decode(t, `{"v":`+data+`}`)["v"]
}
