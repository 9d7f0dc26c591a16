package document_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestDecode(t *testing.T) {
	got := decode(t, ` {"a": [1.50, "x", true, false, null, {}, []], "b": {"c": -0e+1}} `)
	want := document.Object{
		"a": []any{json.Number("1.50"), "x", true, false, nil, document.Object{}, []any{}},
		"b": document.Object{"c": json.Number("-0e+1")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDecodeFaults(t *testing.T) {
	const notJSON = "the body is not valid JSON, at byte "
	tests := []struct{ name, in, want string }{
		{"empty", "", "the body is empty; it must be one JSON object"},
		{"blank", " \n", "the body is empty; it must be one JSON object"},
		{"null", "null", "the body must be one JSON object"},
		{"array", "[]", "the body must be one JSON object"},
		{"string", `"secret"`, "the body must be one JSON object"},
		{"text", "secret", notJSON + "0"},
		{"unclosed", `{"a": {"b": [1`, "the body ends before the JSON object does, at byte 14 (/a/b)"},
		{"bare name", `{"a": 1, secret: 2}`, notJSON + "9"},
		{"leading zero", `{"a": 01}`, notJSON + "7"},
		{"infinity", `{"a": Infinity}`, notJSON + "6 (/a)"},
		{"comment", `{"a": 1 /* secret */}`, notJSON + "8"},
		{"trailing comma", `{"a": 1,}`, notJSON + "7"},
		{"control character", "{\"a\": \"se\ncret\"}", notJSON + "9 (/a)"},
		{"bad escape", `{"a": "\secret"}`, notJSON + "7 (/a)"},
		{"second object", `{"a": 1} {"a": 2}`, "the JSON object ends at byte 8 of the body; nothing may follow it"},
		{"text behind", `{"a": 1}secret`, "the JSON object ends at byte 8 of the body; nothing may follow it"},
		{"no UTF-8", "{\"a\": \"\xff\"}", "the body is not valid UTF-8, at byte 7 (/a)"},
		{"UTF-16", "{\x00\"\x00a\x00", notJSON + "1"},
		{"lone surrogate", `{"a": "\ud800"}`, notJSON + "7 (/a)"},
		{"NUL", `{"a": {"b": "se\u0000cret"}}`, "the body holds the character NUL, which is not allowed, before byte 26 (/a/b)"},
		{"NUL in name", `{"\u0000": 1}`, "the body holds the character NUL, which is not allowed, before byte 9"},
		{"same name", `{"a": {"b": 1, "b": 1}}`, "the body holds a name that occurs twice in its object (names that differ only in case are the same), before byte 18 (/a/b)"},
		{"same name escaped", `{"a": 1, "\u0061": 1}`, "the body holds a name that occurs twice in its object (names that differ only in case are the same), before byte 17 (/a)"},
		{"same name in other case", `{"userName": 1, "USERNAME": 1}`, "the body holds a name that occurs twice in its object (names that differ only in case are the same), before byte 26 (/USERNAME)"},
		{"long name", `{"` + strings.Repeat("a", 300) + `": x}`, notJSON + "305"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			obj, err := document.Decode([]byte(tt.in))
			if err == nil || obj != nil {
				t.Fatalf("Decode gave %v, %v", obj, err)
			}
			if got := describe(t, err); got != "invalidSyntax\n"+tt.want+"\n" {
				t.Errorf("got %s, want invalidSyntax\n%s", got, tt.want)
			}
		})
	}
}

func TestDecodeDepth(t *testing.T) {
	for _, pair := range [][2]string{{`{"a":`, `}`}, {`[`, `]`}} {
		at := func(depth int) error { // the outermost object is the first level
			in := `{"a":` + strings.Repeat(pair[0], depth-1) + "1" + strings.Repeat(pair[1], depth-1) + "}"
			_, err := document.Decode([]byte(in))
			return err
		}
		if err := at(32); err != nil {
			t.Errorf("32 levels of %s: %v", pair[0], err)
		}
		for _, depth := range []int{33, 100_000} {
			if err := at(depth); !fault.Is(err, fault.InvalidSyntax) || !strings.Contains(err.Error(), "32 levels") {
				t.Errorf("%d levels of %s: %v", depth, pair[0], err)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(typicalUser))
	f.Add([]byte(`{"a":[{"b":"\ud83d\ude00"},1e-9,null],"A":{}}`))
	f.Add([]byte(`{"\u0000":"\ud800","ſ":"K"}`))
	typ := resourceType(f, schema.User)
	f.Fuzz(func(t *testing.T, data []byte) {
		obj, err := document.Decode(data)
		if err != nil {
			if !fault.Is(err, fault.InvalidSyntax) {
				t.Errorf("not InvalidSyntax: %v", err)
			}
			return
		}
		if !json.Valid(data) {
			t.Error("accepted what encoding/json refuses")
		}
		if !document.Equal(obj, document.Clone(obj)) {
			t.Error("a clone differs")
		}
		if out := document.Append(nil, typ, obj); !json.Valid(out) {
			t.Errorf("encoded as %q", out)
		}
	})
}
