package inbound_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

func newUpstreams(allowPrivate bool) *inbound.Upstreams {
	return inbound.NewUpstreams(inbound.UpstreamsConfig{
		HTTP: webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: allowPrivate, Timeout: 5 * time.Second}),
		Rate: 1000, Attempts: 1,
	})
}

func readable(baseURL string, login inbound.Login) inbound.Source {
	return inbound.Source{
		ID: "src_1", Upstream: inbound.Upstream{BaseURL: baseURL}, Credentials: inbound.Credentials{Upstream: login},
	}
}

// guarded is an API that wants a certain Authorization, with a token endpoint.
type guarded struct {
	*httptest.Server
	wants     atomic.Pointer[string] // the header that is let in
	exchanges atomic.Int32
	refused   atomic.Int32
	tokens    func(n int32) (status int, body string)
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{}
	g.want("")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id == "" {
			id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
		}
		n := g.exchanges.Add(1)
		status, body := http.StatusOK, fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer","expires_in":7200}`, n)
		if g.tokens != nil {
			status, body = g.tokens(n)
		} else if id != "hub" || secret != "s3cret" || r.FormValue("grant_type") != "client_credentials" {
			status, body = http.StatusUnauthorized, `{"error":"invalid_client"}`
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		if want := *g.wants.Load(); r.Header.Get("Authorization") != want {
			g.refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"path": r.URL.Path, "query": r.URL.RawQuery})
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *guarded) want(authorization string) { g.wants.Store(&authorization) }

func (g *guarded) login() inbound.Login {
	return inbound.Login{ClientID: "hub", ClientSecret: "s3cret", TokenURL: g.URL + "/token"}
}

// read reads once as a source with a login.
func (g *guarded) read(t *testing.T, u *inbound.Upstreams, login inbound.Login) error {
	t.Helper()
	r, err := u.Reader(readable(g.URL+"/api", login))
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Path string }
	return r.JSON(t.Context(), "/users", nil, &out)
}

func TestVerbatimHeader(t *testing.T) {
	g := newGuarded(t)
	g.want("SSWS 0oa secret ")
	u := newUpstreams(true)
	if err := g.read(t, u, inbound.Login{Authorization: "SSWS 0oa secret "}); err == nil {
		t.Error("blanks at the end of a header are never sent") // net/http trims them
	}
	g.want("SSWS 0oa")
	if err := g.read(t, u, inbound.Login{Authorization: "SSWS 0oa"}); err != nil {
		t.Error(err)
	}
	if err := g.read(t, u, inbound.Login{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("without credentials: %v", err)
	}
}

// TestTokenIsCached reads several times, lets the token be revoked, and then
// every token.
func TestTokenIsCached(t *testing.T) {
	g, u := newGuarded(t), newUpstreams(true)
	g.want("Bearer t1")
	for range 3 {
		if err := g.read(t, u, g.login()); err != nil {
			t.Fatal(err)
		}
	}
	exchanged := g.exchanges.Load()
	g.want(fmt.Sprintf("Bearer t%d", exchanged+1))
	if err := g.read(t, u, g.login()); err != nil {
		t.Fatal(err)
	}
	if exchanged != 1 || g.exchanges.Load() != 2 || g.refused.Load() != 1 {
		t.Errorf("%d and %d exchanges, %d refusals", exchanged, g.exchanges.Load(), g.refused.Load())
	}
	g.want("nothing")
	if err := g.read(t, u, g.login()); !fault.Is(err, fault.Forbidden) {
		t.Errorf("when no token does: %v", err)
	}
	if g.exchanges.Load() != 3 || g.refused.Load() != 3 {
		t.Errorf("then %d exchanges, %d refusals", g.exchanges.Load(), g.refused.Load())
	}
}

func TestTokenFaults(t *testing.T) {
	g := newGuarded(t)
	wrong := g.login()
	wrong.ClientSecret = "guessed"
	if err := g.read(t, newUpstreams(true), wrong); !fault.Is(err, fault.Forbidden) || strings.Contains(err.Error(), "guessed") {
		t.Errorf("a wrong secret: %v", err)
	}
	g.tokens = func(int32) (int, string) { return http.StatusServiceUnavailable, "" }
	r, err := newUpstreams(true).Reader(readable(g.URL, g.login()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get(t.Context(), "/api/x", nil); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a token endpoint that is down: %v", err)
	}
}

// TestPrivateNetworks reads by a client that may not: neither the API nor the
// token endpoint is asked.
func TestPrivateNetworks(t *testing.T) {
	g := newGuarded(t)
	for _, login := range []inbound.Login{{Authorization: "x"}, g.login()} {
		err := g.read(t, newUpstreams(false), login)
		if !fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), "not on the public internet") {
			t.Errorf("got %v", err)
		}
	}
	if g.exchanges.Load()+g.refused.Load() > 0 {
		t.Error("a request arrived")
	}
}

// TestReaderStaysHome follows links, but not to another server.
func TestReaderStaysHome(t *testing.T) {
	g := newGuarded(t)
	g.want("key")
	r, err := newUpstreams(true).Reader(readable(g.URL+"/api/", inbound.Login{Authorization: "key"}))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ ref, path, query string }{
		{"/users", "/api/users", "a=1"},
		{"users?after=x%2Fy", "/api/users", "a=1&after=x%2Fy"},
		{g.URL + "/api/v1?cursor=z", "/api/v1", "a=1&cursor=z"},
		{"/users/a%2Fb", "/api/users/a/b", "a=1"},
	}
	for _, tt := range tests {
		obj, err := r.Object(t.Context(), tt.ref, url.Values{"a": {"1"}})
		if err != nil || obj["path"] != tt.path || obj["query"] != tt.query {
			t.Errorf("%s: %v, %v", tt.ref, obj, err)
		}
	}
	thief := newGuarded(t)
	for _, ref := range []string{thief.URL + "/api/x", "//" + strings.TrimPrefix(thief.URL, "http://") + "/api/x", "http://localhost:1/"} {
		if answer, err := r.Get(t.Context(), ref, nil); err == nil && !strings.HasPrefix(ref, "//") { // a path of ours
			t.Errorf("%s was read: %s", ref, answer.Body)
		}
	}
	if thief.refused.Load() > 0 {
		t.Error("another server was asked")
	}
}

// TestUpstreamsOfSources gives no reader of what has no address, and another
// when a source was changed.
func TestUpstreamsOfSources(t *testing.T) {
	u := newUpstreams(true)
	for _, base := range []string{"", "ftp://x", "/scim", "http://"} {
		if _, err := u.SCIM(readable(base, inbound.Login{})); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("base URL %q: %v", base, err)
		}
	}
	g := newGuarded(t)
	var paths []string
	for _, base := range []string{"/api/a", "/api/b", "/api/b/"} {
		r, err := u.Reader(readable(g.URL+base, inbound.Login{}))
		if err != nil {
			t.Fatal(err)
		}
		obj, err := r.Object(t.Context(), "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, fmt.Sprint(obj["path"]))
	}
	if !slices.Equal(paths, []string{"/api/a/x", "/api/b/x", "/api/b/x"}) {
		t.Errorf("read %v", paths)
	}
}
