package scim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest sends requests that nobody thought of: each must be answered,
// with a status below 500 but for what is not offered, and in SCIM.
func FuzzRequest(f *testing.F) {
	h := newHub(f)
	user := "/Users/" + str(h.create(f, "/Users", jane), "id")
	group := "/Groups/" + str(h.create(f, "/Groups", `{"displayName":"Staff"}`), "id")
	for _, seed := range [][4]string{
		{"GET", "/Users", `filter=emails[type eq "work" and value co "@"].value pr&startIndex=1&count=2`, ""},
		{"GET", user, "attributes=name.givenName,urn:ietf:params:scim:schemas:core:2.0:User:emails", ""},
		{"POST", "/Users", "", `{"userName":"b","emails":[{"value":"x"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"x"}}}`},
		{"PUT", user, "excludedAttributes=emails", jane},
		{"PATCH", user, "", `{"Operations":[{"op":"Add","path":"emails[type eq \"home\"].value","value":"x"},{"op":"remove","path":"name"}]}`},
		{"PATCH", group, "attributes=members", `{"Operations":[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"replace","value":{"displayName":"y","id":"z"}}]}`},
		{"DELETE", "/Users/none", "", ""},
		{"POST", "/Groups", "", `{"displayName":"G","members":[{"$ref":"../Users/1"}]}`},
		{"GET", "/Groups", `sortBy=displayName&sortOrder=descending&filter=not (members.value eq "x" or id ge "a")`, ""},
		{"GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "", ""},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://hub.example.com/", strings.NewReader(body))
		if err != nil {
			return // net/http would not let this method in
		}
		r = httptestRequest(r, path, query)
		res := h.send(r, nil)
		if res.status >= 500 && res.status != http.StatusNotImplemented {
			t.Fatalf("%s %q?%q %q: %d %s", method, path, query, body, res.status, res.body)
		}
		if len(res.body) > 0 && (!json.Valid(res.body) || res.header.Get("Content-Type") != "application/scim+json") {
			t.Fatalf("%s %q: %d %q %s", method, path, res.status, res.header.Get("Content-Type"), res.body)
		}
	})
}

// httptestRequest makes a client's request one as a server gets it.
func httptestRequest(r *http.Request, path, query string) *http.Request {
	in := httptest.NewRequestWithContext(r.Context(), "GET", "/", r.Body)
	in.Method = r.Method
	in.ContentLength = r.ContentLength
	in.URL = &url.URL{Path: "/scim/v2" + path, RawQuery: query}
	return in
}
