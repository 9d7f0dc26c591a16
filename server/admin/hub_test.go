package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server"
	"github.com/scimhub/scimhub/server/auth"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/webhooks"
)

const subscriptions = "/v2/webhooks/subscriptions"

// hub is the whole server over a database of its own. Events get their place in
// the feed when a test sequences them.
type hub struct {
	server   *server.Server
	store    *storage.Store
	signal   webhooks.Signal
	clock    time.Duration // how much later than in fact it is
	token    string        // with all scopes
	contract contract
}

func newHub(t testing.TB) *hub {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	must(t, err)
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	h := &hub{contract: readContract(t)}
	h.store, err = storage.Open(t.Context(), storage.Config{
		DSN: "sqlite:" + filepath.Join(t.TempDir(), "hub.db"), Registry: registry, Now: h.now, Logger: logger,
		EncryptionKey: bytes.Repeat([]byte{1}, storage.KeySize),
	})
	must(t, err)
	t.Cleanup(func() { must(t, h.store.Close()) })
	must(t, h.store.Migrate(t.Context()))
	authenticator, err := auth.New(auth.Config{Store: h.store, Now: h.now, Logger: logger})
	must(t, err)
	h.server, err = server.New(server.Config{
		Hub: scimresource.NewHub(scimresource.Config{
			Registry: registry, Bind: h.store.Bind, BaseURL: "https://hub.example.com/scim/v2", Now: h.now, Logger: logger,
		}),
		Authenticator: authenticator,
		Webhooks:      webhooks.NewService(webhooks.ServiceConfig{Bind: h.store.Webhooks, Now: h.now, Logger: logger}),
		Feed:          func(org string) *webhooks.Feed { return webhooks.NewFeed(h.store.Webhooks(org), &h.signal) },
		Keys:          webhooks.NewKeys(h.store),
		Ready:         h.store.Ping,
		Logger:        logger,
	})
	must(t, err)
	h.token = h.newToken(t, "default", access.Admin)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *hub) now() time.Time { return time.Now().Add(h.clock) }

// newToken gives a token of an organization, which it makes if need be.
func (h *hub) newToken(t testing.TB, organization string, scopes ...access.Scope) string {
	t.Helper()
	org, err := h.store.Organization(t.Context(), organization)
	if fault.Is(err, fault.NotFound) {
		org, err = h.store.CreateOrganization(t.Context(), organization)
	}
	must(t, err)
	dir, err := h.store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	secret := access.NewSecret()
	must(t, h.store.CreateToken(t.Context(), access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, DirectoryID: dir.ID, Name: "test",
		Hash: access.Hash(secret), Scopes: scopes, CreatedAt: time.Now(),
	}))
	return secret
}

// sequence gives the events that were written their places in the feed.
func (h *hub) sequence(t testing.TB) {
	t.Helper()
	_, err := h.store.Sequence(context.WithoutCancel(t.Context()), 0)
	must(t, err)
	h.signal.Raise()
}

// createUser makes a user, and so an event in the feed. It gives the user's id.
func (h *hub) createUser(t testing.TB, name string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/scim/v2/Users", strings.NewReader(`{"userName":"`+name+`"}`))
	a := h.send(t, r, nil)
	h.sequence(t)
	return str(a.object(t, http.StatusCreated), "id")
}

// do sends a request and holds it and the answer against the contract. Headers
// are given as name and value in turn; an empty value removes the header.
func (h *hub) do(t testing.TB, method, target, body string, headers ...string) response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	a := h.send(t, r, headers)
	r.Body = io.NopCloser(strings.NewReader(body))
	h.contract.check(t, r, a)
	return a
}

func (h *hub) send(t testing.TB, r *http.Request, headers []string) response {
	t.Helper()
	r.Header.Set("Authorization", "Bearer "+h.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	res := w.Result()
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	must(t, err)
	return response{status: res.StatusCode, header: res.Header, body: data}
}

func (h *hub) get(t testing.TB, target string) object {
	t.Helper()
	return h.do(t, http.MethodGet, target, "").object(t, http.StatusOK)
}

func (h *hub) post(t testing.TB, target, body string, status int) object {
	t.Helper()
	return h.do(t, http.MethodPost, target, body).object(t, status)
}

// subscribe makes a subscription and gives its path.
func (h *hub) subscribe(t testing.TB, body string) string {
	t.Helper()
	return subscriptions + "/" + str(h.post(t, subscriptions, body, http.StatusCreated), "id")
}

// response is an answer read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// object is a JSON object as encoding/json decodes it.
type object = map[string]any

// object checks the status and gives the body.
func (r response) object(t testing.TB, status int) object {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	var out object
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	return out
}

// refused checks for problem details with a status, and that they say all that
// is wanted.
func (r response) refused(t testing.TB, status int, want ...string) {
	t.Helper()
	detail := str(r.object(t, status), "detail")
	for _, text := range want {
		if !strings.Contains(detail, text) {
			t.Errorf("detail %q doesn't say %q", detail, text)
		}
	}
}

// str gives a string member of an object.
func str(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

// data gives the elements of a list.
func data(o object) []object {
	list, _ := o["data"].([]any)
	out := make([]object, len(list))
	for i := range list {
		out[i], _ = list[i].(object)
	}
	return out
}

// each gives a string member of each element of a list.
func each(o object, name string) []string {
	var out []string
	for _, element := range data(o) {
		out = append(out, str(element, name))
	}
	return out
}
