package document_test

import (
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestProjectionDefault(t *testing.T) {
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	plain, selective := registry.Type(schema.User), resourceType(t, schema.User)
	if !(document.Projection{}).Default(plain) || (document.Projection{}).Default(selective) {
		t.Error("the zero value is Default exactly for types without attributes to leave out")
	}
	tests := []struct {
		attributes, excluded string
		want                 bool
	}{
		{"", "", true},
		{" ", ",", true},
		{"", "unknown", true},
		{"", "title", false},
		{"title", "", false},
		{"unknown", "", false},
	}
	for _, tt := range tests {
		p := parse(t, plain, tt.attributes, tt.excluded)
		if p.Default(plain) != tt.want {
			t.Errorf("%+v: got %v", tt, !tt.want)
		}
		if p := parse(t, selective, tt.attributes, tt.excluded); p.Default(selective) {
			t.Errorf("%+v: Default though the type has attributes to leave out", tt)
		}
	}
}

func TestProjectionWants(t *testing.T) {
	typ := resourceType(t, schema.User)
	tests := []struct {
		attributes, excluded, name string
		want                       bool
	}{
		{"", "", "groups", true},
		{"", "", "GROUPS", true},
		{"", "", "password", false},
		{"", "", "unknown", false},
		{"userName", "", "groups", false},
		{"userName", "", "id", true},
		{"userName", "", "schemas", true},
		{"userName", "", "meta", false},
		{"meta.version", "", "meta", true},
		{"groups.value", "", "groups", true},
		{"userName", "", badge, true}, // has an attribute that is always returned
		{"", "groups", "groups", false},
		{"", "groups.display", "groups", true},
		{"", "id,schemas", "id", true},
		{"", "id,schemas", "schemas", true},
	}
	for _, tt := range tests {
		if got := parse(t, typ, tt.attributes, tt.excluded).Wants(tt.name); got != tt.want {
			t.Errorf("%+v: got %v", tt, got)
		}
	}
	if !(document.Projection{}).Wants("groups") {
		t.Error("the zero value doesn't want groups")
	}
}

func TestProjectionZeroValue(t *testing.T) {
	typ := resourceType(t, schema.User)
	in := decode(t, `{"id":"1","userName":"b","password":"secret","`+badge+`":{"note":"n"}}`)
	want := decode(t, `{"id":"1","userName":"b"}`)
	p := document.Projection{}.Requested([]string{badge + ":note"})
	if got := p.Apply(typ, in); !document.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestRequestedCopies checks that a projection may be shared between requests.
func TestRequestedCopies(t *testing.T) {
	typ := resourceType(t, schema.User)
	in := decode(t, `{"`+badge+`":{"note":"n"}}`)
	p := parse(t, typ, "", "").Requested(nil)
	q := p.Requested([]string{badge + ":note"})
	if got := q.Apply(typ, in); !document.Equal(got, in) {
		t.Errorf("asked for: got %v", got)
	}
	if got := p.Apply(typ, in); len(got) != 0 {
		t.Errorf("not asked for: got %v", got)
	}
}

func TestParseProjectionBoth(t *testing.T) {
	_, err := document.ParseProjection(resourceType(t, schema.User), []string{"a"}, []string{"b"})
	if !fault.Is(err, fault.InvalidValue) {
		t.Errorf("got %v", err)
	}
}

func parse(t *testing.T, typ *schema.ResourceType, attributes, excluded string) document.Projection {
	t.Helper()
	p, err := document.ParseProjection(typ, []string{attributes}, []string{excluded})
	if err != nil {
		t.Fatal(err)
	}
	return p
}
