package admin_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/webhooks"
)

const userSync = `{
  "url": "https://example.com/webhooks/user-sync",
  "active": true,
  "events": [{ "name": "user.updated", "version": "1" }]
}`

// TestFirstupSubscriptions sends the bodies of Firstup's guide as they stand.
func TestFirstupSubscriptions(t *testing.T) {
	h := newHub(t)
	for _, name := range []string{"user.updated", "user.deactivated"} {
		got := h.post(t, subscriptions, strings.ReplaceAll(userSync, "user.updated", name), http.StatusCreated)
		if !strings.HasPrefix(str(got, "id"), "sub_") || !strings.HasPrefix(str(got, "secret"), "whsec_") || got["status"] != "active" || got["name"] != "" {
			t.Errorf("created %v", got)
		}
	}
	if n := len(data(h.get(t, subscriptions))); n != 2 {
		t.Errorf("%d are listed", n)
	}
}

func TestSubscriptionHasDefaults(t *testing.T) {
	h := newHub(t)
	for _, body := range []string{
		`{"url":"https://example.com/a","events":[{"name":"*"}]}`,
		`{"url":"https://example.com/b","events":[{"name":"*","version":null}],"name":null,"active":null,"authorization_header":null,
		  "format":null,"ordering":null,"on_exhausted":null,"signature":null,"rate_limit":null}`,
	} {
		got := h.post(t, subscriptions, body, http.StatusCreated)
		for _, changing := range []string{"id", "url", "secret", "created_at", "updated_at"} {
			if str(got, changing) == "" {
				t.Errorf("%s is missing in %v", changing, got)
			}
			delete(got, changing)
		}
		want := object{
			"name": "", "active": true, "status": "active", "events": []any{object{"name": "*", "version": "1"}},
			"authorization_header": nil, "format": "scimhub", "ordering": "resource", "on_exhausted": "skip", "signature": "v1",
			"rate_limit": nil, "deactivated_at": nil, "deactivated_reason": nil,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestSubscriptionIsReadAsItWasCreated(t *testing.T) {
	h := newHub(t)
	res := h.do(t, http.MethodPost, subscriptions, `{"name":"HR sync","url":"https://example.com/hooks?a=<b>","active":false,
		"events":[{"name":"user.*","version":"1"},{"name":"group.created"}],"authorization_header":"Bearer x",
		"format":"scim-set","ordering":"fifo","on_exhausted":"block","signature":"v1a","rate_limit":5}`)
	created := res.object(t, http.StatusCreated)
	if created["status"] != "inactive" || created["authorization_header"] != "********" || created["rate_limit"] != 5.0 {
		t.Errorf("created %v", created)
	}
	if !strings.HasPrefix(str(created, "public_key"), "whpk_") || created["secret"] != nil || strings.Contains(string(res.body), "whsk_") {
		t.Errorf("keys of %s", res.body)
	}
	delete(created, "public_key")
	if diff := cmp.Diff(created, h.get(t, res.header.Get("Location"))); diff != "" {
		t.Errorf("read (-created +read):\n%s", diff)
	}
	if diff := cmp.Diff([]object{created}, data(h.get(t, subscriptions))); diff != "" {
		t.Errorf("listed (-created +listed):\n%s", diff)
	}
}

func TestSubscriptionFaultsAreToldAtOnce(t *testing.T) {
	h := newHub(t)
	h.do(t, http.MethodPost, subscriptions, `{"url":"ftp://example.com","evnts":[],"name":5,"active":"yes","format":"xml","ordering":"lifo",
		"on_exhausted":"stop","signature":"v2","rate_limit":0,"authorization_header":"a\nb","shade":1}`).refused(t, http.StatusBadRequest,
		"url must begin with http", `"evnts"; did you mean "events"?`, "name must be a string", "active must be true or false",
		`format is "xml"`, `ordering is "lifo"`, `on_exhausted is "stop"`, `signature is "v2"`, "rate_limit must be", "authorization_header has",
		`no field "shade", only name, url`, "events is missing")

	long := strings.Repeat("ü", 201)
	for body, want := range map[string]string{
		``:        "must be a JSON object",
		`[]`:      "must be a JSON object",
		`null`:    "must be a JSON object",
		`{"url":`: "is not JSON",
		`{"url":"https://a.example","url":"https://b.example"}`: "is not JSON",
		`{}`:                        "url is missing; events is missing",
		`{"url":5,"events":"user"}`: `url must be a string`,
		`{"url":"https://example.com/","events":[]}`:                                                         "events is missing",
		`{"url":"https://example.com/","events":[{"name":"user.update"}]}`:                                   "did you mean user.updated? There are *, user.*",
		`{"url":"https://example.com/","events":[{"name":"identity.updated"},{"name":"us*"}]}`:               `"us*", which is no event`,
		`{"url":"https://example.com/","events":[{"name":"user.updated","version":"2"}]}`:                    `version "2" of user.updated`,
		`{"url":"https://example.com/","events":[{"name":"*"},{"nam":"user.*"}]}`:                            `events[1]: there is no field "nam"; did you mean "name"?`,
		`{"url":"https://example.com/","events":["user.updated"]}`:                                           "events must be a list such as",
		`{"url":"https://example.com/","events":[{}]}`:                                                       "is no event",
		`{"url":"http://127.0.0.1/","events":[{"name":"*"}]}`:                                                "not on the public internet",
		`{"url":"https://a:b@example.com/","events":[{"name":"*"}]}`:                                         "user name or password",
		`{"url":"https://example.com/","events":[{"name":"*"}],"name":"` + long + `"}`:                       "longer than 200 characters",
		`{"url":"https://example.com/","events":[{"name":"*"}],"name":"a\u0000"}`:                            "control character",
		`{"url":"https://example.com/\u0000","events":[{"name":"*"}]}`:                                       "url",
		`{"url":"https://example.com/","events":[{"name":"*"}],"rate_limit":1000000}`:                        "rate_limit must be from 1",
		`{"url":"https://example.com/","events":[{"name":"*"}],"rate_limit":1.5}`:                            "rate_limit must be",
		`{"url":"https://example.com/","events":[{"name":"*"}],"authorization_header":"********"}`:           "mask",
		`{"url":"https://example.com/","events":[` + strings.Repeat(`{"name":"*"},`, 100) + `{"name":"*"}]}`: "more than 100",
	} {
		h.do(t, http.MethodPost, subscriptions, body).refused(t, http.StatusBadRequest, want)
	}
	if n := len(data(h.get(t, subscriptions))); n != 0 {
		t.Errorf("%d were created nevertheless", n)
	}
	h.do(t, http.MethodPost, subscriptions, userSync, "Content-Type", "text/plain").refused(t, http.StatusUnsupportedMediaType)
}

func TestSecondIdenticalSubscriptionIsRefused(t *testing.T) {
	h := newHub(t)
	h.subscribe(t, userSync)
	h.do(t, http.MethodPost, subscriptions, userSync).refused(t, http.StatusConflict, "another subscription")
	other := h.subscribe(t, `{"url":"https://example.com/other","events":[{"name":"user.updated"}]}`)
	h.do(t, http.MethodPut, other, userSync).refused(t, http.StatusConflict, "another subscription")
}

func TestSubscriptionsAreListedByPages(t *testing.T) {
	h := newHub(t)
	var want []string
	for i := range 5 {
		want = append(want, str(h.post(t, subscriptions, fmt.Sprintf(`{"url":"https://example.com/%d","events":[{"name":"*"}]}`, i), http.StatusCreated), "id"))
	}
	var got []string
	for after := ""; ; {
		page := h.get(t, subscriptions+"?limit=2&after="+after)
		got = append(got, each(page, "id")...)
		if after = str(page, "next_cursor"); after == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "after=x", "after=sub_%00"} {
		h.do(t, http.MethodGet, subscriptions+"?"+query, "").refused(t, http.StatusBadRequest, strings.Split(query, "=")[0])
	}
}

func TestPatchChangesWhatItNames(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, `{"name":"HR","url":"https://example.com/a","events":[{"name":"*"}],"authorization_header":"Bearer x","rate_limit":5}`)
	before := h.get(t, path)
	patch := func(body string, headers ...string) object {
		return h.do(t, http.MethodPatch, path, body, headers...).object(t, http.StatusOK)
	}
	after := patch(`{"active":false}`, "Content-Type", "application/merge-patch+json")
	if after["status"] != "inactive" {
		t.Errorf("status %v", after["status"])
	}
	if after = patch(`{"active":null}`); after["status"] != "active" {
		t.Errorf("status %v", after["status"])
	}
	before["updated_at"], after["updated_at"] = "", ""
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("turned off and on again (-before +after):\n%s", diff)
	}
	after = patch(`{"name":"Sync","rate_limit":null,"authorization_header":null,"events":[{"name":"user.*"}]}`)
	if after["name"] != "Sync" || after["rate_limit"] != nil || after["authorization_header"] != nil || after["url"] != "https://example.com/a" {
		t.Errorf("patched to %v", after)
	}
	for body, want := range map[string]string{
		`{"evnts":[]}`: "did you mean", `{"url":null}`: "url is missing", `{"events":null}`: "events is missing", `{"url":"x"}`: "url", `[]`: "JSON object",
	} {
		h.do(t, http.MethodPatch, path, body).refused(t, http.StatusBadRequest, want)
	}
	if h.do(t, http.MethodPatch, path, `{}`).object(t, http.StatusOK)["name"] != "Sync" {
		t.Error("a patch that names nothing changed something")
	}
}

func TestPutReplacesAll(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, `{"name":"HR","url":"https://example.com/a","active":false,"events":[{"name":"*"}],"rate_limit":5}`)
	got := h.do(t, http.MethodPut, path, userSync).object(t, http.StatusOK)
	if got["name"] != "" || got["rate_limit"] != nil || got["active"] != true || got["url"] != "https://example.com/webhooks/user-sync" {
		t.Errorf("replaced by %v", got)
	}
	h.do(t, http.MethodPut, path, `{"url":"https://example.com/"}`).refused(t, http.StatusBadRequest, "events is missing")
}

// TestMaskKeepsTheAuthorizationHeader writes back what was read.
func TestMaskKeepsTheAuthorizationHeader(t *testing.T) {
	h := newHub(t)
	body := `{"url":"https://example.com/a","events":[{"name":"*"}],"authorization_header":%q}`
	path := h.subscribe(t, fmt.Sprintf(body, "Bearer x"))
	h.do(t, http.MethodPut, path, fmt.Sprintf(body, "********")).object(t, http.StatusOK)
	h.do(t, http.MethodPatch, path, `{"authorization_header":"********"}`).object(t, http.StatusOK)
	if got := h.stored(t, path).Credentials.AuthorizationHeader; got != "Bearer x" {
		t.Errorf("the header became %q", got)
	}
	h.do(t, http.MethodPut, path, userSync).object(t, http.StatusOK)
	if got := h.stored(t, path).Credentials.AuthorizationHeader; got != "" {
		t.Errorf("the header is still %q", got)
	}
}

// stored gives a subscription as the dispatcher sees it.
func (h *hub) stored(t testing.TB, path string) webhooks.Subscription {
	t.Helper()
	org, err := h.store.Organization(t.Context(), "default")
	must(t, err)
	s, err := h.store.Webhooks(org.ID).Subscription(t.Context(), strings.TrimPrefix(path, subscriptions+"/"))
	must(t, err)
	return s
}

func TestActivatingEndsWhatTheHubHeldAgainstIt(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, userSync)
	org, err := h.store.Organization(t.Context(), "default")
	must(t, err)
	_, err = h.store.Webhooks(org.ID).UpdateSubscription(t.Context(), h.stored(t, path).ID, func(s *webhooks.Subscription) error {
		s.Active, s.DeactivatedAt, s.DeactivatedReason = false, h.now(), "it answered 410"
		return nil
	})
	must(t, err)
	got := h.do(t, http.MethodPatch, path, `{"name":"still off"}`).object(t, http.StatusOK)
	if got["status"] != "deactivated" || got["deactivated_reason"] != "it answered 410" || got["deactivated_at"] == nil {
		t.Errorf("deactivated: %v", got)
	}
	got = h.do(t, http.MethodPatch, path, `{"active":true}`).object(t, http.StatusOK)
	if got["status"] != "active" || got["deactivated_reason"] != nil || got["deactivated_at"] != nil {
		t.Errorf("activated: %v", got)
	}
}

func TestDelete(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, userSync)
	if a := h.do(t, http.MethodDelete, path, ""); a.status != http.StatusNoContent || len(a.body) > 0 {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	h.do(t, http.MethodGet, path, "").refused(t, http.StatusNotFound)
	h.do(t, http.MethodDelete, path, "").refused(t, http.StatusNotFound)
	h.subscribe(t, userSync)
}

func TestSecretsRotateWithOverlap(t *testing.T) {
	h := newHub(t)
	created := h.post(t, subscriptions, userSync, http.StatusCreated)
	path := subscriptions + "/" + str(created, "id")
	first := h.get(t, path+"/secret")
	if first["secret"] != created["secret"] || first["signature"] != "v1" || first["previous"] != nil {
		t.Errorf("secret %v of %v", first, created)
	}
	second := h.post(t, path+"/rotate-secret", "", http.StatusOK)
	previous, _ := second["previous"].(object)
	ends, err := time.Parse(time.RFC3339, str(previous, "expires_at"))
	if err != nil || previous["secret"] != first["secret"] || second["secret"] == first["secret"] || time.Until(ends).Round(time.Hour) != 24*time.Hour {
		t.Errorf("rotated to %v, %v", second, err)
	}
	if diff := cmp.Diff(second, h.get(t, path+"/secret")); diff != "" {
		t.Errorf("read (-rotated +read):\n%s", diff)
	}
	third := h.post(t, path+"/rotate-secret", "", http.StatusOK)
	if live := h.stored(t, path).Credentials.Live(h.now()); len(live) != 2 || live[0].Key != third["secret"] || live[1].Key != second["secret"] {
		t.Errorf("%d secrets are live", len(live))
	}
	h.clock = 25 * time.Hour
	if got := h.get(t, path+"/secret"); got["previous"] != nil || got["secret"] != third["secret"] {
		t.Errorf("a day later: %v", got)
	}
}

func TestAnotherSchemeMakesAnotherKey(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, userSync)
	h.do(t, http.MethodPatch, path, `{"signature":"v1a"}`).object(t, http.StatusOK)
	a := h.do(t, http.MethodGet, path+"/secret", "")
	got := a.object(t, http.StatusOK)
	previous, _ := got["previous"].(object)
	if !strings.HasPrefix(str(got, "public_key"), "whpk_") || got["signature"] != "v1a" || !strings.HasPrefix(str(previous, "secret"), "whsec_") {
		t.Errorf("keys %v", got)
	}
	if strings.Contains(string(a.body), "whsk_") {
		t.Errorf("a private key is shown: %s", a.body)
	}
}

func TestReadingDoesNotShowSecrets(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, userSync)
	h.token = h.newToken(t, "default", access.WebhooksRead)
	for _, target := range []string{subscriptions, path} {
		if a := h.do(t, http.MethodGet, target, ""); strings.Contains(string(a.body), "whsec_") {
			t.Errorf("%s shows the secret: %s", target, a.body)
		}
	}
	h.do(t, http.MethodGet, path+"/secret", "").refused(t, http.StatusForbidden, "webhooks.write")
}

func TestUnknownIDsAreNotFound(t *testing.T) {
	h := newHub(t)
	for _, id := range []string{"x", "sub_", "sub_00000000000000000000000000", "%00", "%ff"} {
		for _, request := range []string{"GET ", "PUT ", "PATCH ", "DELETE ", "POST /ping", "GET /secret", "POST /rotate-secret", "GET /deliveries", "POST /recover"} {
			method, rest, _ := strings.Cut(request, " ")
			body := map[string]string{"PUT": userSync, "PATCH": `{"name":"x"}`}[method]
			if rest == "/recover" {
				body = `{"since":"2020-01-01T00:00:00Z"}`
			}
			h.do(t, method, subscriptions+"/"+id+rest, body).refused(t, http.StatusNotFound)
		}
	}
}
