package patch_test

import (
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// TestGolden applies patch.json to before.json in each file of testdata and
// compares with after.json or error, and with members.json where members
// change. UPDATE_GOLDEN=1 rewrites these.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
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
			got := run(t, archive)
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

// run gives the archive with the outputs that its inputs lead to.
func run(t *testing.T, archive *txtar.Archive) *txtar.Archive {
	t.Helper()
	before := decode(t, archive, "before.json")
	typ := typeOf(t, before)
	if canonical, err := document.Normalize(typ, before); err != nil || !document.Equal(canonical, before) {
		t.Fatalf("before.json is not in canonical form: %v, want %v, error %v", before, canonical, err)
	}
	untouched := document.Clone(before)
	out := &txtar.Archive{Comment: archive.Comment, Files: slices.Clone(archive.Files[:2])}
	ops, err := patch.Parse(typ, decode(t, archive, "patch.json"))
	if err != nil {
		return withFile(out, "error", describe(t, err))
	}
	result, err := patch.Apply(typ, before, ops)
	if !document.Equal(before, untouched) {
		t.Errorf("Apply changed its input to %v", before)
	}
	if err != nil {
		return withFile(out, "error", describe(t, err))
	}
	checkRepeatable(t, typ, before, ops, result)
	out = withFile(out, "after.json", indent(t, document.Append(nil, typ, result.Object)))
	if len(result.Members) > 0 {
		out = withFile(out, "members.json", memberLines(t, result.Members))
	}
	return out
}

// checkRepeatable checks that the result is canonical, and that the operations
// may be applied again from the start, as a transaction that is retried does.
func checkRepeatable(t *testing.T, typ *schema.ResourceType, before document.Object, ops []patch.Operation, first patch.Result) {
	t.Helper()
	canonical, err := document.Normalize(typ, first.Object)
	if err != nil || !document.Equal(canonical, first.Object) {
		t.Errorf("the result %v is not in canonical form: want %v, error %v", first.Object, canonical, err)
	}
	want := document.Clone(first.Object)
	second, err := patch.Apply(typ, before, ops)
	if err != nil || !document.Equal(second.Object, want) || !document.Equal(first.Object, want) {
		t.Errorf("applied again, the result is %v, error %v; want %v", second.Object, err, want)
	}
}

func decode(t *testing.T, archive *txtar.Archive, name string) document.Object {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no %s", name)
	}
	obj, err := document.Decode(archive.Files[i].Data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return obj
}

func typeOf(t testing.TB, obj document.Object) *schema.ResourceType {
	t.Helper()
	if uris, ok := obj["schemas"].([]any); ok && slices.Contains(uris, any(schema.GroupURI)) {
		return resourceType(t, schema.Group)
	}
	return resourceType(t, schema.User)
}

func resourceType(t testing.TB, name string) *schema.ResourceType {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	return registry.Type(name)
}

func withFile(a *txtar.Archive, name, data string) *txtar.Archive {
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(data)})
	return a
}

func indent(t *testing.T, data []byte) string {
	t.Helper()
	v := jsontext.Value(data)
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		t.Fatal(err)
	}
	return string(v) + "\n"
}

func memberLines(t *testing.T, ops []patch.MemberOp) string {
	t.Helper()
	var b strings.Builder
	for _, op := range ops {
		line := map[string]any{"kind": op.Kind}
		if op.IDs != nil {
			line["ids"] = op.IDs
		}
		if op.Where != nil {
			line["where"] = expr(op.Where)
		}
		data, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	return b.String()
}

// expr writes a filter as text.
func expr(e filter.Expr) string {
	switch e := e.(type) {
	case filter.And:
		return exprs(e.Terms, " and ")
	case filter.Or:
		return exprs(e.Terms, " or ")
	case filter.Not:
		return "not (" + expr(e.Term) + ")"
	case filter.Compare:
		return fmt.Sprintf("%s %s %q", e.Path, e.Op, e.Value.Raw)
	case filter.Present:
		return e.Path.String() + " pr"
	default:
		return fmt.Sprintf("%v", e)
	}
}

func exprs(terms []filter.Expr, operator string) string {
	var texts []string
	for _, term := range terms {
		texts = append(texts, expr(term))
	}
	return "(" + strings.Join(texts, operator) + ")"
}

// describe writes a fault of one of the kinds that a request can cause.
func describe(t *testing.T, err error) string {
	t.Helper()
	kinds := map[fault.Kind]string{
		fault.InvalidSyntax: "invalidSyntax", fault.InvalidFilter: "invalidFilter", fault.InvalidPath: "invalidPath",
		fault.InvalidValue: "invalidValue", fault.NoTarget: "noTarget", fault.Mutability: "mutability", fault.TooLarge: "tooLarge",
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || kinds[f.Kind] == "" {
		t.Fatalf("fault of no kind that a client caused: %v", err)
	}
	return kinds[f.Kind] + "\n" + f.Detail + "\n"
}
