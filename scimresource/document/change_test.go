package document_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

const (
	enterprise = schema.EnterpriseUserURI
	badge      = "urn:example:params:scim:schemas:extension:badge:1.0:User"
)

func TestSettle(t *testing.T) {
	typ := resourceType(t, schema.User)
	tests := []struct{ name, in, want string }{
		{
			"schemas", `{"userName":"b","schemas":["x"],"` + enterprise + `":{"department":"D"}}`,
			`{"schemas":["` + schema.UserURI + `","` + enterprise + `"],"userName":"b","` + enterprise + `":{"department":"D"}}`,
		},
		{
			"emptied", `{"userName":"b","name":{},"title":"","emails":[],"roles":[{},null],"` + enterprise + `":{"manager":{}},"` + badge + `":null}`,
			`{"schemas":["` + schema.UserURI + `"],"userName":"b"}`,
		},
		{
			"primary", `{"userName":"b","emails":[{"value":"1","primary":true},{"value":"2","primary":true},{"value":"3","primary":false}]}`,
			`{"schemas":["` + schema.UserURI + `"],"userName":"b","emails":[{"value":"1","primary":false},{"value":"2","primary":true},{"value":"3","primary":false}]}`,
		},
		{
			"duplicates", `{"userName":"b","emails":[{"value":"1","type":"work"},{"value":"1","type":"WORK","display":"x"}]}`,
			`{"schemas":["` + schema.UserURI + `"],"userName":"b","emails":[{"value":"1","type":"WORK","display":"x"}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			obj := decode(t, tt.in)
			if err := document.Settle(typ, obj); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, tt.want), obj); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSettleRequired(t *testing.T) {
	tests := []struct{ name, typ, in, want string }{
		{"user without userName", schema.User, `{"displayName":"B"}`, "userName is required"},
		{"user with empty userName", schema.User, `{"userName":""}`, "userName is required"},
		{"group without displayName", schema.Group, `{}`, "displayName is required"},
		{"sub-attribute", schema.User, `{"userName":"b","` + badge + `":{"holder":{"hint":"h"}}}`, badge + ":holder.name is required"},
		{"sub-attribute of an element", schema.User, `{"userName":"b","` + badge + `":{"doors":[{"floor":1},{"name":"n"}]}}`, badge + ":doors.floor is required"},
		{"nothing", schema.Group, `{"displayName":"G"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := document.Settle(resourceType(t, tt.typ), decode(t, tt.in))
			if tt.want == "" && err == nil {
				return
			}
			if !fault.Is(err, fault.InvalidValue) || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSettleRequiredExtension(t *testing.T) {
	typ := resourceType(t, schema.Group)
	registry, err := schema.NewRegistry(schema.Definitions{ResourceTypes: []schema.TypeDefinition{
		typeDefinition(t, `{"name":"User","schema":"`+schema.UserURI+`","schemaExtensions":[{"schema":"`+enterprise+`","required":true}]}`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	err = document.Settle(registry.Type(schema.User), decode(t, `{"userName":"b"}`))
	if !fault.Is(err, fault.InvalidValue) || err.Error() != enterprise+" is required" {
		t.Errorf("got %v", err)
	}
	if err := document.Settle(typ, decode(t, `{"displayName":"g"}`)); err != nil {
		t.Errorf("another type: %v", err)
	}
}

func TestCheckImmutable(t *testing.T) {
	typ := resourceType(t, schema.User)
	in := func(s string) document.Object { return decode(t, `{"userName":"b","`+badge+`":`+s+`}`) }
	tests := []struct{ name, before, after, want string }{
		{"same", `{"serial":"1"}`, `{"serial":"1","valid":true}`, ""},
		{"first set", `{}`, `{"serial":"1"}`, ""},
		{"changed", `{"serial":"1"}`, `{"serial":"2"}`, badge + ":serial"},
		{"removed", `{"serial":"1"}`, `{}`, badge + ":serial"},
		{"changed within", `{"holder":{"since":"a"}}`, `{"holder":{"since":"b"}}`, badge + ":holder.since"},
		{"removed from around", `{"holder":{"since":"a"}}`, `{}`, badge + ":holder.since"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := document.CheckImmutable(typ, in(tt.before), in(tt.after))
			if tt.want == "" && err == nil {
				return
			}
			if want := tt.want + " is immutable: it has a value, which can't be changed"; !fault.Is(err, fault.Mutability) || err.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func TestKeepOnReplace(t *testing.T) {
	typ := resourceType(t, schema.User)
	before := decode(t, `{"userName":"b","active":false,"title":"Dr.","`+badge+`":{"pin":"1234","serial":"1","valid":true,"holder":{"name":"B","since":"a"}}}`)
	tests := []struct{ name, after, want string }{
		{
			"left out", `{"userName":"b"}`,
			`{"userName":"b","active":false,"` + badge + `":{"pin":"1234","serial":"1","holder":{"since":"a"}}}`,
		},
		{
			"sent", `{"userName":"b","active":true,"` + badge + `":{"pin":"5","serial":"2","holder":{"name":"C","since":"b"}}}`,
			`{"userName":"b","active":true,"` + badge + `":{"pin":"5","serial":"2","holder":{"name":"C","since":"b"}}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			untouched, after := document.Clone(before), decode(t, tt.after)
			document.KeepOnReplace(typ, before, after)
			if diff := cmp.Diff(decode(t, tt.want), after); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !document.Equal(before, untouched) {
				t.Errorf("before was changed to %v", before)
			}
		})
	}
}

func TestChanged(t *testing.T) {
	typ := resourceType(t, schema.User)
	const core, ext = `"schemas":["` + schema.UserURI + `"]`, `"schemas":["` + schema.UserURI + `","` + enterprise + `"]`
	tests := []struct {
		name, before, after string
		want                []string
	}{
		{"nothing", `{` + core + `,"userName":"b"}`, `{` + core + `,"userName":"b"}`, nil},
		{"core", `{"userName":"b","title":"1","emails":[{"value":"a"}]}`, `{"emails":[{"value":"b"}],"userName":"c"}`, []string{"userName", "title", "emails"}},
		{"order of elements", `{"roles":[{"value":"a"},{"value":"b"}]}`, `{"roles":[{"value":"b"},{"value":"a"}]}`, []string{"roles"}},
		{"number for string", `{"title":"1"}`, `{"title":1}`, []string{"title"}},
		{
			"extension", `{` + core + `}`, `{` + ext + `,"` + enterprise + `":{"department":"D","manager":{"value":"1"}}}`,
			[]string{enterprise + ":department", enterprise + ":manager"},
		},
		{
			"within an extension", `{"` + enterprise + `":{"department":"D","manager":{"value":"1"}}}`, `{"` + enterprise + `":{"department":"D","manager":{"value":"2"}}}`,
			[]string{enterprise + ":manager"},
		},
		{"schemas alone", `{` + core + `}`, `{` + ext + `}`, []string{"schemas"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := decode(t, tt.before), decode(t, tt.after)
			if got := document.Changed(typ, before, after); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if got := document.Changed(typ, after, before); !slices.Equal(got, tt.want) {
				t.Errorf("the other way round: got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	values := []string{`null`, `1`, `"1"`, `1.0`, `true`, `"true"`, `[]`, `[1]`, `[1,1]`, `{}`, `{"a":1}`, `{"a":[1]}`, `{"b":1}`, `{"a":1,"b":1}`}
	for i, a := range values {
		for j, b := range values {
			if got := document.Equal(value(t, a), value(t, b)); got != (i == j) {
				t.Errorf("Equal(%s, %s) = %v", a, b, got)
			}
		}
	}
}
