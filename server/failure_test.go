package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// failing gives a route below SCIM and one outside that fail alike.
func failing(err error) []route.Route {
	h := func(*gin.Context) error { return err }
	return []route.Route{
		{Method: http.MethodGet, Path: "/scim/v2/test", Handler: h},
		{Method: http.MethodGet, Path: "/test", Handler: h},
	}
}

func TestEveryKindOfFaultHasItsAnswer(t *testing.T) {
	want := map[fault.Kind]struct {
		status   int
		scimType string
	}{
		fault.Internal:             {500, ""},
		fault.InvalidSyntax:        {400, "invalidSyntax"},
		fault.InvalidFilter:        {400, "invalidFilter"},
		fault.InvalidPath:          {400, "invalidPath"},
		fault.InvalidValue:         {400, "invalidValue"},
		fault.NoTarget:             {400, "noTarget"},
		fault.Mutability:           {400, "mutability"},
		fault.Uniqueness:           {409, "uniqueness"},
		fault.TooMany:              {400, "tooMany"},
		fault.InvalidVersion:       {400, "invalidVers"},
		fault.Sensitive:            {403, "sensitive"},
		fault.Unauthenticated:      {401, ""},
		fault.Forbidden:            {403, ""},
		fault.NotFound:             {404, ""},
		fault.Gone:                 {410, ""},
		fault.MethodNotAllowed:     {405, ""},
		fault.NotAcceptable:        {406, ""},
		fault.Conflict:             {409, ""},
		fault.PreconditionFailed:   {412, ""},
		fault.TooLarge:             {413, ""},
		fault.UnsupportedMediaType: {415, ""},
		fault.TooManyRequests:      {429, ""},
		fault.NotImplemented:       {501, ""},
		fault.Unavailable:          {503, ""},
	}
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		t.Run(fmt.Sprint(int(kind)), func(t *testing.T) {
			f := newFixture(t, failing(fmt.Errorf("do it: %w", fault.Wrap(errors.New("cause"), kind, "what to change")))...)
			a, ok := want[kind]
			if !ok {
				t.Fatalf("no answer is written down for kind %d", kind)
			}
			w := f.do(t, http.MethodGet, "/scim/v2/test", "")
			detail := wantSCIMError(t, w, a.status, a.scimType)
			if kind != fault.Internal && detail != "what to change" {
				t.Errorf("detail %q", detail)
			}
			if strings.Contains(w.Body.String(), "cause") {
				t.Errorf("%s shows the cause", w.Body)
			}
			wantProblem(t, f.do(t, http.MethodGet, "/test", ""), a.status)
		})
	}
}

func TestClientsAreToldWhenToComeBack(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Unavailable, fault.TooManyRequests} {
		f := newFixture(t, failing(fault.New(kind, "later"))...)
		if got := f.do(t, http.MethodGet, "/scim/v2/test", "").Header().Get("Retry-After"); got != "5" {
			t.Errorf("Retry-After %q, want integer seconds", got)
		}
	}
}

func TestAnErrorNobodyClassifiedIsLoggedAndNotShown(t *testing.T) {
	f := newFixture(t, failing(errors.New("password of the database is hunter2"))...)
	w := f.do(t, http.MethodGet, "/scim/v2/test", "", "X-Request-Id", "my-id")
	if detail := wantSCIMError(t, w, http.StatusInternalServerError, ""); detail != "internal error; request id my-id" {
		t.Errorf("detail %q", detail)
	}
	entries := f.lines(t, "request failed")
	if len(entries) != 1 || entries[0]["request_id"] != "my-id" || !strings.Contains(fmt.Sprint(entries[0]["error"]), "hunter2") {
		t.Errorf("logged %v", entries)
	}
}

func TestAFaultOfTheClientIsNotLoggedAsOurs(t *testing.T) {
	f := newFixture(t, failing(fault.New(fault.InvalidValue, "x"))...)
	f.do(t, http.MethodGet, "/scim/v2/test", "")
	if entries := f.lines(t, "request failed"); len(entries) != 0 {
		t.Errorf("logged %v", entries)
	}
}

func TestAClientThatHungUpIsNoFaultOfOurs(t *testing.T) {
	f := newFixture(t, failing(context.Canceled)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/scim/v2/test", nil)
	r.Header.Set("Authorization", "all")
	f.ServeHTTP(httptest.NewRecorder(), r)
	if entries := f.lines(t, "request failed"); len(entries) != 0 {
		t.Errorf("logged %v", entries)
	}
	if entries := f.lines(t, "request"); len(entries) != 1 || entries[0]["status"] != 499.0 {
		t.Errorf("logged %v", entries)
	}
}

func panicking(path string) route.Route {
	return route.Route{Method: http.MethodGet, Path: path, Handler: func(*gin.Context) error { panic("boom of hunter2") }}
}

func TestAPanicIsAnInternalError(t *testing.T) {
	f := newFixture(t, panicking("/scim/v2/test"), panicking("/test"))
	w := f.do(t, http.MethodGet, "/scim/v2/test", "", "X-Request-Id", "my-id")
	if detail := wantSCIMError(t, w, http.StatusInternalServerError, ""); detail != "internal error; request id my-id" {
		t.Errorf("detail %q", detail)
	}
	entries := f.lines(t, "panic")
	if len(entries) != 1 || entries[0]["request_id"] != "my-id" || !strings.Contains(fmt.Sprint(entries[0]["stack"]), "failure_test.go") {
		t.Errorf("logged %v", entries)
	}
	if requests := f.lines(t, "request"); len(requests) != 1 || requests[0]["status"] != 500.0 {
		t.Errorf("access log %v", requests)
	}
	wantProblem(t, f.do(t, http.MethodGet, "/test", ""), http.StatusInternalServerError)
}

func TestAPanicInMidAnswerCutsTheConnection(t *testing.T) {
	f := newFixture(t, route.Route{Method: http.MethodGet, Path: "/test", Access: route.Public(), Handler: func(c *gin.Context) error {
		c.Header("Content-Length", "1000")
		c.Data(http.StatusOK, "text/plain", []byte("half"))
		panic("boom")
	}})
	srv := httptest.NewServer(f)
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/test", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req)
	if err == nil {
		_, err = res.Body.Read(make([]byte, 2000))
		for err == nil {
			_, err = res.Body.Read(make([]byte, 2000))
		}
		_ = res.Body.Close()
		if errors.Is(err, http.ErrBodyReadAfterClose) || err.Error() == "EOF" {
			t.Errorf("the client took half an answer for a whole: %v", err)
		}
	}
}
