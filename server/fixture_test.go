package server

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server/route"
)

// tokens is an Authenticator that knows its tokens by heart.
type tokens map[string]access.Actor

func (t tokens) Authenticate(_ context.Context, secret string) (access.Actor, error) {
	if actor, ok := t[secret]; ok {
		return actor, nil
	}
	return access.Actor{}, fault.New(fault.Unauthenticated, "the token is unknown here")
}

// knownTokens gives one token with all scopes and one with none.
func knownTokens() tokens {
	actor := access.Actor{TokenID: "tok_1", OrganizationID: "org_1", DirectoryID: "dir_1"}
	all := actor
	all.Scopes = []access.Scope{access.Admin}
	return tokens{"all": all, "none": actor}
}

// fixture is a server whose own routes don't reach the directory, so that it
// needs no database. What it logs can be read.
type fixture struct {
	*Server
	log   *safeBuffer
	ready error
}

func newFixture(t *testing.T, extra ...route.Route) *fixture {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{log: &safeBuffer{}}
	f.Server, err = New(Config{
		Hub: scimresource.NewHub(scimresource.Config{
			Registry: registry, BaseURL: "https://hub.example.com/scim/v2", Now: time.Now,
			Bind: func(access.Actor) scimresource.Store { return nil },
		}),
		Authenticator: knownTokens(),
		Ready:         func(context.Context) error { return f.ready },
		Limits:        Limits{Body: 1000},
		Logger:        slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.routes = append(f.routes, extra...)
	if err := f.mount(); err != nil {
		t.Fatal(err)
	}
	return f
}

// do sends a request with the token that may do everything. Headers are given
// as name and value in turn; an empty value removes the header.
func (f *fixture) do(t *testing.T, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer all")
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// lines gives the log entries with a message.
func (f *fixture) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(f.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		if entry["msg"] == message {
			out = append(out, entry)
		}
	}
	return out
}

// safeBuffer is a buffer that a handler may write while a test reads it.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// errorBody is what both forms of an error have.
type errorBody struct {
	Schemas   []string        `json:"schemas"`
	Status    json.RawMessage `json:"status"`
	SCIMType  string          `json:"scimType"`
	Detail    string          `json:"detail"`
	Title     string          `json:"title"`
	RequestID string          `json:"request_id"`
}

// wantSCIMError checks the answer for a whole SCIM Error and gives its detail.
func wantSCIMError(t *testing.T, w *httptest.ResponseRecorder, status int, scimType string) string {
	t.Helper()
	body := wantError(t, w, status, "application/scim+json")
	if len(body.Schemas) != 1 || body.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("schemas %q", body.Schemas)
	}
	if body.SCIMType != scimType {
		t.Errorf("scimType %q, want %q", body.SCIMType, scimType)
	}
	if got := string(body.Status); got != `"`+strconv.Itoa(status)+`"` {
		t.Errorf("status %s, want the string of %d", got, status)
	}
	return body.Detail
}

// wantProblem checks the answer for whole problem details and gives its detail.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int) string {
	t.Helper()
	body := wantError(t, w, status, "application/problem+json")
	if string(body.Status) != strconv.Itoa(status) || body.Title != http.StatusText(status) {
		t.Errorf("status %s %q, want %d", body.Status, body.Title, status)
	}
	if body.RequestID != w.Header().Get("X-Request-Id") {
		t.Errorf("request id %q in the body, %q in the header", body.RequestID, w.Header().Get("X-Request-Id"))
	}
	return body.Detail
}

func wantError(t *testing.T, w *httptest.ResponseRecorder, status int, contentType string) errorBody {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d; body %s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type %q, want %q", got, contentType)
	}
	var body errorBody
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	if body.Detail == "" {
		t.Error("no detail")
	}
	return body
}
