package patch

import (
	"maps"
	"slices"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Touched gives the paths of the attributes that a request names, each once, in
// the order of the request: those for which an attribute that is returned on
// request only counts as requested (RFC 7643 §7, returned). The sub-attributes
// in an object or in an array of objects are named too.
func Touched(ops []Operation) []string {
	t := toucher{seen: map[string]bool{}}
	for _, op := range ops {
		a := op.Target.Path[len(op.Target.Path)-1]
		t.add(a)
		if op.Target.Sub != nil {
			a = op.Target.Sub
			t.add(a)
		}
		t.addNamed(a, op.Value)
	}
	return t.paths
}

type toucher struct {
	paths []string
	seen  map[string]bool
}

func (t *toucher) add(a *schema.Attr) {
	if !t.seen[a.Path] {
		t.seen[a.Path] = true
		t.paths = append(t.paths, a.Path)
	}
}

// addNamed adds the sub-attributes of a that a value names.
func (t *toucher) addNamed(a *schema.Attr, value any) {
	if len(a.Subs) == 0 {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, elem := range v {
			t.addNamed(a, elem)
		}
	case document.Object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if sub := subNamed(a, name); sub != nil {
				t.add(sub)
				t.addNamed(sub, v[name])
			}
		}
	}
}
