package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/scimhub/scimhub/server/scim"
)

// normalizePaths forgives, before routing, what administrators get wrong in a
// base URL: doubled and trailing slashes everywhere, and upper or lower case in
// the fixed parts of SCIM paths. It never redirects.
func normalizePaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := normalizePath(r.URL.Path)
		if path != r.URL.Path {
			u := *r.URL
			u.Path, u.RawPath = path, ""
			r = withURL(r, &u)
		}
		next.ServeHTTP(w, r)
	})
}

func withURL(r *http.Request, u *url.URL) *http.Request {
	copied := *r
	copied.URL = u
	return &copied
}

func normalizePath(path string) string {
	path = squeezeSlashes(path)
	if len(path) > len("/scim") && path[len("/scim")] == '/' && strings.EqualFold(path[:len("/scim")], "/scim") {
		return scim.CanonicalPath(path)
	}
	return path
}

// squeezeSlashes drops empty segments and the slash at the end.
func squeezeSlashes(path string) string {
	if !strings.Contains(path, "//") && (path == "/" || !strings.HasSuffix(path, "/")) {
		return path
	}
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return "/" + strings.Join(segments, "/")
}
