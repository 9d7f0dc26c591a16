package document_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// TestNormalizeProperties states what holds of every body that is accepted.
func TestNormalizeProperties(t *testing.T) {
	for _, name := range []string{schema.User, schema.Group} {
		typ := resourceType(t, name)
		t.Run(name, func(t *testing.T) {
			accepted := 0
			rapid.Check(t, func(t *rapid.T) {
				in := body(typ.Root).Draw(t, "body")
				before := document.Clone(in)
				out, err := document.Normalize(typ, in)
				if !document.Equal(in, before) {
					t.Fatalf("Normalize changed its input to %v", in)
				}
				if err != nil {
					if !fault.Is(err, fault.InvalidValue) {
						t.Fatalf("not InvalidValue: %v", err)
					}
					return
				}
				accepted++
				checkCanonical(t, typ, out)
			})
			if accepted == 0 {
				t.Error("no body was accepted")
			}
		})
	}
}

// TestChangedIsEmptyForEqual compares pairs of documents, many of them equal.
func TestChangedIsEmptyForEqual(t *testing.T) {
	typ := resourceType(t, schema.User)
	rapid.Check(t, func(t *rapid.T) {
		before, after := canonical(t, typ, "before"), canonical(t, typ, "after")
		if rapid.Bool().Draw(t, "one attribute") { // else they'd hardly ever be equal or nearly so
			name := rapid.SampledFrom(typ.Root.Subs).Draw(t, "attribute").Name
			v, ok := after[name]
			after = document.Clone(before)
			delete(after, name)
			if ok {
				after[name] = v
			}
		}
		changed := document.Changed(typ, before, after)
		if (len(changed) == 0) != document.Equal(before, after) {
			t.Fatalf("Changed gives %v, Equal %v", changed, document.Equal(before, after))
		}
		if back := document.Changed(typ, after, before); !slices.Equal(changed, back) {
			t.Fatalf("Changed gives %v one way and %v the other", changed, back)
		}
	})
}

// TestSettleKeepsCanonical checks that Settle has nothing to do after Normalize
// but to look for what is required.
func TestSettleKeepsCanonical(t *testing.T) {
	typ := resourceType(t, schema.User)
	rapid.Check(t, func(t *rapid.T) {
		obj := canonical(t, typ, "body")
		settled := document.Clone(obj)
		if err := document.Settle(typ, settled); err != nil && !strings.HasSuffix(err.Error(), "is required") {
			t.Fatal(err)
		}
		if diff := cmp.Diff(obj, settled); diff != "" {
			t.Fatalf("-before +after:\n%s", diff)
		}
	})
}

// checkCanonical checks that a document is in canonical form.
func checkCanonical(t rapid.TB, typ *schema.ResourceType, obj document.Object) {
	t.Helper()
	again, err := document.Normalize(typ, obj)
	if diff := cmp.Diff(obj, again); diff != "" || err != nil {
		t.Fatalf("normalised again: error %v, -once +twice:\n%s", err, diff)
	}
	data := document.Append(nil, typ, obj)
	back, err := document.Decode(data)
	if diff := cmp.Diff(obj, back); diff != "" || err != nil {
		t.Fatalf("decoded %s: error %v, -encoded +decoded:\n%s", data, err, diff)
	}
	if !slices.Equal(document.AppendKeys(nil, typ, obj), document.AppendKeys(nil, typ, back)) {
		t.Fatal("the keys of equal documents differ")
	}
	checkPrimaries(t, typ.Root, obj)
}

func checkPrimaries(t rapid.TB, a *schema.Attr, obj document.Object) {
	t.Helper()
	for _, sub := range a.Subs {
		list, _ := obj[sub.Name].([]any)
		count := 0
		for _, e := range list {
			if e, ok := e.(document.Object); ok && e["primary"] == true {
				count++
			}
		}
		if count > 1 {
			t.Fatalf("%s has %d primary elements", sub.Path, count)
		}
	}
}

// canonical draws a normalised document.
func canonical(t *rapid.T, typ *schema.ResourceType, label string) document.Object {
	obj, err := document.Normalize(typ, body(typ.Root).Draw(t, label))
	if err != nil {
		t.Skip("not accepted")
	}
	return obj
}

// body draws an object such as a client might send for a: names in any case,
// some of them unknown, values mostly of the right type.
func body(a *schema.Attr) *rapid.Generator[document.Object] {
	return rapid.Custom(func(t *rapid.T) document.Object {
		obj := document.Object{}
		for range rapid.IntRange(0, 5).Draw(t, "size") {
			sub := rapid.SampledFrom(a.Subs).Draw(t, "attribute")
			name := rapid.SampledFrom([]string{sub.Name, sub.Name, sub.Name, strings.ToUpper(sub.Name), sub.Path, "unknown"}).Draw(t, "name")
			if !taken(obj, name) {
				obj[name] = attributeValue(t, sub)
			}
		}
		return obj
	})
}

func taken(obj document.Object, name string) bool {
	for other := range obj {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

func attributeValue(t *rapid.T, a *schema.Attr) any {
	if !a.Multi || rapid.IntRange(0, 9).Draw(t, "single") == 0 {
		return element(t, a)
	}
	list := []any{}
	for range rapid.IntRange(0, 5).Draw(t, "length") {
		list = append(list, element(t, a))
	}
	return list
}

func element(t *rapid.T, a *schema.Attr) any {
	if rapid.IntRange(0, 29).Draw(t, "odd") == 0 {
		return rapid.SampledFrom([]any{nil, "", "x", json.Number("1e400"), true, []any{}, []any{"x"}, document.Object{}, document.Object{"value": "x"}}).Draw(t, "odd value")
	}
	switch a.Type {
	case schema.Boolean:
		return rapid.SampledFrom([]any{true, false, "True", "FALSE"}).Draw(t, "boolean")
	case schema.Integer, schema.Decimal:
		return rapid.SampledFrom([]any{json.Number("0"), json.Number("-7"), "42"}).Draw(t, "number")
	case schema.DateTime:
		return rapid.SampledFrom([]any{"2024-02-29T10:00:00Z", "2024-02-29T12:00:00.000+02:00", "2024-02-29T10:00:00"}).Draw(t, "dateTime")
	case schema.Binary:
		return rapid.SampledFrom([]any{"AAAA", "AA==", "-_8"}).Draw(t, "binary")
	case schema.Complex:
		return body(a).Draw(t, "complex")
	case schema.String, schema.Reference:
	}
	return rapid.OneOf(rapid.SampledFrom([]string{"a", "A", "b", "work", "WORK", "ß", "ss", "https://x/Users/1"}), rapid.String().Filter(noNUL)).Draw(t, "string")
}

func noNUL(s string) bool { return !strings.Contains(s, "\x00") }

func FuzzNormalize(f *testing.F) {
	f.Add([]byte(typicalUser))
	addGolden(f)
	f.Add([]byte(`{"emails":[{"primary":true},{"primary":"true","value":"a"}],"name.givenName":"x","department":1}`))
	f.Add([]byte(`{"members":["a",{"$ref":"x/a"}],"displayName":5,"` + badge + `":{"number":"1","doors":[{"floor":1}]}}`))
	types := []*schema.ResourceType{resourceType(f, schema.User), resourceType(f, schema.Group)}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, err := document.Decode(data)
		if err != nil {
			return
		}
		for _, typ := range types {
			out, err := document.Normalize(typ, in)
			if err != nil {
				if !fault.Is(err, fault.InvalidValue) {
					t.Errorf("not InvalidValue: %v", err)
				}
				continue
			}
			checkCanonical(t, typ, out)
		}
	})
}

// addGolden adds the inputs of the golden files to a corpus.
func addGolden(f *testing.F) {
	files, err := filepath.Glob("testdata/normalize/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
}
