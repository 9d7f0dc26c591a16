package scim_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server"
	"github.com/scimhub/scimhub/server/auth"
	"github.com/scimhub/scimhub/storage"
)

const (
	baseURL  = "https://hub.example.com/scim/v2"
	listURI  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchURI = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// object is a JSON object as encoding/json decodes it.
type object = map[string]any

// hub is the whole server over a database of its own.
type hub struct {
	server *server.Server
	store  *storage.Store
	token  string // with all scopes
}

func newHub(t testing.TB) *hub {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	must(t, err)
	logger := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	store := openStore(t, registry, logger)
	authenticator, err := auth.New(auth.Config{Store: store, Now: time.Now, Logger: logger})
	must(t, err)
	srv, err := server.New(server.Config{
		Hub: scimresource.NewHub(scimresource.Config{
			Registry: registry, Bind: store.Bind, BaseURL: baseURL, Now: time.Now, Logger: logger,
		}),
		Authenticator: authenticator,
		Ready:         store.Ping,
		Logger:        logger,
	})
	must(t, err)
	h := &hub{server: srv, store: store}
	h.token = h.newToken(t, "default", access.Admin)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// response is an answer read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request below /scim/v2. Headers are given as name and value in
// turn; an empty value removes the header.
func (h *hub) do(t testing.TB, method, path, body string, headers ...string) response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/scim/v2"+path, strings.NewReader(body))
	return h.send(r, headers)
}

func (h *hub) send(r *http.Request, headers []string) response {
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
	defer func() { _ = res.Body.Close() }()
	data, _ := io.ReadAll(res.Body) // of a recorder: no error
	return response{status: res.StatusCode, header: res.Header, body: data}
}

func (h *hub) get(t testing.TB, path string, headers ...string) response {
	t.Helper()
	return h.do(t, http.MethodGet, path, "", headers...)
}

// create posts a resource and gives it back.
func (h *hub) create(t testing.TB, path, body string) object {
	t.Helper()
	return h.do(t, http.MethodPost, path, body).object(t, http.StatusCreated)
}

// object checks the status and gives the body.
func (r response) object(t testing.TB, status int) object {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/scim+json" {
		t.Errorf("Content-Type %q", got)
	}
	var out object
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	return out
}

// fault checks for a SCIM Error and gives its detail.
func (r response) fault(t testing.TB, status int, scimType string) string {
	t.Helper()
	body := r.object(t, status)
	schemas, _ := body["schemas"].([]any)
	if len(schemas) != 1 || schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" || body["status"] != strconv.Itoa(status) {
		t.Errorf("no SCIM Error: %s", r.body)
	}
	if got, _ := body["scimType"].(string); got != scimType {
		t.Errorf("scimType %q, want %q: %s", got, scimType, r.body)
	}
	detail, _ := body["detail"].(string)
	if detail == "" {
		t.Errorf("no detail: %s", r.body)
	}
	return detail
}

// empty checks the status and that there is no body.
func (r response) empty(t testing.TB, status int) {
	t.Helper()
	if r.status != status || len(r.body) != 0 {
		t.Fatalf("status %d, want %d without a body: %s", r.status, status, r.body)
	}
}

// str gives a string member of an object, at a path of names.
func str(o object, names ...string) string {
	for _, name := range names[:len(names)-1] {
		o, _ = o[name].(object)
	}
	s, _ := o[names[len(names)-1]].(string)
	return s
}
