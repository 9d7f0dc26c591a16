package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// TestHostileRequests sends what would be bad to read naively. Each ends in a
// SCIM error, and the hub lives and has changed nothing.
func TestHostileRequests(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p := h.newClient(t)
			id := p.create(t, "/Users", `{"userName":"anna@example.com"}`)
			events := len(h.events(t))
			for name, tt := range hostileRequests(id) {
				a, err := p.send(tt.exchange)
				must(t, err)
				if err := scimError(tt.status)(a); err != nil {
					t.Errorf("%s: %v: %.200s", name, err, a.body)
				}
				if got := a.text("scimType"); got != tt.scimType {
					t.Errorf("%s: scimType %q, want %q: %.200s", name, got, tt.scimType, a.body)
				}
			}
			a := p.ask(t, http.MethodGet, "/Users/"+id, "", http.StatusOK)
			if a.header.Get("ETag") != `W/"1"` || len(h.events(t)) != events {
				t.Errorf("something has changed: %s", a.body)
			}
		})
	}
}

type hostileRequest struct {
	exchange
	status   int
	scimType string
}

func hostileRequests(id string) map[string]hostileRequest {
	get := func(filter string) exchange {
		return exchange{method: http.MethodGet, path: byFilter("/Users", "%s", filter)}
	}
	post := func(body string) exchange { return exchange{method: http.MethodPost, path: "/Users", body: body} }
	patch := func(operations string) exchange {
		return exchange{method: http.MethodPatch, path: "/Users/" + id, body: patchOf(operations)}
	}
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	return map[string]hostileRequest{
		"100,000 parentheses":       {get(many(100_000, "(") + `userName pr` + many(100_000, ")")), 400, "invalidFilter"},
		"33 parentheses":            {get(many(33, "(") + `userName pr` + many(33, ")")), 400, "invalidFilter"},
		"200 terms":                 {get(many(199, `userName pr and `) + `userName pr`), 400, "invalidFilter"},
		"NUL in a filter":           {get(`userName eq "a\u0000b"`), 400, "invalidFilter"},
		"quote in a filter":         {get(`userName eq "a" or "1"="1"`), 400, "invalidFilter"},
		"no UTF-8 in a filter":      {exchange{method: http.MethodGet, path: "/Users?filter=userName+eq+%22%ff%22"}, 400, "invalidFilter"},
		"body over the limit":       {post(`{"userName":"` + many(1<<20, "a") + `"}`), 413, ""},
		"100,000 levels of arrays":  {post(`{"userName":` + many(100_000, "[") + many(100_000, "]") + `}`), 400, "invalidSyntax"},
		"100,000 levels of objects": {post(many(100_000, `{"a":`) + "1" + many(100_000, "}")), 400, "invalidSyntax"},
		"no UTF-8 in a body":        {post("{\"userName\":\"a\xff\"}"), 400, "invalidSyntax"},
		"a lone surrogate":          {post(`{"userName":"\ud800"}`), 400, "invalidSyntax"},
		"a name twice":              {post(`{"userName":"a","userName":"b"}`), 400, "invalidSyntax"},
		"two bodies":                {post(`{"userName":"a"}{"userName":"b"}`), 400, "invalidSyntax"},
		"a name of 100 KB":          {post(`{"userName":"` + many(100_000, "a") + `"}`), 400, "invalidValue"},
		"20,000 values":             {post(`{"userName":"a","roles":[` + many(19_999, `{"value":"r"},`) + `{"value":"r"}]}`), 400, "invalidValue"},
		"10,001 operations":         {patch(many(10_000, `{"op":"remove","path":"title"},`) + `{"op":"remove","path":"title"}`), 413, ""},
		"a deep path":               {patch(`{"op":"remove","path":"emails[` + many(5_000, "(") + `"}`), 400, "invalidFilter"},
		"a path of 100 KB":          {patch(`{"op":"remove","path":"` + many(100_000, "a") + `"}`), 400, "invalidPath"},
		"a number that is no id":    {exchange{method: http.MethodGet, path: "/Users/" + many(50_000, "9")}, 404, ""},
	}
}

// TestPanicIsAnError makes the hub panic in the middle of a transaction. The
// client gets an error as any other, nothing has changed, and the hub goes on.
func TestPanicIsAnError(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHubOf(t, e, func(c *Config) { c.Logger = slog.New(panicOnSkippedMembers{slog.DiscardHandler}) })
			p := h.newClient(t)
			id := p.create(t, "/Users", `{"userName":"anna@example.com"}`)
			for range 10 { // more often than there are connections
				body := fmt.Sprintf(`{"displayName":"Engineering","members":[{"value":"nobody"},{"value":%q}]}`, id)
				a, err := p.send(exchange{method: http.MethodPost, path: "/Groups", body: body})
				if err := errors.Join(err, scimError(http.StatusInternalServerError)(a)); err != nil {
					t.Fatalf("%v: %s", err, a.body)
				}
				if detail := a.text("detail"); strings.Contains(detail, "skipped") {
					t.Errorf("the error shows what went wrong inside: %s", detail)
				}
			}
			if err := listOf(0)(p.ask(t, http.MethodGet, "/Groups", "", http.StatusOK)); err != nil {
				t.Error(err)
			}
			p.create(t, "/Groups", fmt.Sprintf(`{"displayName":"Engineering","members":[{"value":%q}]}`, id))
		})
	}
}

// panicOnSkippedMembers panics at a message that is logged inside a transaction.
type panicOnSkippedMembers struct{ slog.Handler }

func (panicOnSkippedMembers) Enabled(context.Context, slog.Level) bool { return true }

func (panicOnSkippedMembers) Handle(_ context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "members skipped") {
		panic(r.Message)
	}
	return nil
}
