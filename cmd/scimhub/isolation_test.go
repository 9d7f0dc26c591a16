package main

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/server/route"
)

// knownRoutes says who may use the routes that the hub has. One that isn't here
// fails the tests: whoever adds a route says so.
var knownRoutes = map[string]routeFacts{
	"GET /healthz": {open: true},
	"GET /readyz":  {open: true},
	"GET /metrics": {open: true},

	"GET /scim/v2/ServiceProviderConfig": {open: true}, // RFC 7644 §4
	"GET /scim/v2/ResourceTypes":         {scope: access.SCIMRead},
	"GET /scim/v2/ResourceTypes/:id":     {scope: access.SCIMRead, path: "/scim/v2/ResourceTypes/User"},
	"GET /scim/v2/Schemas":               {scope: access.SCIMRead},
	"GET /scim/v2/Schemas/:id":           {scope: access.SCIMRead, path: "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"},

	"GET /scim/v2/Users":         {scope: access.SCIMRead},
	"POST /scim/v2/Users":        {scope: access.SCIMWrite, body: `{"userName":"new@example.com"}`},
	"GET /scim/v2/Users/:id":     {scope: access.SCIMRead, path: "/scim/v2/Users/<user>"},
	"PUT /scim/v2/Users/:id":     {scope: access.SCIMWrite, path: "/scim/v2/Users/<user>", body: `{"userName":"taken.over@example.com"}`},
	"PATCH /scim/v2/Users/:id":   {scope: access.SCIMWrite, path: "/scim/v2/Users/<user>", body: patchOf(`{"op":"replace","path":"active","value":false}`)},
	"DELETE /scim/v2/Users/:id":  {scope: access.SCIMWrite, path: "/scim/v2/Users/<user>"},
	"GET /scim/v2/Groups":        {scope: access.SCIMRead},
	"POST /scim/v2/Groups":       {scope: access.SCIMWrite, body: `{"displayName":"New","members":[{"value":"<user>"},{"value":"<group>"}]}`},
	"GET /scim/v2/Groups/:id":    {scope: access.SCIMRead, path: "/scim/v2/Groups/<group>"},
	"PUT /scim/v2/Groups/:id":    {scope: access.SCIMWrite, path: "/scim/v2/Groups/<group>", body: `{"displayName":"Taken over","members":[]}`},
	"PATCH /scim/v2/Groups/:id":  {scope: access.SCIMWrite, path: "/scim/v2/Groups/<group>", body: patchOf(`{"op":"remove","path":"members"}`)},
	"DELETE /scim/v2/Groups/:id": {scope: access.SCIMWrite, path: "/scim/v2/Groups/<group>"},

	"GET /scim/v2":                 {}, // not offered: 501 to any token
	"POST /scim/v2/.search":        {},
	"POST /scim/v2/Bulk":           {},
	"POST /scim/v2/Users/.search":  {},
	"POST /scim/v2/Groups/.search": {},
	"GET /scim/v2/Me":              {},
	"POST /scim/v2/Me":             {},
	"PUT /scim/v2/Me":              {},
	"PATCH /scim/v2/Me":            {},
	"DELETE /scim/v2/Me":           {},

	"GET /v2/webhooks/subscriptions":                    {scope: access.WebhooksRead},
	"POST /v2/webhooks/subscriptions":                   {scope: access.WebhooksWrite, body: newSubscription},
	"GET /v2/webhooks/subscriptions/:id":                {scope: access.WebhooksRead, path: subscriptionPath},
	"PUT /v2/webhooks/subscriptions/:id":                {scope: access.WebhooksWrite, path: subscriptionPath, body: newSubscription},
	"PATCH /v2/webhooks/subscriptions/:id":              {scope: access.WebhooksWrite, path: subscriptionPath, body: `{"active":false}`},
	"DELETE /v2/webhooks/subscriptions/:id":             {scope: access.WebhooksWrite, path: subscriptionPath},
	"POST /v2/webhooks/subscriptions/:id/ping":          {scope: access.WebhooksWrite, path: subscriptionPath + "/ping"},
	"GET /v2/webhooks/subscriptions/:id/secret":         {scope: access.WebhooksWrite, path: subscriptionPath + "/secret"},
	"POST /v2/webhooks/subscriptions/:id/rotate-secret": {scope: access.WebhooksWrite, path: subscriptionPath + "/rotate-secret"},
	"GET /v2/webhooks/subscriptions/:id/deliveries":     {scope: access.WebhooksRead, path: subscriptionPath + "/deliveries"},
	"POST /v2/webhooks/subscriptions/:id/recover":       {scope: access.WebhooksWrite, path: subscriptionPath + "/recover", body: `{"since":"2020-01-01T00:00:00Z"}`},
	"GET /v2/webhooks/deliveries/:id":                   {scope: access.WebhooksRead, path: "/v2/webhooks/deliveries/<delivery>"},
	"POST /v2/webhooks/deliveries/:id/redeliver":        {scope: access.WebhooksWrite, path: "/v2/webhooks/deliveries/<delivery>/redeliver"},

	"POST /webhooks/:source": {open: true, path: "/webhooks/nobodys", refuses: http.StatusNotFound},
	"GET /webhooks/:source":  {open: true, path: "/webhooks/nobodys", refuses: http.StatusNotFound},

	"GET /v2/events":        {scope: access.EventsRead},
	"GET /v2/events/stream": {scope: access.EventsRead, endless: true},
	"GET /v2/event-types":   {scope: access.EventsRead},

	"GET /openapi.yaml":          {open: true},
	"GET /docs":                  {open: true},
	"GET /docs/*asset":           {open: true, path: "/docs/start.js"},
	"GET /.well-known/jwks.json": {open: true},
}

const (
	subscriptionPath = "/v2/webhooks/subscriptions/<subscription>"
	newSubscription  = `{"url":"https://example.com/","active":false,"events":[{"name":"*"}]}`
)

// routeFacts is what the tests know of a route.
type routeFacts struct {
	refuses int          // the status of an open route that answers other than 200
	open    bool         // it needs no token
	scope   access.Scope // it needs; "": any token will do
	path    string       // with an id in it; "": the route's own
	body    string

	endless bool // its answer doesn't end
}

// ownsAnObject reports whether the route is about one object of an
// organization.
func (f routeFacts) ownsAnObject() bool { return strings.Contains(f.path, "<") }

// privateHub is a hub whose first organization has a user in a group, and a
// subscription with a delivery.
type privateHub struct {
	*testHub
	client                 *player
	user, group            string
	subscription, delivery string
}

func newPrivateHub(t *testing.T, e engine) *privateHub {
	h := &privateHub{testHub: newTestHubOf(t, e, func(c *Config) { c.WebhooksAllowPrivateNetworks = true })}
	h.client = h.newClient(t)
	h.client.baseURL = strings.TrimSuffix(h.client.baseURL, scimPath) // routes are whole paths
	h.user = h.client.create(t, scimPath+"/Users", `{"userName":"private.anna@example.com","externalId":"private-ext"}`)
	h.group = h.client.create(t, scimPath+"/Groups", `{"displayName":"Private group","members":[{"value":"`+h.user+`"}]}`)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	created, err := h.client.send(exchange{
		method: http.MethodPost, path: "/v2/webhooks/subscriptions", header: map[string]string{"Content-Type": "application/json"},
		body: `{"name":"Private hook","url":"` + receiver.URL + `","events":[{"name":"*"}]}`,
	})
	must(t, err)
	h.subscription = created.id()
	h.delivery = h.client.ask(t, http.MethodPost, "/v2/webhooks/subscriptions/"+h.subscription+"/ping", "", http.StatusAccepted).id()
	return h
}

// call uses a route with a token. A route whose GET is known has a HEAD too.
func (h *privateHub) call(t *testing.T, method string, r route.Route, token string) answer {
	t.Helper()
	facts := knownRoutes[r.Method+" "+r.Path]
	fill := strings.NewReplacer("<user>", h.user, "<group>", h.group, "<subscription>", h.subscription, "<delivery>", h.delivery)
	path := facts.path
	if path == "" {
		path = r.Path
	}
	x := exchange{
		method: method, path: fill.Replace(path), body: fill.Replace(facts.body),
		header: map[string]string{"Authorization": token, "Content-Type": "application/json"},
	}
	if facts.endless {
		return h.glimpse(t, x)
	}
	a, err := h.client.send(x)
	must(t, err)
	return a
}

// glimpse sends a request whose answer doesn't end, and gives what comes of it
// at once.
func (h *privateHub) glimpse(t *testing.T, x exchange) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), x.method, h.client.baseURL+x.path, http.NoBody)
	must(t, err)
	for name, value := range x.header {
		req.Header.Set(name, value)
	}
	res, err := h.client.client.Do(req)
	must(t, err)
	defer res.Body.Close()
	head := make([]byte, 1<<20)
	n, err := res.Body.Read(head)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: head[:n]}
}

// shown gives what the owner sees of its organization.
func (h *privateHub) shown(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{scimPath + "/Users", scimPath + "/Groups", "/v2/webhooks/subscriptions"} {
		all.Write(h.client.ask(t, http.MethodGet, path, "", http.StatusOK).body)
	}
	return all.String()
}

func TestEveryRouteIsKnown(t *testing.T) {
	h := newTestHub(t, engines(t)[0])
	var routes []string
	for _, r := range h.server.Routes() {
		name := r.Method + " " + r.Path
		routes = append(routes, name)
		facts, known := knownRoutes[name]
		if !known {
			t.Errorf("%s is a new route: add it to knownRoutes", name)
		}
		if facts.open != r.Access.Public || facts.scope != r.Access.Scope {
			t.Errorf("%s has the access %+v, want open %v, scope %q", name, r.Access, facts.open, facts.scope)
		}
	}
	for name := range maps.Keys(knownRoutes) {
		if !slices.Contains(routes, name) {
			t.Errorf("the hub has no route %s any more", name)
		}
	}
}

func TestEveryRouteNeedsATokenWithItsScope(t *testing.T) {
	for _, e := range engines(t) {
		h := newPrivateHub(t, e)
		for _, r := range h.server.Routes() {
			for _, method := range methodsOf(r) {
				t.Run(e.name+"/"+method+" "+r.Path, func(t *testing.T) { h.checkAccess(t, method, r) })
			}
		}
	}
}

func methodsOf(r route.Route) []string {
	if r.Method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{r.Method}
}

func (h *privateHub) checkAccess(t *testing.T, method string, r route.Route) {
	if facts := knownRoutes[r.Method+" "+r.Path]; facts.open {
		if got, want := h.call(t, method, r, "").status, cmp.Or(facts.refuses, http.StatusOK); got != want {
			t.Errorf("without a token: status %d, want %d", got, want)
		}
		return
	}
	before := h.shown(t)
	for _, token := range []string{"", "Bearer " + access.NewSecret()} {
		a := h.call(t, method, r, token)
		if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("token %q: status %d, WWW-Authenticate %q", token, a.status, a.header.Get("WWW-Authenticate"))
		}
	}
	if scope := r.Access.Scope; scope != "" {
		others := slices.DeleteFunc(access.Scopes(), func(s access.Scope) bool { return s == scope || s == access.Admin })
		if got := h.call(t, method, r, h.newToken(t, actor{scopes: others})).status; got != http.StatusForbidden {
			t.Errorf("with every scope but %s: status %d", scope, got)
		}
	}
	if after := h.shown(t); after != before {
		t.Errorf("requests that were refused changed\n%s\nto\n%s", before, after)
	}
	// A stranger's token, so that the private objects last for the next route.
	a := h.call(t, method, r, h.newToken(t, actor{organization: "with the scope", scopes: []access.Scope{r.Access.Scope}}))
	if a.status == http.StatusUnauthorized || a.status == http.StatusForbidden {
		t.Errorf("with the scope %q alone: status %d: %s", r.Access.Scope, a.status, a.body)
	}
}

func TestNoRouteReachesAnotherOrganization(t *testing.T) {
	for _, e := range engines(t) {
		h := newPrivateHub(t, e)
		stranger := h.newToken(t, actor{organization: "elsewhere", scopes: access.Scopes()})
		before, events := h.shown(t), h.countEvents(t)
		for _, r := range h.server.Routes() {
			if !r.Access.Public {
				t.Run(e.name+"/"+r.Method+" "+r.Path, func(t *testing.T) { h.checkStranger(t, r, stranger) })
			}
		}
		if after := h.shown(t); after != before {
			t.Errorf("%s: a stranger changed\n%s\nto\n%s", e.name, before, after)
		}
		after := h.countEvents(t)
		for _, id := range []string{h.user, h.group} {
			if after[id] != events[id] {
				t.Errorf("%s: a stranger caused events: %d were %d", e.name, after[id], events[id])
			}
		}
	}
}

func (h *privateHub) checkStranger(t *testing.T, r route.Route, token string) {
	for _, method := range methodsOf(r) {
		a := h.call(t, method, r, token)
		if knownRoutes[r.Method+" "+r.Path].ownsAnObject() && a.status != http.StatusNotFound {
			t.Errorf("%s of a private object: status %d, want 404: %s", method, a.status, a.body)
		}
		for _, private := range []string{"private", "Private", h.user, h.group, h.subscription, h.delivery} {
			if strings.Contains(string(a.body), private) {
				t.Errorf("%s shows %q: %s", method, private, a.body)
			}
		}
	}
}

// countEvents gives the number of events of each resource.
func (h *testHub) countEvents(t testing.TB) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, e := range h.events(t) {
		counts[e.ResourceID]++
	}
	return counts
}

// TestFiltersSeeNoOtherOrganization asks for what another organization has, by
// everything that lists can be filtered by quickly.
func TestFiltersSeeNoOtherOrganization(t *testing.T) {
	for _, e := range engines(t) {
		h := newPrivateHub(t, e)
		h.client.token = h.newToken(t, actor{organization: "elsewhere", scopes: access.Scopes()})
		for _, path := range []string{
			byFilter("/Users", `userName eq "private.anna@example.com"`), byFilter("/Users", `externalId eq "private-ext"`),
			byFilter("/Users", `id eq "%s"`, h.user), byFilter("/Users", `groups eq "%s"`, h.group), byFilter("/Users", `not (userName pr)`),
			byFilter("/Groups", `displayName eq "Private group"`), byFilter("/Groups", `members eq "%s"`, h.user), byFilter("/Groups", `members pr`),
			byFilter("/Users", `not (title eq "x")`), byFilter("/Groups", `id pr or displayName pr`), "/Users", "/Groups", "/Users?count=0",
		} {
			a := h.client.ask(t, http.MethodGet, scimPath+path, "", http.StatusOK)
			if n := a.each("Resources", "id"); len(n) > 0 {
				t.Errorf("%s: %s shows %v", e.name, path, n)
			}
			if err := value("totalResults", 0)(a); err != nil {
				t.Errorf("%s: %s: %v", e.name, path, err)
			}
		}
	}
}
