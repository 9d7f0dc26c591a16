package scim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page is what a ListResponse says, and the userNames or displayNames in it.
type page struct {
	total, start, items int
	names               []string
}

func (h *hub) list(t testing.TB, path string) page {
	t.Helper()
	body := h.get(t, path).object(t, http.StatusOK)
	if diff := cmp.Diff(any([]any{listURI}), body["schemas"]); diff != "" {
		t.Errorf("schemas: %s", diff)
	}
	resources, ok := body["Resources"].([]any)
	if !ok {
		t.Fatalf("Resources is no array: %v", body)
	}
	p := page{total: integer(t, body, "totalResults"), start: integer(t, body, "startIndex"), items: integer(t, body, "itemsPerPage")}
	for _, r := range resources {
		r, _ := r.(object)
		p.names = append(p.names, str(r, "userName")+str(r, "displayName"))
	}
	return p
}

func integer(t testing.TB, o object, name string) int {
	t.Helper()
	n, ok := o[name].(float64)
	if !ok {
		t.Fatalf("%s is no number: %v", name, o[name])
	}
	return int(n)
}

func newDirectory(t testing.TB, users int) *hub {
	t.Helper()
	h := newHub(t)
	for i := range users {
		h.create(t, "/Users", fmt.Sprintf(`{"userName":"user%03d","title":"T%d"}`, i, i%2))
	}
	return h
}

func TestPages(t *testing.T) {
	h := newDirectory(t, 5)
	tests := []struct {
		query string
		want  page
	}{
		{"", page{5, 1, 5, []string{"user000", "user001", "user002", "user003", "user004"}}},
		{"?", page{5, 1, 5, []string{"user000", "user001", "user002", "user003", "user004"}}},
		{"?aadOptscim062020&count=1", page{5, 1, 1, []string{"user000"}}},
		{"?startIndex=2&count=2", page{5, 2, 2, []string{"user001", "user002"}}},
		{"?startIndex=5&count=2", page{5, 5, 1, []string{"user004"}}},
		{"?startIndex=6&count=2", page{5, 6, 0, nil}},
		{"?startIndex=999999999999", page{5, 2147483647, 0, nil}},
		{"?startIndex=0&count=1", page{5, 1, 1, []string{"user000"}}},
		{"?startIndex=-1&count=1", page{5, 1, 1, []string{"user000"}}},
		{"?count=0", page{5, 1, 0, nil}},
		{"?count=-5", page{5, 1, 0, nil}},
		{"?count=5000&startIndex=4", page{5, 4, 2, []string{"user003", "user004"}}},
		{"?filter=", page{5, 1, 5, []string{"user000", "user001", "user002", "user003", "user004"}}},
		{"?filter=USERNAME+EQ+%22USER003%22", page{1, 1, 1, []string{"user003"}}},
		{"?filter=userName+eq+%22nobody%22", page{0, 1, 0, nil}},
		{"?filter=title+eq+%22t1%22&sortBy=userName&sortOrder=descending", page{2, 1, 2, []string{"user003", "user001"}}},
		{"?sortBy=userName&sortOrder=descending&count=2", page{5, 1, 2, []string{"user004", "user003"}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, h.list(t, "/Users"+tt.query), cmp.AllowUnexported(page{})); diff != "" {
			t.Errorf("%q: %s", tt.query, diff)
		}
	}
}

func TestPagesAreCappedAndHaveADefault(t *testing.T) {
	h := newDirectory(t, 103)
	if p := h.list(t, "/Users"); p.items != 100 || p.total != 103 {
		t.Errorf("%d of %d", p.items, p.total)
	}
	if p := h.list(t, "/Users?count=1000"); p.items != 103 {
		t.Errorf("%d of %d", p.items, p.total)
	}
}

func TestBadQueries(t *testing.T) {
	h := newDirectory(t, 1)
	tests := []struct{ query, scimType string }{
		{"count=abc", "invalidValue"},
		{"startIndex=1.5", "invalidValue"},
		{"sortBy=userName&sortOrder=sideways", "invalidValue"},
		{"filter=userName", "invalidFilter"},
		{"filter=userName+is+%22x%22", "invalidFilter"},
		{"filter=userName+eq+%22a%22&filter=userName+eq+%22b%22", "invalidValue"},
		{"filter=" + strings.Repeat("(", 100_000), "invalidFilter"},
		{"filter=userName+eq+%22%ff%22", "invalidFilter"},
		{"filter=userName+eq+%22%00%22", "invalidFilter"},
		{"filter=%", "invalidValue"},
	}
	for _, tt := range tests {
		h.get(t, "/Users?"+tt.query).fault(t, http.StatusBadRequest, tt.scimType)
	}
	if p := h.list(t, "/Users"); p.total != 1 {
		t.Errorf("after all that, %d users", p.total)
	}
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	h := newDirectory(t, 1)
	path := "/Users?" + url.Values{"verbose": {"1"}, "$top": {"x"}, "cursor": {""}}.Encode()
	if p := h.list(t, path); p.items != 1 {
		t.Errorf("%+v", p)
	}
}
