package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// TestEntraDialectsEndAlike plays the same life of a user in both dialects that
// Entra speaks. What is stored in the end must be the same to the letter.
func TestEntraDialectsEndAlike(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			today := lastUserOf(t, e, "a2-entra-today.txtar")
			if diff := cmp.Diff(today, lastUserOf(t, e, "a2-entra-with-flag.txtar")); diff != "" {
				t.Errorf("with the flag it is different (-today +flag):\n%s", diff)
			}
			if !strings.Contains(today, "TestBcwqnm@test.microsoft.com") {
				t.Errorf("the user has not been updated:\n%s", today)
			}
		})
	}
}

// lastUserOf plays a file and gives the user that was created last, its ids and
// times replaced.
func lastUserOf(t *testing.T, e engine, file string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "acceptance", file))
	must(t, err)
	p := newGoldenPlayer(t, e)
	for _, f := range archive.Files {
		if step, ok := strings.CutSuffix(f.Name, ".request"); ok {
			p.play(step, f.Data)
		}
	}
	shown := p.play("last", []byte("GET /scim/v2/Users?sortBy=meta.created&sortOrder=descending&count=1\n"))
	return string(shown[0].Data)
}

// TestPagesCoverEverythingOnce reads a directory as Okta imports it: a hundred
// at a time, each page a hundred further, whatever came before.
func TestPagesCoverEverythingOnce(t *testing.T) {
	const users = 230
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHubOf(t, e, func(c *Config) { c.PageSizeMax = 100 })
			p, ids := h.newClient(t), h.seedUsers(t, users)
			for query, size := range map[string]int{
				"":            100, // the default
				"&count=100":  100,
				"&count=5000": 100, // the most
				"&count=50&sortBy=" + enterprise + ":department":   50,
				"&count=77&sortBy=externalId&sortOrder=descending": 77,
				"&count=100&filter=userName+sw+%22user%22":         100,
			} {
				got := p.readPages(t, "/Users?attributes=id"+query, size, users)
				if diff := cmp.Diff(sorted(ids), sorted(got)); diff != "" {
					t.Errorf("%q (-there +read):\n%s", query, diff)
				}
			}
		})
	}
}

// readPages gives the ids of all resources, read in pages of a size.
func (p *player) readPages(t *testing.T, path string, size, total int) []string {
	t.Helper()
	var ids []string
	for start := 1; start <= total; start += size {
		a := p.ask(t, http.MethodGet, fmt.Sprintf("%s&startIndex=%d", path, start), "", http.StatusOK)
		page := a.each("Resources", "id")
		for _, check := range []need{
			listOf(min(size, total-start+1)), value("totalResults", total), value("startIndex", start), value("itemsPerPage", len(page)),
		} {
			if err := check(a); err != nil {
				t.Fatalf("%s from %d: %v", path, start, err)
			}
		}
		ids = append(ids, page...)
	}
	return ids
}

// TestDiscoveryHasNoNulls: Entra's gallery refuses a schema with a null in it.
func TestDiscoveryHasNoNulls(t *testing.T) {
	h := newTestHub(t, engines(t)[0])
	p := h.newClient(t)
	for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		a := p.ask(t, http.MethodGet, path, "", http.StatusOK)
		if at := nullIn(a.json, path); at != "" {
			t.Errorf("%s is null", at)
		}
	}
}

// nullIn gives the path of a null within a JSON value, or "".
func nullIn(v any, path string) string {
	switch v := v.(type) {
	case nil:
		return path
	case map[string]any:
		for name, member := range v {
			if at := nullIn(member, path+"."+name); at != "" {
				return at
			}
		}
	case []any:
		for _, element := range v {
			if at := nullIn(element, path+"[]"); at != "" {
				return at
			}
		}
	case string, bool, json.Number:
	}
	return ""
}
