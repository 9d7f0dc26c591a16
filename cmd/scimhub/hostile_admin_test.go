package main

import (
	"net/http"
	"strings"
	"testing"
)

// TestHostileAdminRequests sends the admin API what a database would choke on,
// or a parser. Each ends in problem details.
func TestHostileAdminRequests(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p := h.newClient(t)
			p.baseURL = strings.TrimSuffix(p.baseURL, scimPath)
			for name, tt := range hostileAdminRequests() {
				tt.header = map[string]string{"Content-Type": "application/json"}
				a, err := p.send(tt.exchange)
				must(t, err)
				if a.status != tt.status || a.header.Get("Content-Type") != "application/problem+json" || a.text("detail") == "" {
					t.Errorf("%s: status %d, want %d: %.200s", name, a.status, tt.status, a.body)
				}
			}
		})
	}
}

func hostileAdminRequests() map[string]hostileRequest {
	const subscriptions, deliveries = "/v2/webhooks/subscriptions", "/v2/webhooks/deliveries"
	const nobodys = subscriptions + "/sub_00000000000000000000000000"
	request := func(method, path, body string, status int) hostileRequest {
		return hostileRequest{exchange{method: method, path: path, body: body}, status, ""}
	}
	post := func(body string) hostileRequest { return request(http.MethodPost, subscriptions, body, 400) }
	many := strings.Repeat
	requests := map[string]hostileRequest{
		"100,000 levels":          post(many(`{"a":`, 100_000) + "1" + many("}", 100_000)),
		"no UTF-8":                post("{\"name\":\"a\xff\"}"),
		"NUL in a name":           post(`{"name":"a\u0000","url":"https://example.com/","events":[{"name":"*"}]}`),
		"NUL in a URL":            post(`{"url":"https://example.com/\u0000","events":[{"name":"*"}]}`),
		"a lone surrogate":        post(`{"name":"\ud800","url":"https://example.com/","events":[{"name":"*"}]}`),
		"two bodies":              post(`{}{}`),
		"a header with a newline": post(`{"url":"https://example.com/","events":[{"name":"*"}],"authorization_header":"a\r\nx: y"}`),
		"20,000 events":           post(`{"url":"https://example.com/","events":[` + many(`{"name":"*"},`, 20_000) + `{"name":"*"}]}`),
		"body over the limit":     request(http.MethodPost, subscriptions, many(" ", 1<<20+1), 413),
		"a year of five digits":   request(http.MethodPost, nobodys+"/recover", `{"since":"99999-01-01T00:00:00Z"}`, 400),
	}
	for _, id := range []string{"%00", "%ff", many("9", 50_000), "..%2f", "'"} {
		requests["subscription "+id] = request(http.MethodGet, subscriptions+"/"+id, "", 404)
		requests["ping "+id] = request(http.MethodPost, subscriptions+"/"+id+"/ping", "", 404)
		requests["deliveries of "+id] = request(http.MethodGet, subscriptions+"/"+id+"/deliveries", "", 404)
		requests["delivery "+id] = request(http.MethodGet, deliveries+"/"+id, "", 404)
		requests["after "+id] = request(http.MethodGet, "/v2/events?after="+id, "", 400)
		requests["types "+id] = request(http.MethodGet, "/v2/events?types="+id, "", 400)
		requests["status "+id] = request(http.MethodGet, nobodys+"/deliveries?status="+id, "", 400)
	}
	requests["NUL in a resource id"] = request(http.MethodGet, "/v2/events?resource_id=%00", "", 400)
	requests["no UTF-8 in a resource id"] = request(http.MethodGet, "/v2/events?resource_id=%ff", "", 400)
	return requests
}
