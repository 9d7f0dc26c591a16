package scimclient_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/scimclient"
)

// dialect is a SCIM server that differs from the hub where servers do: an API
// key, 50 resources a page at the most, filters of eq alone, plain JSON, and
// whatever a test makes of its answers.
type dialect struct {
	users    int
	cursors  bool                         // page by cursor (RFC 9865)
	counted  func(users, onPage int) any  // totalResults
	envelope func(page map[string]any)    // changes an answer
	refuse   func(start int) (status int) // a page; 0: not
	deaf     bool                         // to startIndex

	requests []string
}

func (d *dialect) start(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(d)
	t.Cleanup(web.Close)
	return web.URL
}

func (d *dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.requests = append(d.requests, r.URL.RawQuery)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.Header.Get("Authorization") != "ApiKey sesame" {
		d.fail(w, http.StatusUnauthorized, "", "who are you?")
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/Users/"); ok {
		d.user(w, id)
		return
	}
	d.list(w, r)
}

func (d *dialect) fail(w http.ResponseWriter, status int, scimType, detail string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": strconv.Itoa(status), "scimType": scimType, "detail": detail})
}

func (d *dialect) user(w http.ResponseWriter, id string) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > d.users {
		d.fail(w, http.StatusNotFound, "", "no such user")
		return
	}
	_ = json.NewEncoder(w).Encode(d.record(n))
}

// record is a user with an id that is a number, names in other letters, and no
// schemas.
func (*dialect) record(n int) map[string]any {
	return map[string]any{"ID": n, "username": fmt.Sprintf("u%d@example.com", n), "Active": "True"}
}

func (d *dialect) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	start, _ := strconv.Atoi(q.Get("startIndex"))
	if text := q.Get("cursor"); text != "" {
		start, _ = strconv.Atoi(strings.TrimPrefix(text, "after "))
		start++
	}
	if start = max(start, 1); d.deaf {
		start = 1
	}
	if d.refuse != nil {
		if status := d.refuse(start); status != 0 {
			d.fail(w, status, "expiredCursor", "nothing there")
			return
		}
	}
	first, last := start, d.users
	if filter := q.Get("filter"); filter != "" {
		attr, value, ok := strings.Cut(filter, " eq ")
		if !ok || attr != "userName" {
			d.fail(w, http.StatusBadRequest, "invalidFilter", "userName eq is all that is understood")
			return
		}
		value = strings.Trim(value, `"`)
		first, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(value, "u"), "@example.com"))
		last = min(first, d.users)
	}
	d.answer(w, q.Has("cursor") || d.cursors, first, last, q.Get("count"))
}

func (d *dialect) answer(w http.ResponseWriter, byCursor bool, first, last int, asked string) {
	size, _ := strconv.Atoi(asked)
	size = min(size, 50)
	list := []any{}
	for n := first; n <= last && len(list) < size; n++ {
		list = append(list, d.record(n))
	}
	page := map[string]any{"totalResults": strconv.Itoa(max(last-first+1, d.users)), "itemsPerPage": "100", "startIndex": "1", "Resources": list}
	if last < d.users {
		page["totalResults"] = len(list)
	}
	if d.counted != nil {
		page["totalResults"] = d.counted(d.users, len(list))
	}
	if d.cursors && byCursor && first+len(list) <= last {
		page["nextCursor"] = fmt.Sprintf("after %d", first+len(list)-1)
	}
	if d.envelope != nil {
		d.envelope(page)
	}
	_ = json.NewEncoder(w).Encode(page)
}

func numbers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(i+1))
	}
	return ids
}

// TestDialects lists all of servers that page and count in ways of their own.
func TestDialects(t *testing.T) {
	tests := []struct {
		name   string
		server dialect
		pages  []int
	}{
		{"fifty a page, numbers as strings", dialect{users: 120}, []int{50, 50, 20, 0}},
		{"full pages only", dialect{users: 100}, []int{50, 50, 0}},
		{"nobody", dialect{}, []int{0}},
		{"counts the page", dialect{users: 120, counted: func(_, onPage int) any { return onPage }}, []int{50, 50, 20, 0}},
		{"counts too many", dialect{users: 60, counted: func(users, _ int) any { return users * 7 }}, []int{50, 10, 0}},
		{"counts half", dialect{users: 120, counted: func(users, _ int) any { return users / 2 }}, []int{50, 50, 20, 0}},
		{"counts in words", dialect{users: 60, counted: func(int, int) any { return "many" }}, []int{50, 10, 0}},
		{"refuses what is behind the end", dialect{users: 100, refuse: func(start int) int {
			if start > 100 {
				return http.StatusBadRequest
			}
			return 0
		}}, []int{50, 50, 0}},
		{"always shows all", dialect{users: 30, deaf: true}, []int{30, 0}},
		{"by cursor, unasked", dialect{users: 120, cursors: true}, []int{50, 50, 20, 0}},
		{"other letters", dialect{users: 60, envelope: func(page map[string]any) {
			page["resources"], page["TotalResults"] = page["Resources"], page["totalResults"]
			delete(page, "Resources")
			delete(page, "totalResults")
		}}, []int{50, 10, 0}},
		{"null where nobody is", dialect{users: 50, envelope: func(page map[string]any) {
			if list, _ := page["Resources"].([]any); len(list) == 0 {
				page["Resources"] = nil
			}
		}}, []int{50, 0}},
		{"nothing where nobody is", dialect{users: 50, envelope: func(page map[string]any) {
			if list, _ := page["Resources"].([]any); len(list) == 0 {
				delete(page, "Resources")
			}
		}}, []int{50, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids, pages := collect(t, newClient(tt.server.start(t), "ApiKey sesame", 100), "/Users", scimclient.Listing{})
			if tt.server.cursors && len(pages) > 0 && pages[len(pages)-1] != 0 {
				pages = append(pages, 0) // no need to look behind the last
			}
			if !slices.Equal(pages, tt.pages) || !slices.Equal(ids, numbers(tt.server.users)) {
				t.Errorf("pages of %v, want %v; %d users of %d", pages, tt.pages, len(ids), tt.server.users)
			}
		})
	}
}

// TestDialectCursors asks for cursors from the first page on.
func TestDialectCursors(t *testing.T) {
	for _, understands := range []bool{true, false} {
		d := dialect{users: 120, cursors: understands}
		c := scimclient.New(scimclient.Config{BaseURL: d.start(t), Cursors: true, Remote: remoteWith("ApiKey sesame")})
		if ids, pages := collect(t, c, "/Users", scimclient.Listing{}); !slices.Equal(ids, numbers(120)) {
			t.Errorf("understood: %v; pages of %v", understands, pages)
		}
		if !strings.HasSuffix(d.requests[0], "cursor=") {
			t.Errorf("asked %q", d.requests)
		}
	}
}

func TestDialectReads(t *testing.T) {
	d := dialect{users: 120}
	c := newClient(d.start(t), "ApiKey sesame", 0)
	user, err := c.Get(t.Context(), "/Users", "7")
	must(t, err)
	if user["id"] != "7" || user["userName"] != "u7@example.com" || user["active"] != "True" || len(user) != 3 {
		t.Errorf("got %v", user)
	}
	found, only, err := c.Find(t.Context(), "/Users", `userName eq "u9@example.com"`)
	must(t, err)
	if !only || found["id"] != "9" {
		t.Errorf("found %v, only %v", found, only)
	}
	if _, err = c.Get(t.Context(), "/Users", "121"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a user who isn't there: %v", err)
	}
	if _, _, err = c.Find(t.Context(), "/Users", `userName sw "u"`); !fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), "userName eq is all") {
		t.Errorf("a filter that isn't understood: %v", err)
	}
}

// TestDialectFaults lists what can't be listed: nothing of it may be taken for
// the whole.
func TestDialectFaults(t *testing.T) {
	fails := func(start, status int) func(int) int {
		return func(at int) int {
			if at >= start {
				return status
			}
			return 0
		}
	}
	tests := []struct {
		name   string
		server dialect
		kind   fault.Kind
	}{
		{"breaks in the middle", dialect{users: 120, refuse: fails(51, 500)}, fault.Unavailable},
		{"refuses in the middle", dialect{users: 120, refuse: fails(51, 400)}, fault.InvalidValue},
		{"shuts out in the middle", dialect{users: 120, refuse: fails(51, 403)}, fault.Forbidden},
		{"cursor expires", dialect{users: 120, cursors: true, refuse: fails(51, 400)}, fault.Gone},
		{"first page for ever", dialect{users: 120, deaf: true}, fault.InvalidValue},
		{"without ids", dialect{users: 3, envelope: func(page map[string]any) {
			page["Resources"] = []any{map[string]any{"userName": "x"}}
		}}, fault.InvalidValue},
		{"no list", dialect{envelope: func(page map[string]any) { clear(page) }}, fault.InvalidValue},
		{"list of words", dialect{envelope: func(page map[string]any) { page["Resources"] = "x" }}, fault.InvalidValue},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var last error
			for _, err := range newClient(tt.server.start(t), "ApiKey sesame", 100).List(t.Context(), "/Users", scimclient.Listing{}) {
				last = err
			}
			if !fault.Is(last, tt.kind) {
				t.Errorf("ended with %v", last)
			}
		})
	}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer page.Close()
	if _, err := newClient(page.URL, "", 0).Get(t.Context(), "/Users", "1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a page of HTML: %v", err)
	}
}
