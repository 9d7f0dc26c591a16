package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/api/eventtest"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/webhooks"
)

const everything = `{"url":"https://example.com/all","events":[{"name":"*"}]}`

// attempt records what came of the next delivery of a subscription, as the
// dispatcher does.
func (h *hub) attempt(t testing.TB, path string, a webhooks.Attempt) {
	t.Helper()
	s := h.stored(t, path)
	consumer := webhooks.Consumer{ID: s.ID, OrganizationID: s.OrganizationID}
	ok, err := h.store.Lease(t.Context(), consumer, "test", time.Minute)
	must(t, err)
	if !ok {
		t.Fatal("no lease")
	}
	batch, err := h.store.Due(t.Context(), consumer, 1)
	must(t, err)
	if len(batch.Due) != 1 {
		t.Fatalf("%d are due", len(batch.Due))
	}
	a.Number, a.At = batch.Due[0].Attempts+1, h.now()
	_, err = h.store.Record(t.Context(), consumer, "test", webhooks.Results{Attempts: []webhooks.Result{{Delivery: batch.Due[0], Attempt: a}}}, time.Minute)
	must(t, err)
	_, err = h.store.Release(t.Context(), consumer, "test", batch.Generation, time.Time{})
	must(t, err)
}

func TestDeliveryShowsItsAttempts(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, everything)
	h.createUser(t, "anna@example.com")
	h.attempt(t, path, webhooks.Attempt{
		Duration: 1500 * time.Microsecond, StatusCode: 500, Failure: webhooks.FailureStatus, Error: "the answer was 500",
		ResponseHead: "no\xff", Outcome: webhooks.OutcomeRetry, NextAt: h.now(),
	})
	list := h.get(t, path+"/deliveries")
	if diff := cmp.Diff([]string{"retrying"}, each(list, "status")); diff != "" {
		t.Fatal(diff)
	}
	h.clock = time.Second
	h.attempt(t, path, webhooks.Attempt{StatusCode: 204, Outcome: webhooks.OutcomeDelivered})
	got := h.get(t, "/v2/webhooks/deliveries/"+str(data(list)[0], "id"))
	attempts, _ := got["attempts"].([]any)
	if len(attempts) != 2 || got["status"] != "delivered" || got["attempt_count"] != 2.0 || got["event_type"] != "user.created" || got["finished_at"] == nil {
		t.Fatalf("delivery %v", got)
	}
	first, _ := attempts[0].(object)
	if first["status_code"] != 500.0 || first["duration_ms"] != 1.5 || first["failure"] != "status" || first["response_head"] != "no\uFFFD" || first["next_attempt_at"] == nil {
		t.Errorf("first attempt %v", first)
	}
	second, _ := attempts[1].(object)
	if second["outcome"] != "delivered" || second["failure"] != nil || second["response_head"] != nil || second["next_attempt_at"] != nil {
		t.Errorf("second attempt %v", second)
	}
}

func TestDeliveriesAreListedByPagesAndFilters(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, everything)
	for i := range 4 {
		h.createUser(t, fmt.Sprintf("user%d@example.com", i))
	}
	h.attempt(t, path, webhooks.Attempt{StatusCode: 200, Outcome: webhooks.OutcomeDelivered})
	h.post(t, path+"/ping", "", http.StatusAccepted)
	count := func(query string) int { return len(data(h.get(t, path+"/deliveries?"+query))) }
	for query, want := range map[string]int{
		"": 5, "status=pending": 4, "status=delivered": 1, "status=dead": 0, "event_type=subscription.ping": 1,
		"event_type=user.created&status=pending": 3,
	} {
		if got := count(query); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	all := each(h.get(t, path+"/deliveries"), "id")
	var paged []string
	for after := ""; ; {
		page := h.get(t, path+"/deliveries?limit=2&after="+after)
		paged = append(paged, each(page, "id")...)
		if after = str(page, "next_cursor"); after == "" {
			break
		}
	}
	if diff := cmp.Diff(all, paged); diff != "" {
		t.Errorf("pages (-whole +pages):\n%s", diff)
	}
	other := h.subscribe(t, userSync)
	for query, want := range map[string]string{
		"status=done": "pending", "event_type=user.create": "did you mean user.created", "after=x": "no cursor", "limit=0": "limit",
	} {
		h.do(t, http.MethodGet, path+"/deliveries?"+query, "").refused(t, http.StatusBadRequest, want)
	}
	h.do(t, http.MethodGet, other+"/deliveries?after="+all[0], "").refused(t, http.StatusBadRequest, "no cursor of this list")
}

func TestPingGoesToOneSubscriptionAndNotIntoTheFeed(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, userSync) // which doesn't select it
	h.subscribe(t, everything)
	for range 2 {
		got := h.post(t, path+"/ping", "", http.StatusAccepted)
		if got["event_type"] != "subscription.ping" || got["status"] != "pending" || got["replay"] != false {
			t.Errorf("delivery %v", got)
		}
	}
	s := h.stored(t, path)
	batch, err := h.store.Due(t.Context(), webhooks.Consumer{ID: s.ID, OrganizationID: s.OrganizationID}, 10)
	must(t, err)
	for i, d := range batch.Due {
		eventtest.Checker{}.Check(t, d.Payload)
		if want := fmt.Sprintf(`"sequence":%d`, i+1); !strings.Contains(string(d.Payload), want) {
			t.Errorf("payload %s, want %s", d.Payload, want)
		}
	}
	if len(batch.Due) != 2 {
		t.Errorf("%d are queued", len(batch.Due))
	}
	h.sequence(t)
	if feed := data(h.get(t, "/v2/events")); len(feed) != 0 {
		t.Errorf("the feed shows %v", feed)
	}
}

func TestInactiveSubscriptionsAreToldNothing(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, everything)
	h.createUser(t, "anna@example.com")
	h.attempt(t, path, webhooks.Attempt{StatusCode: 200, Outcome: webhooks.OutcomeDelivered})
	delivery := each(h.get(t, path+"/deliveries"), "id")[0]
	h.do(t, http.MethodPatch, path, `{"active":false}`).object(t, http.StatusOK)
	for target, body := range map[string]string{
		path + "/ping": "", path + "/recover": `{"since":"2020-01-01T00:00:00Z"}`, "/v2/webhooks/deliveries/" + delivery + "/redeliver": "",
	} {
		h.do(t, http.MethodPost, target, body).refused(t, http.StatusConflict, "set active to true")
	}
}

func TestRedeliverMakesAReplay(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, everything)
	h.createUser(t, "anna@example.com")
	h.attempt(t, path, webhooks.Attempt{StatusCode: 200, Outcome: webhooks.OutcomeDelivered})
	first := data(h.get(t, path+"/deliveries"))[0]
	again := h.post(t, "/v2/webhooks/deliveries/"+str(first, "id")+"/redeliver", "", http.StatusAccepted)
	if again["replay"] != true || again["event_id"] != first["event_id"] || again["id"] == first["id"] || again["status"] != "pending" {
		t.Errorf("redelivery %v of %v", again, first)
	}
	for _, id := range []string{"x", "dlv_", str(first, "id")[:20], "%00"} {
		h.do(t, http.MethodGet, "/v2/webhooks/deliveries/"+id, "").refused(t, http.StatusNotFound)
		h.do(t, http.MethodPost, "/v2/webhooks/deliveries/"+id+"/redeliver", "").refused(t, http.StatusNotFound)
	}
}

func TestRecover(t *testing.T) {
	h := newHub(t)
	h.createUser(t, "before@example.com")
	path := h.subscribe(t, `{"url":"https://example.com/","events":[{"name":"user.*"}]}`)
	h.createUser(t, "after@example.com")
	h.attempt(t, path, webhooks.Attempt{StatusCode: 200, Outcome: webhooks.OutcomeDelivered})
	since := h.now().Add(-time.Hour).UTC().Format(time.RFC3339)

	undelivered := h.post(t, path+"/recover", fmt.Sprintf(`{"since":%q,"undelivered_only":true}`, since), http.StatusAccepted)
	if undelivered["queued"] != 1.0 || undelivered["complete"] != true || undelivered["next_cursor"] != nil || undelivered["since"] != since {
		t.Errorf("undelivered: %v", undelivered)
	}
	all := h.post(t, path+"/recover", fmt.Sprintf(`{"since":%q,"until":null}`, since), http.StatusAccepted)
	if all["queued"] != 2.0 {
		t.Errorf("all: %v", all)
	}
	past := h.post(t, path+"/recover", fmt.Sprintf(`{"since":"2020-01-01T00:00:00Z","until":%q}`, since), http.StatusAccepted)
	if past["queued"] != 0.0 || past["complete"] != true {
		t.Errorf("an empty window: %v", past)
	}
	if replays := data(h.get(t, path+"/deliveries?status=pending")); len(replays) != 3 || slices.ContainsFunc(replays, func(d object) bool { return d["replay"] != true }) {
		t.Errorf("queued %v", replays)
	}
	for body, want := range map[string]string{
		`{}`: "since is missing", `{"since":"yesterday"}`: "since must be a time such as", `{"since":"2020-01-01T00:00:00Z","form":1}`: `no field "form"`,
		`{"since":"2999-01-01T00:00:00Z"}`: "since must be before until", `{"since":"2020-01-01T00:00:00Z","after":"x"}`: "after is no cursor", ``: "JSON object",
	} {
		h.do(t, http.MethodPost, path+"/recover", body).refused(t, http.StatusBadRequest, want)
	}
}

func TestStrangersFindNothing(t *testing.T) {
	h := newHub(t)
	path := h.subscribe(t, everything)
	h.createUser(t, "anna@example.com")
	delivery := "/v2/webhooks/deliveries/" + each(h.get(t, path+"/deliveries"), "id")[0]
	h.token = h.newToken(t, "elsewhere", access.Scopes()...)
	for _, request := range []string{"GET " + path, "PATCH " + path, "DELETE " + path, "POST " + path + "/ping", "GET " + path + "/secret", "GET " + path + "/deliveries", "GET " + delivery, "POST " + delivery + "/redeliver"} {
		method, target, _ := strings.Cut(request, " ")
		body := map[string]string{"PATCH": `{"active":false}`}[method]
		h.do(t, method, target, body).refused(t, http.StatusNotFound)
	}
	if len(data(h.get(t, subscriptions))) != 0 || len(data(h.get(t, "/v2/events"))) != 0 {
		t.Error("a stranger sees what is another's")
	}
}
