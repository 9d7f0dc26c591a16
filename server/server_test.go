package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks"
)

func TestRequestIDIsTheCallersWhenSane(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("x", 128)
	for _, id := range []string{"a", "!~", long} {
		if got := f.do(t, http.MethodGet, "/healthz", "", "X-Request-Id", id).Header().Get("X-Request-Id"); got != id {
			t.Errorf("%q became %q", id, got)
		}
	}
	seen := map[string]bool{}
	for _, id := range []string{"", "a b", "a\tb", "ä", long + "x", "a\x7fb"} {
		got := f.do(t, http.MethodGet, "/healthz", "", "X-Request-Id", id).Header().Get("X-Request-Id")
		if !strings.HasPrefix(got, "req_") || seen[got] {
			t.Errorf("%q became %q, want a new id", id, got)
		}
		seen[got] = true
	}
}

// echo is a route that reads its body as SCIM endpoints do.
func echo() route.Route {
	return route.Route{Method: http.MethodPost, Path: "/scim/v2/test", Handler: func(c *gin.Context) error {
		data, err := route.Body(c, "application/scim+json", "application/json")
		if err != nil {
			return err
		}
		c.Data(http.StatusOK, "application/scim+json", data)
		return nil
	}}
}

func TestBodyLimit(t *testing.T) {
	f := newFixture(t, echo())
	if w := f.do(t, http.MethodPost, "/scim/v2/test", strings.Repeat("x", 1000)); w.Code != http.StatusOK || w.Body.Len() != 1000 {
		t.Errorf("a body of the limit: %d, %d bytes", w.Code, w.Body.Len())
	}
	detail := wantSCIMError(t, f.do(t, http.MethodPost, "/scim/v2/test", strings.Repeat("x", 1001)), http.StatusRequestEntityTooLarge, "")
	if !strings.Contains(detail, "1000") {
		t.Errorf("%q doesn't state the limit", detail)
	}
}

func TestBodyLimitHoldsForABodyOfUnknownLength(t *testing.T) {
	f := newFixture(t, echo())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/scim/v2/test", io.LimitReader(zeros{}, 1<<30))
	r.Header.Set("Authorization", "all")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if detail := wantSCIMError(t, w, http.StatusRequestEntityTooLarge, ""); !strings.Contains(detail, "1000") {
		t.Errorf("%q doesn't state the limit", detail)
	}
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestMediaTypes(t *testing.T) {
	f := newFixture(t, echo())
	for _, contentType := range []string{
		"", "application/scim+json", "application/json", "Application/SCIM+JSON; charset=UTF-8", "application/json;charset", "application/json; a=b; a=c",
	} {
		if w := f.do(t, http.MethodPost, "/scim/v2/test", "{}", "Content-Type", contentType); w.Code != http.StatusOK {
			t.Errorf("%q: %d %s", contentType, w.Code, w.Body)
		}
	}
	for _, contentType := range []string{"text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx", "?"} {
		wantSCIMError(t, f.do(t, http.MethodPost, "/scim/v2/test", "{}", "Content-Type", contentType), http.StatusUnsupportedMediaType, "")
	}
	wantSCIMError(t, f.do(t, http.MethodPost, "/scim/v2/test", "{}", "Content-Encoding", "gzip"), http.StatusUnsupportedMediaType, "")
}

func TestAcceptIsNeverRefused(t *testing.T) {
	f := newFixture(t)
	for _, accept := range []string{"", "*/*", "application/json", "application/scim+json; charset=utf-8", "text/html"} {
		w := f.do(t, http.MethodGet, "/scim/v2/ServiceProviderConfig", "", "Accept", accept)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/scim+json" {
			t.Errorf("%q: %d %q", accept, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestLongAnswersAreCompressedForThoseWhoAccept(t *testing.T) {
	f := newFixture(t)
	plain := f.do(t, http.MethodGet, "/scim/v2/Schemas", "")
	if got := plain.Header().Get("Content-Encoding"); got != "" {
		t.Errorf("Content-Encoding %q for a client that accepts none", got)
	}
	packed := f.do(t, http.MethodGet, "/scim/v2/Schemas", "", "Accept-Encoding", "gzip,deflate")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Content-Type") != "application/scim+json" {
		t.Fatalf("headers %v", packed.Header())
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != plain.Body.String() {
		t.Errorf("unpacked it differs (%v)", err)
	}
}

func TestHeadAnswersAsGetWithoutABody(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewServer(f)
	defer srv.Close()
	fetch := func(method string) (status int, contentType, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+"/scim/v2/ServiceProviderConfig", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		data, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("Content-Type"), string(data)
	}
	getStatus, getType, getBody := fetch(http.MethodGet)
	headStatus, headType, headBody := fetch(http.MethodHead)
	if getStatus != headStatus || getType != headType || getBody == "" || headBody != "" {
		t.Errorf("GET: %d %s %q; HEAD: %d %s %q", getStatus, getType, getBody, headStatus, headType, headBody)
	}
}

func TestHealth(t *testing.T) {
	f := newFixture(t)
	get := func(path string) *httptest.ResponseRecorder {
		return f.do(t, http.MethodGet, path, "", "Authorization", "")
	}
	for _, path := range []string{"/healthz", "/readyz", "/readyz/"} {
		if w := get(path); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	f.ready = fault.Wrap(io.ErrUnexpectedEOF, fault.Unavailable, "the database can't be reached")
	for range 3 {
		w := get("/readyz")
		if detail := wantProblem(t, w, http.StatusServiceUnavailable); detail != "the database can't be reached" {
			t.Errorf("detail %q", detail)
		}
	}
	if n := len(f.lines(t, "not ready")); n != 1 {
		t.Errorf("logged %d times, want once until it changes", n)
	}
	if w := get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("the process lives, but /healthz says %d", w.Code)
	}
	f.ready = io.ErrUnexpectedEOF
	if detail := wantProblem(t, get("/readyz"), http.StatusServiceUnavailable); strings.Contains(detail, "EOF") {
		t.Errorf("%q shows internals", detail)
	}
	f.ready = nil
	if w := get("/readyz"); w.Code != http.StatusOK || len(f.lines(t, "ready again")) != 1 {
		t.Errorf("after recovery: %d", w.Code)
	}
}

func TestMetricsCountRequestsByRoute(t *testing.T) {
	f := newFixture(t)
	f.do(t, http.MethodGet, "/scim/v2/Schemas/User", "")
	f.do(t, http.MethodGet, "/scim/v2/Schemas/Group", "")
	f.do(t, "MADEUP", "/made/up/path", "")
	body := f.do(t, http.MethodGet, "/metrics", "", "Authorization", "").Body.String()
	for _, want := range []string{
		`scimhub_http_requests_total{method="GET",route="/scim/v2/Schemas/:id",status="200"} 2`,
		`scimhub_http_requests_total{method="other",route="unmatched",status="404"} 1`,
		`scimhub_http_request_duration_seconds_count{method="GET",route="/scim/v2/Schemas/:id",status="200"} 2`,
		`scimhub_http_requests_in_flight 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("no line %s in\n%s", want, body)
		}
	}
	if strings.Contains(body, "made/up") {
		t.Error("a path that a client made up is a label")
	}
}

func TestAccessLogSaysWhoAndWhatButNothingPersonal(t *testing.T) {
	f := newFixture(t, echo())
	f.do(t, http.MethodPost, `/scim/v2/test?filter=userName+eq+%22jane%22`, `{"userName":"jane"}`, "X-Request-Id", "my-id")
	entries := f.lines(t, "request")
	if len(entries) != 1 {
		t.Fatalf("logged %v", entries)
	}
	for name, want := range map[string]any{
		"level": "INFO", "method": "POST", "route": "/scim/v2/test", "status": 200.0, "bytes": 19.0, "request_id": "my-id",
		"organization_id": "org_1", "directory_id": "dir_1", "token_id": "tok_1",
	} {
		if entries[0][name] != want {
			t.Errorf("%s is %v, want %v", name, entries[0][name], want)
		}
	}
	if d, ok := entries[0]["duration"].(float64); !ok || d <= 0 {
		t.Errorf("duration is %v", entries[0]["duration"])
	}
	for _, personal := range []string{"jane", "filter", "Bearer"} {
		if strings.Contains(f.log.String(), personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
}

func TestProbesAreLoggedAtDebug(t *testing.T) {
	f := newFixture(t)
	f.do(t, http.MethodGet, "/healthz", "")
	if entries := f.lines(t, "request"); len(entries) != 1 || entries[0]["level"] != "DEBUG" {
		t.Errorf("logged %v", entries)
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	_, err := New(Config{Limits: Limits{Body: -1, PageDefault: -1, PageMax: -2}})
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{"Hub", "Authenticator", "Ready", "Limits.Body", "Limits.PageDefault", "Limits.PageMax"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v doesn't mention %s", err, want)
		}
	}
}

func TestAdminAPINeedsAllItsParts(t *testing.T) {
	_, err := New(Config{Webhooks: &webhooks.Service{}})
	if err == nil || !strings.Contains(err.Error(), "Feed is missing") || !strings.Contains(err.Error(), "Keys is missing") {
		t.Errorf("got %v", err)
	}
}

func TestARegistryServesOneServer(t *testing.T) {
	reg := prometheus.NewRegistry()
	if _, err := newMetrics(reg); err != nil {
		t.Fatal(err)
	}
	if _, err := newMetrics(reg); err == nil {
		t.Error("metrics registered twice without a fault")
	}
}

func TestHTTPServerBoundsSlowClients(t *testing.T) {
	f := newFixture(t)
	srv := f.HTTPServer()
	if srv.Handler != http.Handler(f.Server) || srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.WriteTimeout == 0 || srv.IdleTimeout == 0 {
		t.Errorf("%+v", srv)
	}
}
