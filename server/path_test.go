package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestNormalizePath(t *testing.T) {
	for path, want := range map[string]string{
		"/":                              "/",
		"":                               "",
		"//":                             "/",
		"/healthz/":                      "/healthz",
		"/v2//Users":                     "/v2/Users",
		"/V2/users":                      "/V2/users",
		"/scim/v2/Users":                 "/scim/v2/Users",
		"/scim/v2/Users/":                "/scim/v2/Users",
		"//scim//v2///Users//":           "/scim/v2/Users",
		"/SCIM/V2/USERS":                 "/scim/v2/Users",
		"/scim/v2/users/AbC":             "/scim/v2/Users/AbC",
		"/scim/v2/users/users":           "/scim/v2/Users/users",
		"/scim/v2/groups/.SEARCH":        "/scim/v2/Groups/.search",
		"/scim/v2/.Search":               "/scim/v2/.search",
		"/scim/v2/schemas/URN:x":         "/scim/v2/Schemas/URN:x",
		"/scim/v2/resourcetypes/user":    "/scim/v2/ResourceTypes/user",
		"/scim/v2/serviceproviderconfig": "/scim/v2/ServiceProviderConfig",
		"/scim/v2/ME":                    "/scim/v2/Me",
		"/scim/Users/AbC":                "/scim/v2/Users/AbC",
		"/SCIM/users/":                   "/scim/v2/Users",
		"/scim/schemas/URN:x":            "/scim/v2/Schemas/URN:x",
		"/scim/v2":                       "/scim/v2",
		"/scim":                          "/scim",
		"/scimitar/V2":                   "/scimitar/V2",
	} {
		if got := normalizePath(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
		if got := normalizePath(want); got != want {
			t.Errorf("%q: normalised again it is %q", want, got)
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/scim", "/scim/", "/scim/User", "/scim/v2/User", "/scim/v2/Users/1/emails", "/scim/v2/Schemas/a/b"} {
		detail := wantSCIMError(t, f.do(t, http.MethodGet, path, ""), http.StatusNotFound, "")
		if !strings.Contains(detail, "/scim/v2") {
			t.Errorf("%s: %q doesn't say what the base URL is", path, detail)
		}
	}
	for _, path := range []string{"/scim/v1/Users", "/scim/v9/Users", "/scim/V1.1/Users", "/scim/v3"} {
		wantSCIMError(t, f.do(t, http.MethodGet, path, ""), http.StatusBadRequest, "invalidVers")
	}
	for _, path := range []string{"/", "/v2/unknown", "/favicon.ico", "/healthz/x"} {
		wantProblem(t, f.do(t, http.MethodGet, path, ""), http.StatusNotFound)
	}
}

func TestWrongMethod(t *testing.T) {
	f := newFixture(t)
	for _, tt := range []struct{ method, path, allow string }{
		{http.MethodPut, "/scim/v2/Users", "GET, HEAD, POST"},
		{http.MethodPost, "/scim/v2/Users/1", "GET, HEAD, PUT, PATCH, DELETE"},
		{http.MethodPost, "/scim/v2/Schemas", "GET, HEAD"},
		{http.MethodDelete, "/scim/v2/ServiceProviderConfig/", "GET, HEAD"},
		{http.MethodPatch, "/scim/v2/resourceTypes", "GET, HEAD"},
		{"PROPFIND", "/scim/v2/Groups", "GET, HEAD, POST"},
	} {
		w := f.do(t, tt.method, tt.path, "")
		wantSCIMError(t, w, http.StatusMethodNotAllowed, "")
		if got := w.Header().Get("Allow"); got != tt.allow {
			t.Errorf("%s %s: Allow %q, want %q", tt.method, tt.path, got, tt.allow)
		}
	}
	wantProblem(t, f.do(t, http.MethodPost, "/healthz", ""), http.StatusMethodNotAllowed)
}

func TestWhatIsNotOffered(t *testing.T) {
	f := newFixture(t)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		wantSCIMError(t, f.do(t, method, "/scim/v2/Me", "{}"), http.StatusNotImplemented, "")
	}
	for _, path := range []string{"/Bulk", "/.search", "/Users/.search", "/Groups/.search"} {
		wantSCIMError(t, f.do(t, http.MethodPost, "/scim/v2"+path, "{}"), http.StatusNotImplemented, "")
	}
	wantSCIMError(t, f.do(t, http.MethodGet, "/scim/v2/", ""), http.StatusNotImplemented, "")
}
