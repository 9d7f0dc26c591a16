package storagetest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// population are resources of one type, as stored and as SCIM shows them.
type population struct {
	typ    *schema.ResourceType
	shown  map[string]document.Object // by id
	ids    []string                   // ascending
	values map[string][]any           // attribute path → values that occur
	paths  []filter.Path              // all attributes, the complex ones too
}

// words meet each other often, and hold what databases might take for syntax or
// compare differently.
func words() []string {
	return []string{
		"a", "A", "ab", "Ab", "aB", "ba", "b", "work", "WORK", "a%", "%", "_", "a_b", `\`, "'", `"`, "a b", " ", "ß", "ss", "SS",
		"é", "e\u0301", "İ", "i", "漢字", "字", "\ufffd", "\ue000", "\ud7ff", "\U0010ffff", "a\U0010ffff", "𐐀", "𐐨", "true", "1", "{}", "[]", "null",
	}
}

// populate stores users and groups, some of them members of each other, and
// gives both as read with everything.
func populate(t *testing.T, w *world) []*population {
	r := rand.New(rand.NewPCG(7, 644)) //nolint:gosec // the same resources in every run
	var users, groups []*scimresource.Resource
	for n := range 70 {
		if u := w.random(t, r, w.user(), n); u != nil {
			users = append(users, u)
		}
	}
	for n := range 20 {
		if g := w.random(t, r, w.group(), n); g != nil {
			groups = append(groups, g)
		}
	}
	for i, g := range groups {
		members := slices.Concat(pick(r, users, 6), pick(r, groups, 2))
		members = slices.DeleteFunc(members, func(m *scimresource.Resource) bool { return m.ID == g.ID })
		if i%4 > 0 {
			groups[i] = w.addMembers(t, g, members...)
		}
	}
	return []*population{w.population(t, w.user()), w.population(t, w.group())}
}

// pick gives up to n of the list, each once.
func pick(r *rand.Rand, list []*scimresource.Resource, n int) []*scimresource.Resource {
	picked := make([]*scimresource.Resource, 0, n)
	for _, i := range r.Perm(len(list))[:r.IntN(n+1)] {
		picked = append(picked, list[i])
	}
	return picked
}

// random stores a resource with any attributes, or gives nil where it drew the
// userName or externalId of another.
func (w *world) random(t *testing.T, r *rand.Rand, typ *schema.ResourceType, n int) *scimresource.Resource {
	body := randomObject(r, typ.Root)
	name := map[string]string{schema.User: "userName", schema.Group: "displayName"}[typ.Name]
	body[name] = words()[n%len(words())] + strings.Repeat("x", n/len(words()))
	for _, derived := range []string{"id", "meta", "groups", "members", "password", "schemas"} {
		delete(body, derived)
	}
	obj, err := document.Normalize(typ, body)
	if err != nil {
		t.Fatalf("%v: %v", body, err)
	}
	res := w.resource(t, typ, string(document.Append(nil, typ, obj)))
	res.Version = 1 + r.Int64N(3)
	err = w.apply(t, scimresource.Change{After: res})
	if fault.Is(err, fault.Uniqueness) {
		return nil
	}
	must(t, err)
	return res
}

func randomObject(r *rand.Rand, a *schema.Attr) document.Object {
	obj := document.Object{}
	for _, sub := range a.Subs {
		if r.IntN(2) == 0 {
			continue
		}
		if !sub.Multi {
			obj[sub.Name] = randomValue(r, sub)
			continue
		}
		list := []any{}
		for range r.IntN(4) {
			list = append(list, randomValue(r, sub))
		}
		obj[sub.Name] = list
	}
	return obj
}

func randomValue(r *rand.Rand, a *schema.Attr) any {
	if a.Type == schema.Complex {
		return randomObject(r, a)
	}
	values := valuesOf(a.Type)
	return values[r.IntN(len(values))]
}

// valuesOf gives values of a type, some of them equal though they differ in text.
func valuesOf(typ schema.Type) []any {
	switch typ {
	case schema.Boolean:
		return []any{true, false}
	case schema.Integer:
		return []any{json.Number("0"), json.Number("-1"), json.Number("7"), json.Number("10"), json.Number("9007199254740993")}
	case schema.Decimal:
		return []any{json.Number("0"), json.Number("-0.5"), json.Number("0.50"), json.Number("1e3"), json.Number("1000")}
	case schema.DateTime:
		return []any{
			"2024-02-29T10:00:00Z", "2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00.000000001Z", "1969-12-31T23:59:59.9999999Z", "2024-02-29T10:00:00.5",
		}
	case schema.Binary:
		return []any{"AAAA", "AA=="}
	case schema.String, schema.Reference, schema.Complex:
	}
	var list []any
	for _, s := range words() {
		list = append(list, s)
	}
	return list
}

// population reads all resources of a type.
func (w *world) population(t *testing.T, typ *schema.ResourceType) *population {
	page, err := w.store.List(t.Context(), scimresource.Query{Type: typ, Limit: 1000, Include: scimresource.Include{Groups: true, Members: true}})
	must(t, err)
	p := &population{typ: typ, shown: map[string]document.Object{}, ids: ids(page.Resources), values: map[string][]any{}}
	for _, r := range page.Resources {
		data, err := w.hub.Append(nil, r, document.Projection{})
		must(t, err)
		obj, err := document.Decode(data)
		must(t, err)
		p.shown[r.ID] = obj
		p.note(typ.Root, obj)
	}
	p.addPaths(typ.Root, nil)
	return p
}

// note collects the values that occur in an object.
func (p *population) note(a *schema.Attr, v any) {
	switch v := v.(type) {
	case document.Object:
		for _, sub := range a.Subs {
			if value, ok := v[sub.Name]; ok {
				p.note(sub, value)
			}
		}
	case []any:
		for _, e := range v {
			p.note(a, e)
		}
	default:
		p.values[a.Path] = append(p.values[a.Path], v)
	}
}

func (p *population) addPaths(a *schema.Attr, to filter.Path) {
	for _, sub := range a.Subs {
		path := append(slices.Clone(to), sub)
		if !sub.Extension {
			p.paths = append(p.paths, path)
		}
		p.addPaths(sub, path)
	}
}
