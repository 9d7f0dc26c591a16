package admin_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/event"
)

func TestContractIsServed(t *testing.T) {
	a := newHub(t).do(t, http.MethodGet, "/openapi.yaml", "", "Authorization", "")
	if a.status != http.StatusOK || !bytes.Equal(a.body, api.Contract) {
		t.Errorf("status %d, %d bytes", a.status, len(a.body))
	}
}

// TestDocsNeedNoOtherHost loads what the page names.
func TestDocsNeedNoOtherHost(t *testing.T) {
	h := newHub(t)
	page := h.do(t, http.MethodGet, "/docs", "", "Authorization", "")
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
		t.Errorf("policy %q", policy)
	}
	links := regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllSubmatch(page.body, -1)
	if len(links) < 4 {
		t.Fatalf("page %s", page.body)
	}
	for _, link := range links {
		a := h.do(t, http.MethodGet, string(link[1]), "", "Authorization", "")
		if a.status != http.StatusOK || len(a.body) == 0 {
			t.Errorf("%s: status %d", link[1], a.status)
		}
	}
	for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAll(page.body, -1) {
		if !bytes.Contains(script, []byte(" src=")) {
			t.Errorf("the policy forbids the inline script %s", script)
		}
	}
	for _, path := range []string{"/docs/index.html", "/docs/x", "/docs/../go.mod"} {
		h.do(t, http.MethodGet, path, "").refused(t, http.StatusNotFound)
	}
}

func TestKeysArePublished(t *testing.T) {
	a := newHub(t).do(t, http.MethodGet, "/.well-known/jwks.json", "", "Authorization", "")
	keys, _ := a.object(t, http.StatusOK)["keys"].([]any)
	if len(keys) != 1 || strings.Contains(string(a.body), `"d":`) {
		t.Errorf("keys %s", a.body)
	}
}

func TestEventTypesHaveTheirSchemas(t *testing.T) {
	list := newHub(t).get(t, "/v2/event-types")
	names := each(list, "name")
	if len(names) != len(event.Types()) {
		t.Errorf("%d types, want %d", len(names), len(event.Types()))
	}
	for _, got := range data(list) {
		var want object
		schema, err := api.EventSchema(str(got, "name"))
		must(t, err)
		must(t, json.Unmarshal(schema, &want))
		if about, _ := got["schema"].(object); about["title"] != want["title"] || got["version"] != "1" || str(got, "description") == "" {
			t.Errorf("type %v", got)
		}
	}
}
