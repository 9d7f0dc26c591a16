package schema_test

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scimhub/scimhub/scimresource/schema"
)

const (
	firstbase = "urn:ietf:params:scim:schemas:extension:firstbase:1.0:User"
	badge     = `{"id":"urn:example:badge:1.0:User","name":"Badge","attributes":[{"name":"number","type":"integer"}]}`
	shared    = `{"id":"urn:example:shared:1.0","attributes":[{"name":"note","type":"string"}]}`
)

func TestLoadFirstbase(t *testing.T) {
	defs, err := schema.Load(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	r := registry(t, defs)
	ext := r.Type(schema.User).Extension(firstbase)
	if ext == nil || ext.Required || r.Type(schema.Group).Extension(firstbase) != nil {
		t.Fatalf("the extension of User: %+v", ext)
	}
	if s := r.Schema(firstbase); s == nil || s.Name != "Firstbase User" || s.Description == "" {
		t.Errorf("the schema: %+v", s)
	}
	want := []schema.Attr{
		{Name: "packageId", Type: schema.String, CaseExact: true, Mutability: schema.ReadWrite},
		{Name: "startDate", Type: schema.DateTime, Mutability: schema.ReadWrite},
		{Name: "status", Type: schema.String, Mutability: schema.ReadOnly},
		{Name: "skipUserActivation", Type: schema.Boolean, Mutability: schema.ReadWrite},
	}
	if len(ext.Subs) != len(want) {
		t.Fatalf("%d attributes, want %d", len(ext.Subs), len(want))
	}
	for i, w := range want {
		a := ext.Subs[i]
		if a.Name != w.Name || a.Type != w.Type || a.CaseExact != w.CaseExact || a.Mutability != w.Mutability ||
			a.Returned != schema.ReturnedDefault || a.Path != firstbase+":"+w.Name || a.Description == "" {
			t.Errorf("attribute %d: %+v", i, a)
		}
	}
}

func TestLoadForms(t *testing.T) {
	typeDoc := `{"schemas":["` + schema.ResourceTypeURI + `"],"name":"Group","schema":"` + schema.GroupURI + `","schemaExtensions":[{"schema":"URN:example:shared:1.0","required":true}]}`
	tests := []struct {
		name  string
		files map[string]string
	}{
		{"files", map[string]string{"a.json": badge, "b.json": shared, "c.json": typeDoc}},
		{"array", map[string]string{"a.json": "[" + badge + "," + shared + "," + typeDoc + "]"}},
		{"list response", map[string]string{"a.json": `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[` + badge + "," + shared + "," + typeDoc + "]}"}},
		{"order of files", map[string]string{"a.json": typeDoc, "b.json": shared, "c.json": badge, "ignored.txt": "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs, err := schema.Load(files(tt.files))
			if err != nil {
				t.Fatal(err)
			}
			r := registry(t, defs)
			if a := r.Type(schema.User).Attr("urn:example:badge:1.0:User", "number", ""); len(a) != 2 {
				t.Errorf("badge: %v", a)
			}
			if a := r.Type(schema.Group).Extension("urn:example:shared:1.0"); a == nil || !a.Required {
				t.Errorf("shared: %+v", a)
			}
			if r.Type(schema.User).Extension("urn:example:shared:1.0") != nil {
				t.Error("shared extends User too")
			}
		})
	}
}

// TestExtendEnterprise checks that a ResourceType document may make an
// extension required that is there without it, without adding it again.
func TestExtendEnterprise(t *testing.T) {
	defs, err := schema.Load(files(map[string]string{"a.json": `{"schemas":["` + schema.ResourceTypeURI + `"],"name":"User","schema":"` +
		schema.UserURI + `","schemaExtensions":[{"schema":"` + schema.EnterpriseUserURI + `","required":true}]}`}))
	if err != nil {
		t.Fatal(err)
	}
	user := registry(t, defs).Type(schema.User)
	if len(user.Extensions) != 1 || !user.Extensions[0].Required || !user.Extension(schema.EnterpriseUserURI).Required {
		t.Errorf("extensions: %+v", user.Extensions)
	}
}

func TestSharedExtension(t *testing.T) {
	doc := func(name, base string) string {
		return `{"schemas":["` + schema.ResourceTypeURI + `"],"name":"` + name + `","schema":"` + base + `","schemaExtensions":[{"schema":"urn:example:shared:1.0"}]}`
	}
	defs, err := schema.Load(files(map[string]string{"a.json": "[" + shared + "," + doc(schema.User, schema.UserURI) + "," + doc(schema.Group, schema.GroupURI) + "]"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range registry(t, defs).Types() {
		if a := typ.Attr("urn:example:shared:1.0", "note", ""); len(a) != 2 || a[1].Path != "urn:example:shared:1.0:note" {
			t.Errorf("%s: %v", typ.Name, a)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	attribute := func(s string) string { return `{"id":"urn:example:x:User","attributes":[` + s + `]}` }
	tests := []struct{ name, doc, want string }{
		{"no JSON", `{`, "a.json: unexpected end of JSON input"},
		{"number", `5`, "a.json: json: cannot unmarshal number"},
		{"in a list", `[` + badge + `,5]`, "a.json: document 2: json: cannot unmarshal number"},
		{"neither", `{}`, `a.json: a Schema document needs "id" and at least one of "attributes" (RFC 7643 §7)`},
		{"no attributes", `{"id":"urn:example:x:User","attributes":[]}`, `a.json: a Schema document needs "id"`},
		{"no id", `{"attributes":[{"name":"a","type":"string"}]}`, `a.json: a Schema document needs "id"`},
		{"attribute name", attribute(`{"name":"a b","type":"string"}`), `a.json: not a Schema document (RFC 7643 §7): invalid attribute name "a b"`},
		{"attribute type", attribute(`{"name":"a","type":"text"}`), `unknown attribute type: "text"`},
		{"mutability", attribute(`{"name":"a","type":"string","mutability":"never"}`), `unknown mutability: "never"`},
		{"returned", attribute(`{"name":"a","type":"string","returned":"maybe"}`), `unknown returned: "maybe"`},
		{"uniqueness", attribute(`{"name":"a","type":"string","uniqueness":"maybe"}`), `unknown uniqueness: "maybe"`},
		{"sub-attribute twice", attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"string"},{"name":"B","type":"string"}]}`), `duplicate name "b"`},
		{"resource type without name", `{"schemas":["` + schema.ResourceTypeURI + `"],"schema":"urn:x"}`, `a.json: a ResourceType document needs "name" and "schema" (RFC 7643 §6)`},
		{"resource type malformed", `{"schemas":["` + schema.ResourceTypeURI + `"],"name":1}`, "a.json: not a ResourceType document (RFC 7643 §6)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := schema.Load(files(map[string]string{"a.json": tt.doc}))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestLoadReportsAllFaults(t *testing.T) {
	defs, err := schema.Load(files(map[string]string{"a.json": `{`, "b.json": badge, "c.json": `[]x`}))
	if err == nil || !strings.Contains(err.Error(), "a.json: ") || !strings.Contains(err.Error(), "c.json: ") {
		t.Errorf("got %v", err)
	}
	if len(defs.Schemas) != 1 {
		t.Errorf("%d schemas of the file without faults", len(defs.Schemas))
	}
}

func TestLoadUnreadableFile(t *testing.T) {
	_, err := schema.Load(fstest.MapFS{"a.json": {Mode: fs.ModeDir}})
	if err == nil || !strings.HasPrefix(err.Error(), "a.json: ") {
		t.Errorf("got %v", err)
	}
}

type brokenFS struct{ fstest.MapFS }

var errBroken = errors.New("broken")

func (brokenFS) ReadDir(string) ([]fs.DirEntry, error) { return nil, errBroken }
func (brokenFS) Glob(string) ([]string, error)         { return nil, errBroken }

func TestLoadBrokenFileSystem(t *testing.T) {
	if _, err := schema.Load(brokenFS{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestExtendFaults(t *testing.T) {
	attribute := func(s string) string { return `{"id":"urn:example:x:User","attributes":[` + s + `]}` }
	extends := func(name, base, ext string) string {
		return `{"schemas":["` + schema.ResourceTypeURI + `"],"name":"` + name + `","schema":"` + base + `","schemaExtensions":[{"schema":"` + ext + `"}]}`
	}
	tests := []struct {
		name string
		docs []string
		want []string // all of which are reported
	}{
		{"twice", []string{badge, badge}, []string{"schema urn:example:badge:1.0:User is defined twice"}},
		{"core schema", []string{`{"id":"` + strings.ToUpper(schema.UserURI) + `","attributes":[{"name":"a","type":"string"}]}`}, []string{"is defined twice"}},
		{
			"no URN",
			[]string{`{"id":"https://example.com/User","attributes":[{"name":"a","type":"string"}]}`},
			[]string{"schema https://example.com/User: the id must be a URN", "its URN doesn't end in :User or :Group"},
		},
		{"URN with a bracket", []string{`{"id":"urn:example:]:User","attributes":[{"name":"a","type":"string"}]}`}, []string{"the id must be a URN"}},
		{"URN with a blank", []string{`{"id":"urn:example:a b:User","attributes":[{"name":"a","type":"string"}]}`}, []string{"the id must be a URN"}},
		{"nothing but urn:", []string{`{"id":"urn:","attributes":[{"name":"a","type":"string"}]}`}, []string{"the id must be a URN"}},
		{"attribute twice", []string{attribute(`{"name":"a","type":"string"},{"name":"A","type":"string"}`)}, []string{"schema urn:example:x:User: attribute A is defined twice"}},
		{"empty complex", []string{attribute(`{"name":"a","type":"complex","subAttributes":[]}`)}, []string{"schema urn:example:x:User: complex attribute a has no subAttributes"}},
		{
			"complex in complex",
			[]string{attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex","subAttributes":[{"name":"c","type":"string"}]}]}`)},
			[]string{"schema urn:example:x:User: attribute a.b: a sub-attribute can't be complex"},
		},
		{
			"unique",
			[]string{attribute(`{"name":"a","type":"string","uniqueness":"server"},{"name":"b","type":"string","uniqueness":"global"}`)},
			[]string{`attribute a: uniqueness "server" is not enforced`, `attribute b: uniqueness "global" is not enforced`},
		},
		{
			"unique within",
			[]string{attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"string","uniqueness":"server"}]}`)},
			[]string{`attribute a.b: uniqueness "server" is not enforced`},
		},
		{"extends nothing", []string{shared}, []string{"schema urn:example:shared:1.0: no ResourceType document names it in schemaExtensions"}},
		{"unknown type", []string{extends("Device", "urn:example:Device", "urn:example:x")}, []string{"resource type Device with schema urn:example:Device: only User and Group"}},
		{"other base", []string{extends(schema.User, schema.GroupURI, schema.EnterpriseUserURI)}, []string{"only User and Group, with their core schemas, can be extended"}},
		{"unknown extension", []string{extends(schema.User, schema.UserURI, "urn:example:x")}, []string{"resource type User: no schema urn:example:x is defined"}},
		{"base as extension", []string{extends(schema.User, schema.UserURI, schema.GroupURI)}, []string{"schema " + schema.GroupURI + " is the base of a resource type, not an extension"}},
		{"all at once", []string{shared, attribute(`{"name":"a","type":"complex","subAttributes":[]}`)}, []string{"has no subAttributes", "no ResourceType document names it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs, err := schema.Load(files(map[string]string{"a.json": "[" + strings.Join(tt.docs, ",") + "]"}))
			if err != nil {
				t.Fatal(err)
			}
			r, err := schema.NewRegistry(defs)
			if err == nil || r != nil {
				t.Fatalf("no fault, but %v", r)
			}
			missing := slices.DeleteFunc(slices.Clone(tt.want), func(want string) bool { return strings.Contains(err.Error(), want) })
			if len(missing) > 0 {
				t.Errorf("got %v\nlacks %q", err, missing)
			}
		})
	}
}

func files(contents map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, data := range contents {
		out[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return out
}
