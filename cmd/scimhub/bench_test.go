package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/gin-gonic/gin"
)

// The benchmarks below go through HTTP, from a client with a kept connection to
// the hub as serve wires it, on a directory of benchUsers. What they tell are
// ratios: BenchmarkBareGin is what the same client, connection and router cost
// with nothing behind them.
const benchUsers = 10_000

// onEngines runs a benchmark on a seeded hub on each engine.
func onEngines(b *testing.B, run func(b *testing.B, h *testHub, p *player, ids []string)) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) {
			h := newTestHubOf(b, e, func(cfg *Config) { cfg.Schemas = "" }) // as most hubs are
			ids := h.seedUsers(b, benchUsers)
			h.analyze(b)
			run(b, h, h.newClient(b), ids)
		})
	}
}

// analyze has PostgreSQL look at what is in its tables, as it does by itself
// within a minute: until then it plans for empty ones. SQLite never does, and
// the hub doesn't make it: with statistics it would plan statements anew at each
// use.
func (h *testHub) analyze(b *testing.B) {
	b.Helper()
	if isPostgres(h.cfg.Database) {
		_, err := h.db.ExecContext(b.Context(), "ANALYZE")
		must(b, err)
	}
}

// BenchmarkBareGin answers with a constant of the size of a user, or of a page
// of 100.
func BenchmarkBareGin(b *testing.B) {
	for _, users := range []int{1, 100} {
		b.Run(strconv.Itoa(users)+"-users", func(b *testing.B) {
			gin.SetMode(gin.ReleaseMode)
			engine := gin.New()
			body := make([]byte, users*len(userBody(0))*3/2)
			engine.GET(scimPath+"/Users", func(c *gin.Context) { c.Data(http.StatusOK, "application/scim+json", body) })
			server := httptest.NewServer(engine)
			b.Cleanup(server.Close)
			p := newPlayer(b, server.URL+scimPath, "none")
			for b.Loop() {
				p.fetch(b, "/Users")
			}
		})
	}
}

func BenchmarkGetUser(b *testing.B) {
	onEngines(b, func(b *testing.B, _ *testHub, p *player, ids []string) {
		i := 0
		for b.Loop() {
			i = (i + 7919) % len(ids)
			p.fetch(b, "/Users/"+ids[i])
		}
	})
}

func BenchmarkListPage(b *testing.B) {
	onEngines(b, func(b *testing.B, _ *testHub, p *player, ids []string) {
		for _, start := range []int{1, len(ids) - 99} {
			b.Run(fmt.Sprintf("from-%d", start), func(b *testing.B) {
				for b.Loop() {
					p.fetch(b, fmt.Sprintf("/Users?startIndex=%d&count=100", start))
				}
			})
		}
	})
}

func BenchmarkFilterUserName(b *testing.B) {
	onEngines(b, func(b *testing.B, _ *testHub, p *player, ids []string) {
		i := 0
		for b.Loop() {
			i = (i + 7919) % len(ids)
			p.fetch(b, "/Users?filter="+url.QueryEscape(`userName eq "`+userName(i)+`"`))
		}
	})
}

func BenchmarkCreateUser(b *testing.B) {
	onEngines(b, func(b *testing.B, _ *testHub, p *player, ids []string) {
		i := len(ids)
		for b.Loop() {
			i++
			p.create(b, "/Users", userBody(i))
		}
	})
}

// BenchmarkPatchGroupMember adds a member to a group and removes it again, which
// are two requests.
func BenchmarkPatchGroupMember(b *testing.B) {
	onEngines(b, func(b *testing.B, h *testHub, p *player, ids []string) {
		one := p.create(b, "/Users", userBody(len(ids)))
		for _, members := range []int{10, 1_000, len(ids)} {
			group := h.seedGroup(b, ids[:members])
			h.analyze(b)
			b.Run(fmt.Sprintf("members-%d", members), func(b *testing.B) {
				for b.Loop() {
					p.ask(b, http.MethodPatch, "/Groups/"+group, patchOf(`{"op":"add","path":"members","value":[{"value":"`+one+`"}]}`), http.StatusNoContent)
					p.ask(b, http.MethodPatch, "/Groups/"+group, patchOf(`{"op":"remove","path":"members[value eq \"`+one+`\"]"}`), http.StatusNoContent)
				}
			})
		}
	})
}

// fetch reads an answer to its end without looking at what is in it.
func (p *player) fetch(b *testing.B, path string) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, p.baseURL+path, nil)
	must(b, err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	resp, err := p.client.Do(req)
	must(b, err)
	n, err := io.Copy(io.Discard, resp.Body)
	must(b, errors.Join(err, resp.Body.Close()))
	if resp.StatusCode != http.StatusOK || n == 0 {
		b.Fatalf("GET %s: status %d, %d bytes", path, resp.StatusCode, n)
	}
}
