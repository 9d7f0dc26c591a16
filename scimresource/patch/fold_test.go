package patch_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// members is a set of members that takes operations one by one, and deltas.
type members map[string]bool

func (m members) apply(op patch.MemberOp) {
	if op.Kind == patch.RemoveAll || op.Kind == patch.ReplaceMembers {
		clear(m)
	}
	if op.Kind == patch.RemoveWhere {
		m.removeWhere(op.Where)
	}
	for _, id := range op.IDs {
		if op.Kind == patch.RemoveMembers {
			delete(m, id)
		} else {
			m[id] = true
		}
	}
}

func (m members) removeWhere(where filter.Expr) {
	maps.DeleteFunc(m, func(id string, _ bool) bool {
		matches, _ := (*filter.Budget)(nil).MatchElement(where, document.Object{"value": id}) // an endless budget has no faults
		return matches
	})
}

func (m members) applyDelta(d patch.MemberDelta) {
	if d.Clear {
		clear(m)
	}
	if d.Where != nil {
		m.removeWhere(d.Where)
	}
	for _, id := range d.Remove {
		delete(m, id)
	}
	for _, id := range d.Add {
		m[id] = true
	}
}

func (m members) ids() []string { return slices.Sorted(maps.Keys(m)) }

// parseMembers gives the operations on members of a body on a group.
func parseMembers(t testing.TB, body string) []patch.MemberOp {
	t.Helper()
	typ := resourceType(t, schema.Group)
	obj, err := document.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	ops, err := patch.Parse(typ, obj)
	if err != nil {
		t.Fatal(err)
	}
	group := document.Object{"schemas": []any{schema.GroupURI}, "displayName": "n"}
	result, err := patch.Apply(typ, group, ops)
	if err != nil {
		t.Fatal(err)
	}
	return result.Members
}

// TestMembersOfThree plays the requests on a group of three that clients send.
func TestMembersOfThree(t *testing.T) {
	m := members{"a": true, "b": true, "c": true}
	steps := []struct {
		operation string
		want      []string
	}{
		{`{"op":"Remove","path":"members","value":[{"value":"b"}]}`, []string{"a", "c"}},
		{`{"op":"remove","path":"members[value eq \"zzz\"]"}`, []string{"a", "c"}},
		{`{"op":"replace","value":{"id":"x","displayName":"n"}}`, []string{"a", "c"}},
		{`{"op":"Remove","path":"members","value":[]}`, []string{"a", "c"}},
		{`{"op":"add","path":"members","value":[{"value":"a","display":"x"}]}`, []string{"a", "c"}},
		{`{"op":"replace","value":{"members":[],"displayName":"n"}}`, nil},
		{`{"op":"remove","path":"members"}`, nil},
	}
	for _, step := range steps {
		for _, d := range patch.Fold(parseMembers(t, `{"Operations":[`+step.operation+`]}`)) {
			m.applyDelta(d)
		}
		if diff := cmp.Diff(step.want, m.ids()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.operation, diff)
		}
	}
}

func TestFoldWithoutOperations(t *testing.T) {
	if got := patch.Fold(nil); len(got) != 0 {
		t.Errorf("Fold(nil) = %v, want nothing", got)
	}
}

func TestFoldKeepsTheLastWord(t *testing.T) {
	got := patch.Fold([]patch.MemberOp{
		{Kind: patch.AddMembers, IDs: []string{"a", "b", "a"}},
		{Kind: patch.RemoveMembers, IDs: []string{"b", "c"}},
		{Kind: patch.AddMembers, IDs: []string{"c"}},
	})
	want := []patch.MemberDelta{{Add: []string{"a", "c"}, Remove: []string{"b"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Fold (-want +got):\n%s", diff)
	}
}

func TestFoldDropsWhatAClearUndoes(t *testing.T) {
	got := patch.Fold([]patch.MemberOp{
		{Kind: patch.AddMembers, IDs: []string{"a"}},
		{Kind: patch.RemoveWhere, Where: valueStarts(t, "x")},
		{Kind: patch.ReplaceMembers, IDs: []string{"b", "c"}},
		{Kind: patch.RemoveMembers, IDs: []string{"c", "d"}},
	})
	want := []patch.MemberDelta{{Clear: true, Add: []string{"b"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Fold (-want +got):\n%s", diff)
	}
}

func valueStarts(t testing.TB, prefix string) filter.Expr {
	t.Helper()
	value := resourceType(t, schema.Group).Root.Sub("members").Value()
	return filter.Compare{Path: filter.Path{value}, Op: filter.SW, Value: filter.Value{Key: prefix, Raw: prefix}}
}

// TestFoldEqualsOperations compares the deltas with the operations they stand
// for, on a set of any content.
func TestFoldEqualsOperations(t *testing.T) {
	conditions := map[string]filter.Expr{}
	for _, prefix := range []string{"a", "b", "c"} {
		conditions[prefix] = valueStarts(t, prefix)
	}
	ids := rapid.SliceOfN(rapid.StringMatching("[abc][12]"), 0, 5)
	op := rapid.Custom(func(t *rapid.T) patch.MemberOp {
		kind := rapid.SampledFrom([]patch.MemberKind{
			patch.AddMembers, patch.AddMembers, patch.RemoveMembers, patch.RemoveMembers,
			patch.RemoveWhere, patch.RemoveAll, patch.ReplaceMembers,
		}).Draw(t, "kind")
		out := patch.MemberOp{Kind: kind}
		switch kind {
		case patch.AddMembers, patch.RemoveMembers, patch.ReplaceMembers:
			out.IDs = ids.Draw(t, "ids")
		case patch.RemoveWhere:
			out.Where = conditions[rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "prefix")]
		case patch.RemoveAll:
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		want, got := members{}, members{}
		for _, id := range ids.Draw(t, "before") {
			want[id], got[id] = true, true
		}
		ops := rapid.SliceOfN(op, 0, 12).Draw(t, "operations")
		for _, op := range ops {
			want.apply(op)
		}
		for _, d := range patch.Fold(ops) {
			checkDelta(t, d)
			got.applyDelta(d)
		}
		if diff := cmp.Diff(want.ids(), got.ids()); diff != "" {
			t.Fatalf("members after the deltas (-want +got):\n%s", diff)
		}
	})
}

// checkDelta checks what a MemberDelta promises of itself.
func checkDelta(t *rapid.T, d patch.MemberDelta) {
	seen := map[string]bool{}
	for _, id := range slices.Concat(d.Add, d.Remove) {
		if seen[id] {
			t.Fatalf("%s stands twice in %+v", id, d)
		}
		seen[id] = true
	}
	if d.Clear && (d.Where != nil || d.Remove != nil) {
		t.Fatalf("%+v removes from what it clears", d)
	}
}
