package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// newClient serves the hub on a port of this machine and gives a client of it
// that sends the hub's token.
func (h *testHub) newClient(t testing.TB) *player {
	t.Helper()
	server := httptest.NewServer(h.handler)
	t.Cleanup(server.Close)
	return newPlayer(t, server.URL+scimPath, h.token)
}

// newPlayer gives a client with room for as many connections as a test opens.
func newPlayer(t testing.TB, baseURL, token string) *player {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &player{ctx: t.Context(), client: &http.Client{Transport: transport, Timeout: time.Minute}, baseURL: baseURL, token: token}
}

// ask sends a request that must be answered with a status.
func (p *player) ask(t testing.TB, method, path, body string, want int) answer {
	t.Helper()
	a, err := p.send(exchange{method: method, path: path, body: body})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, want, a.body)
	}
	return a
}

// create creates a resource and gives its id.
func (p *player) create(t testing.TB, path, body string) string {
	t.Helper()
	return p.ask(t, http.MethodPost, path, body, http.StatusCreated).id()
}

// text gives the string at a path of the answer, or "".
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// each gives the values at a path within the elements of an array, e.g. the
// ids of the members of a group.
func (a answer) each(array, path string) []string {
	list, _ := a.at(array).([]any)
	values := make([]string, len(list))
	for i := range list {
		values[i] = a.text(fmt.Sprintf("%s.%d.%s", array, i, path))
	}
	return values
}

// byFilter gives a list request with a filter.
func byFilter(endpoint, format string, args ...any) string {
	return endpoint + "?filter=" + url.QueryEscape(fmt.Sprintf(format, args...))
}

// patchOf gives the body of a PATCH.
func patchOf(operations string) string {
	return `{` + patchOp + `,"Operations":[` + operations + `]}`
}

// directory gives the service that the hub's requests use, for tests that need
// many resources to begin with.
func (h *testHub) directory(t testing.TB) *scimresource.Directory {
	t.Helper()
	org, err := h.store.Organization(t.Context(), "default")
	must(t, err)
	dir, err := h.store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	hub := scimresource.NewHub(scimresource.Config{
		Registry: h.registry(t), Bind: h.store.Bind, BaseURL: h.cfg.PublicURL + scimPath, Now: time.Now, Logger: h.cfg.Logger,
	})
	return hub.As(access.Actor{OrganizationID: org.ID, DirectoryID: dir.ID, Scopes: access.Scopes()})
}

func (h *testHub) registry(t testing.TB) *schema.Registry {
	t.Helper()
	registry, err := readRegistry(h.cfg.Schemas)
	must(t, err)
	return registry
}

// seedUsers makes n users, whose names are userName(i), and gives their ids.
func (h *testHub) seedUsers(t testing.TB, n int) []string {
	t.Helper()
	directory, user := h.directory(t), h.registry(t).Type(schema.User)
	ids := make([]string, n)
	for i := range ids {
		body, err := document.Decode([]byte(userBody(i)))
		must(t, err)
		r, err := directory.Create(t.Context(), user, body, scimresource.Include{})
		must(t, err)
		ids[i] = r.ID
	}
	return ids
}

// seedGroup makes a group of the given members and gives its id.
func (h *testHub) seedGroup(t testing.TB, members []string) string {
	t.Helper()
	list := make([]any, len(members))
	for i, id := range members {
		list[i] = document.Object{"value": id}
	}
	body := document.Object{"displayName": fmt.Sprintf("Group of %d", len(members)), "members": list}
	r, err := h.directory(t).Create(t.Context(), h.registry(t).Type(schema.Group), body, scimresource.Include{})
	must(t, err)
	return r.ID
}

func userName(i int) string { return fmt.Sprintf("user%06d@example.com", i) }

// userBody gives a user as identity providers create them.
func userBody(i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",%q],"externalId":"ext-%d","userName":%q,
		"name":{"givenName":"Given%d","familyName":"Family%d"},"displayName":"Given%d Family%d","active":true,
		"emails":[{"value":%q,"type":"work","primary":true}],%q:{"employeeNumber":"%d","department":"Department %d"}}`,
		enterprise, i, userName(i), i, i, i, i, userName(i), enterprise, i, i%20)
}

// sorted gives a sorted copy.
func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }
