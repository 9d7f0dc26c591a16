package storagetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// filtersPerCheck makes one check of rapid worth its overhead.
const filtersPerCheck = 5

// testFilterOracle compares what a filter selects in the database with what
// filter.Match says of the resources as they are shown.
func testFilterOracle(t *testing.T, w *world) {
	for _, p := range populate(t, w) {
		t.Run(p.typ.Name, func(t *testing.T) {
			compared, selected := 0, 0
			rapid.Check(t, func(rt *rapid.T) {
				for range filtersPerCheck {
					text := p.drawFilter(rt)
					n, ok := p.compare(rt, w, text)
					if ok {
						compared++
					}
					if 0 < n && n < len(p.ids) {
						selected++
					}
				}
			})
			t.Logf("%d filters compared, of which %d select some and not all", compared, selected)
			if selected < 50 {
				t.Error("the filters say too little")
			}
		})
	}
}

// compare runs one filter both ways. It gives how many resources matched, and
// whether the filter can be run.
func (p *population) compare(t *rapid.T, w *world, text string) (int, bool) {
	t.Helper()
	expr, err := filter.ParseExpr(p.typ, text)
	if fault.Is(err, fault.InvalidFilter) {
		return 0, false // the operator is not for the attribute
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	page, err := w.store.List(t.Context(), scimresource.Query{Type: p.typ, Filter: expr, Limit: 1000})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	want := []string{}
	for _, id := range p.ids {
		if filter.Match(expr, p.shown[id]) {
			want = append(want, id)
		}
	}
	got := ids(page.Resources)
	if !slices.Equal(got, want) || page.Total != len(want) {
		t.Fatalf("filter %s\ngot  %v, total %d\nwant %v\n%s", text, got, page.Total, want, p.firstDifference(got, want))
	}
	return len(want), true
}

// firstDifference shows a resource that only one side has.
func (p *population) firstDifference(got, want []string) string {
	for _, id := range p.ids {
		if slices.Contains(got, id) != slices.Contains(want, id) {
			data, _ := json.Marshal(p.shown[id]) // it was decoded from JSON
			return string(data)
		}
	}
	return ""
}

// drawFilter gives the text of a filter, mostly one that can be run.
func (p *population) drawFilter(t *rapid.T) string {
	return drawTree(t, rapid.IntRange(0, 2).Draw(t, "depth"), func() string {
		path := rapid.SampledFrom(p.paths).Draw(t, "attribute")
		a := path[len(path)-1]
		if a.Type == schema.Complex && a.Multi && rapid.Bool().Draw(t, "value path") {
			return a.Path + "[" + drawTree(t, rapid.IntRange(0, 2).Draw(t, "inner depth"), func() string {
				sub := rapid.SampledFrom(a.Subs).Draw(t, "sub-attribute")
				return p.drawTest(t, sub.Name, sub)
			}) + "]"
		}
		return p.drawTest(t, a.Path, a)
	})
}

// drawTree joins tests by and, or and not.
func drawTree(t *rapid.T, depth int, leaf func() string) string {
	if depth == 0 {
		return leaf()
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return "(" + drawTree(t, depth-1, leaf) + " and " + drawTree(t, depth-1, leaf) + ")"
	case 1:
		return "(" + drawTree(t, depth-1, leaf) + " or " + drawTree(t, depth-1, leaf) + ")"
	case 2:
		return "not (" + drawTree(t, depth-1, leaf) + ")"
	default:
		return leaf()
	}
}

// drawTest gives a test of one attribute under a name.
func (p *population) drawTest(t *rapid.T, name string, a *schema.Attr) string {
	op := rapid.SampledFrom([]string{"eq", "eq", "ne", "pr", "co", "sw", "ew", "gt", "ge", "lt", "le"}).Draw(t, "operator")
	if op == "pr" {
		return name + " pr"
	}
	return name + " " + op + " " + p.drawLiteral(t, a, op)
}

// drawLiteral prefers values that occur, or are near those that do.
func (p *population) drawLiteral(t *rapid.T, a *schema.Attr, op string) string {
	if a.Type == schema.Complex && a.Value() != nil {
		a = a.Value()
	}
	known := p.values[a.Path]
	if a.Type == schema.String && (len(known) == 0 || rapid.IntRange(0, 3).Draw(t, "any word") == 0) || len(known) == 0 {
		known = valuesOf(a.Type)
	}
	switch v := rapid.SampledFrom(known).Draw(t, "value").(type) {
	case string:
		return quote(p.drawPart(t, v, a, op))
	default:
		return fmt.Sprint(v)
	}
}

// drawPart gives a part of a value where the operator looks for one, and a time
// close to a time.
func (p *population) drawPart(t *rapid.T, s string, a *schema.Attr, op string) string {
	if a.Type == schema.DateTime {
		at, err := schema.ParseDateTime(s)
		if err != nil {
			return s
		}
		near := []time.Duration{0, 0, 1, -1, 999, time.Microsecond, -time.Microsecond, time.Second}
		return at.Add(rapid.SampledFrom(near).Draw(t, "distance")).Format(time.RFC3339Nano)
	}
	runes := []rune(s)
	from, to := 0, len(runes)
	if op == "co" || op == "ew" {
		from = rapid.IntRange(0, len(runes)).Draw(t, "from")
	}
	if op == "co" || op == "sw" {
		to = rapid.IntRange(from, len(runes)).Draw(t, "to")
	}
	return string(runes[from:to])
}

// testSortOracle sorts by every attribute, in the database and in memory.
func testSortOracle(t *testing.T, w *world) {
	for _, p := range populate(t, w) {
		for _, path := range p.paths {
			for _, order := range []string{"ascending", "descending"} {
				p.compareSort(t, w, path, order)
			}
		}
	}
}

func (p *population) compareSort(t *testing.T, w *world, path filter.Path, order string) {
	t.Helper()
	sort, err := filter.ParseSort(p.typ, path.String(), order)
	if err != nil {
		return // complex, or never returned
	}
	page, err := w.store.List(t.Context(), scimresource.Query{Type: p.typ, Sort: sort, Limit: 1000})
	if first := path[0].Name; fault.Is(err, fault.InvalidValue) &&
		(first == "groups" || first == "members" || sort.Path[len(sort.Path)-1].Type == schema.Binary) {
		return
	}
	if err != nil {
		t.Fatalf("by %s: %v", path, err)
	}
	want := slices.Clone(p.ids)
	slices.SortStableFunc(want, func(x, y string) int {
		c := p.compareKeys(*sort, x, y)
		if sort.Descending {
			c = -c
		}
		return cmp.Or(c, strings.Compare(x, y))
	})
	if got := ids(page.Resources); !slices.Equal(got, want) {
		t.Errorf("by %s, %s:\ngot  %v\nwant %v", path, order, got, want)
	}
}

// compareKeys orders two resources ascending, one without a value last.
func (p *population) compareKeys(s filter.Sort, x, y string) int {
	a, hasA := s.Key(p.shown[x])
	b, hasB := s.Key(p.shown[y])
	switch {
	case hasA && hasB:
		return strings.Compare(a, b)
	case hasA:
		return -1
	case hasB:
		return 1
	default:
		return 0
	}
}
