package admin_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/api"
)

// contract is openapi.yaml, against which all that the tests say and hear is
// held.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

func readContract(t testing.TB) contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Contract)
	must(t, err)
	router, err := legacy.NewRouter(doc)
	must(t, err)
	return contract{doc, router}
}

// check holds an answer against the contract, and the request too if it was
// accepted: what the contract forbids, the hub must have refused.
func (c contract) check(t testing.TB, r *http.Request, a response) {
	t.Helper()
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		asset := strings.HasPrefix(r.URL.Path, "/docs/")
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed && !asset {
			t.Errorf("%s %s is not in the contract: %v", r.Method, r.URL, err)
		}
		return
	}
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
			ExcludeResponseBody: strings.HasPrefix(a.header.Get("Content-Type"), "text/"), // a page, or a stream
		},
	}
	if err := openapi3filter.ValidateRequest(context.WithoutCancel(r.Context()), request); err != nil && a.status < 300 {
		t.Errorf("%s %s was accepted against the contract: %v", r.Method, r.URL, err)
	}
	err = openapi3filter.ValidateResponse(context.WithoutCancel(r.Context()), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: a.status, Header: a.header,
		Body: io.NopCloser(bytes.NewReader(a.body)), Options: request.Options,
	})
	if err != nil {
		t.Errorf("%s %s is answered against the contract: %v", r.Method, r.URL, err)
	}
}

// TestRoutesAreThoseOfTheContract compares paths, methods and scopes.
func TestRoutesAreThoseOfTheContract(t *testing.T) {
	h := newHub(t)
	want := map[string]string{}
	for path, item := range h.contract.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			scope, _ := operation.Extensions["x-scope"].(string)
			want[method+" "+path] = scope
		}
	}
	got := map[string]string{}
	for _, r := range h.server.Routes() {
		path := strings.ReplaceAll(r.Path, ":id", "{id}")
		if _, described := want[r.Method+" "+path]; described || strings.HasPrefix(path, "/v2/") {
			got[r.Method+" "+path] = string(r.Access.Scope)
			if r.Access.Public != (r.Access.Scope == "") {
				t.Errorf("%s %s: public is %t, scope %q", r.Method, path, r.Access.Public, r.Access.Scope)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-contract +server):\n%s", diff)
	}
}
