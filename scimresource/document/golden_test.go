package document_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// TestNormalizeGolden normalises in.json in each file of testdata/normalize and
// compares with out.json or error. Files whose names begin with group_ are
// about groups, the others about users. UPDATE_GOLDEN=1 rewrites the results.
func TestNormalizeGolden(t *testing.T) {
	golden(t, "testdata/normalize", func(t *testing.T, typ *schema.ResourceType, archive *txtar.Archive) (document.Object, error) {
		in, err := document.Decode(section(t, archive, "in.json"))
		if err != nil {
			return nil, err
		}
		before := document.Clone(in)
		out, err := document.Normalize(typ, in)
		if !document.Equal(in, before) {
			t.Errorf("Normalize changed its input to %v", in)
		}
		return out, err
	})
}

// TestProjectGolden applies the parameters in query to in.json in each file of
// testdata/project and compares with out.json or error.
func TestProjectGolden(t *testing.T) {
	golden(t, "testdata/project", func(t *testing.T, typ *schema.ResourceType, archive *txtar.Archive) (document.Object, error) {
		in, err := document.Decode(section(t, archive, "in.json"))
		if err != nil {
			t.Fatal(err)
		}
		params := map[string][]string{}
		for line := range strings.Lines(string(section(t, archive, "query"))) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			params[name] = append(params[name], value)
		}
		p, err := document.ParseProjection(typ, params["attributes"], params["excludedAttributes"])
		if err != nil {
			return nil, err
		}
		if body := params["body"]; body != nil {
			p = p.Requested(body)
		}
		out := p.Apply(typ, in)
		for _, a := range typ.Root.Subs {
			if _, shown := out[a.Name]; shown && !p.Wants(a.Name) {
				t.Errorf("%s is shown though Wants says no", a.Name)
			}
		}
		return out, nil
	})
}

// golden runs a function on the inputs in each txtar file of a directory, and
// compares what it gives with the last section, or rewrites that.
func golden(t *testing.T, dir string, run func(*testing.T, *schema.ResourceType, *txtar.Archive) (document.Object, error)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			typ := resourceType(t, schema.User)
			if strings.HasPrefix(name, "group_") {
				typ = resourceType(t, schema.Group)
			}
			obj, err := run(t, typ, archive)
			got := withResult(t, typ, archive, obj, err)
			if os.Getenv("UPDATE_GOLDEN") == "1" {
				if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", strings.TrimSpace(string(archive.Comment)), diff)
			}
		})
	}
}

// withResult gives the inputs of an archive with the result they lead to.
func withResult(t *testing.T, typ *schema.ResourceType, archive *txtar.Archive, obj document.Object, err error) *txtar.Archive {
	t.Helper()
	result := txtar.File{Name: "out.json"}
	if err != nil {
		result = txtar.File{Name: "error", Data: []byte(describe(t, err))}
	} else {
		v := jsontext.Value(document.Append(nil, typ, obj))
		if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
			t.Fatal(err)
		}
		result.Data = append(v, '\n')
	}
	isResult := func(f txtar.File) bool { return f.Name == "out.json" || f.Name == "error" }
	inputs := slices.DeleteFunc(slices.Clone(archive.Files), isResult)
	return &txtar.Archive{Comment: archive.Comment, Files: append(inputs, result)}
}

// describe writes a fault of one of the kinds that a body can cause.
func describe(t *testing.T, err error) string {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Err != nil {
		t.Fatalf("not a fault without a cause: %v", err)
	}
	kinds := map[fault.Kind]string{
		fault.InvalidSyntax: "invalidSyntax", fault.InvalidValue: "invalidValue", fault.Mutability: "mutability",
	}
	if kinds[f.Kind] == "" {
		t.Fatalf("fault of a kind that no body causes: %v", err)
	}
	return kinds[f.Kind] + "\n" + f.Detail + "\n"
}

func section(t *testing.T, archive *txtar.Archive, name string) []byte {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no section %s", name)
	}
	return archive.Files[i].Data
}

// resourceType gives a resource type of a registry that has the extension of
// testdata/schemas too.
func resourceType(t testing.TB, name string) *schema.ResourceType {
	t.Helper()
	custom, err := schema.Load(os.DirFS("testdata/schemas"))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := schema.NewRegistry(custom)
	if err != nil {
		t.Fatal(err)
	}
	return registry.Type(name)
}

func decode(t testing.TB, data string) document.Object {
	t.Helper()
	obj, err := document.Decode([]byte(data))
	if err != nil {
		t.Fatalf("decode %s: %v", data, err)
	}
	return obj
}
