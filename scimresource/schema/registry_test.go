package schema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestRegistry(t *testing.T) {
	r := registry(t, schema.Definitions{})
	var types, schemas []string
	for _, typ := range r.Types() {
		types = append(types, typ.Name+" "+typ.Endpoint+" "+typ.Base.ID)
	}
	for _, s := range r.Schemas() {
		schemas = append(schemas, s.ID)
	}
	if want := []string{"User /Users " + schema.UserURI, "Group /Groups " + schema.GroupURI}; !slices.Equal(types, want) {
		t.Errorf("types: got %v, want %v", types, want)
	}
	if want := []string{schema.UserURI, schema.GroupURI, schema.EnterpriseUserURI}; !slices.Equal(schemas, want) {
		t.Errorf("schemas: got %v, want %v", schemas, want)
	}
	if r.Type("Device") != nil || r.Schema("urn:x") != nil {
		t.Error("found what is not there")
	}
	if r.Schema(strings.ToUpper(schema.UserURI)) != r.Type(schema.User).Base {
		t.Error("schema URIs are not matched without case")
	}
}

// TestCharacteristics states what the RFC's text and errata say of attributes
// where that differs from its printed schemas, or is often got wrong.
func TestCharacteristics(t *testing.T) {
	r := registry(t, schema.Definitions{})
	user, group := r.Type(schema.User).Root, r.Type(schema.Group).Root
	if a := user.Sub("userName"); !a.Required || a.CaseExact || a.Uniqueness != "server" {
		t.Errorf("userName: %+v", a)
	}
	if a := user.Sub("password"); a.Mutability != schema.WriteOnly || a.Returned != schema.ReturnedNever {
		t.Errorf("password: %+v", a)
	}
	if a := user.Sub("id"); a.Returned != schema.ReturnedAlways || a.Mutability != schema.ReadOnly || !a.CaseExact {
		t.Errorf("id: %+v", a)
	}
	if a := user.Sub("schemas"); a.Returned != schema.ReturnedDefault || a.CaseExact || user.Subs[0] != a {
		t.Errorf("schemas: %+v", a)
	}
	if a := group.Sub("displayName"); !a.Required {
		t.Errorf("displayName of a group: %+v", a)
	}
	ids := []*schema.Attr{
		user.Sub("externalId"), user.Sub("groups").Value(), group.Sub("members").Value(),
		user.Sub(schema.EnterpriseUserURI).Sub("manager").Value(), user.Sub("photos").Value(), user.Sub("x509Certificates").Value(),
	}
	for _, a := range ids {
		if !a.CaseExact {
			t.Errorf("%s is not case-exact", a.Path)
		}
	}
}

func TestAttr(t *testing.T) {
	typ := registry(t, schema.Definitions{}).Type(schema.User)
	const eu = schema.EnterpriseUserURI
	tests := []struct{ uri, name, sub, want string }{
		{"", "userName", "", "userName"},
		{"", "USERNAME", "", "userName"},
		{"", "name", "familyname", "name name.familyName"},
		{"", "unknown", "", ""},
		{"", "name", "unknown", ""},
		{"", "userName", "value", ""},
		{schema.UserURI, "userName", "", "userName"},
		{strings.ToUpper(schema.UserURI), "name", "givenName", "name name.givenName"},
		{schema.GroupURI, "displayName", "", ""},
		{eu, "department", "", eu + " " + eu + ":department"},
		{strings.ToLower(eu), "MANAGER", "value", eu + " " + eu + ":manager " + eu + ":manager.value"},
		{eu, "userName", "", ""},
		{strings.TrimSuffix(eu, ":User"), "user", "", eu},
		{strings.TrimSuffix(eu, ":User"), "User", "department", eu + " " + eu + ":department"},
		{"name", "familyName", "", "name name.familyName"},
		{"", "", "", ""},
	}
	for _, tt := range tests {
		var paths []string
		for _, a := range typ.Attr(tt.uri, tt.name, tt.sub) {
			paths = append(paths, a.Path)
		}
		if got := strings.Join(paths, " "); got != tt.want {
			t.Errorf("Attr(%q, %q, %q): got %q, want %q", tt.uri, tt.name, tt.sub, got, tt.want)
		}
	}
}

func TestExtension(t *testing.T) {
	typ := registry(t, schema.Definitions{}).Type(schema.User)
	if a := typ.Extension(strings.ToUpper(schema.EnterpriseUserURI)); a == nil || a.Name != schema.EnterpriseUserURI {
		t.Errorf("got %+v", a)
	}
	for _, uri := range []string{"name", schema.UserURI, ""} {
		if a := typ.Extension(uri); a != nil {
			t.Errorf("%q: got %+v", uri, a)
		}
	}
}

func TestIsCanonical(t *testing.T) {
	kind := registry(t, schema.Definitions{}).Type(schema.User).Root.Sub("emails").Sub("type")
	if !kind.IsCanonical("work") || !kind.IsCanonical("WORK") || kind.IsCanonical("") || kind.IsCanonical("boat") {
		t.Errorf("canonical values %v", kind.Canonical)
	}
}

func registry(t *testing.T, custom schema.Definitions) *schema.Registry {
	t.Helper()
	r, err := schema.NewRegistry(custom)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
