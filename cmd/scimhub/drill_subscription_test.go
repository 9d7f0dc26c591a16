package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// TestDrillDisabledSubscription turns a subscription off and on again, and has
// what it missed delivered afterwards.
func TestDrillDisabledSubscription(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(t, e)
			var refusing atomic.Bool
			target := newEndpoint(t, "endpoint", func(*http.Request) int {
				if refusing.Load() {
					return http.StatusServiceUnavailable
				}
				return 0
			})
			client := newPlayer(t, d.hub.baseURL, d.token)
			create := func(from, to int) (ids []string) {
				for i := from; i < to; i++ {
					ids = append(ids, client.create(t, "/Users", userBody(i)))
				}
				return ids
			}
			beginning := time.Now()
			create(0, 10)
			d.events(t) // have their place in the feed before anybody subscribed
			sub := subscriptionsPath + "/" + d.subscribe(t, target.url())
			create(10, 20)
			target.takes(t, 10)

			refusing.Store(true)
			waiting := create(20, 30)
			d.pending(t, sub, 10)
			d.ask(t, http.MethodPatch, sub, `{"active":false}`, http.StatusOK)
			refusing.Store(false)
			missed := create(30, 40)
			d.events(t)
			d.pending(t, sub, 10) // neither more nor fewer
			d.ask(t, http.MethodPost, sub+"/recover", fmt.Sprintf(`{"since":%q}`, beginning.Format(time.RFC3339Nano)), http.StatusConflict)

			d.ask(t, http.MethodPatch, sub, `{"active":true}`, http.StatusOK)
			target.takes(t, 20)
			d.pending(t, sub, 0)
			target.tookNow(t, d.idsOf(t, waiting), false)

			body := fmt.Sprintf(`{"since":%q,"undelivered_only":true}`, beginning.Format(time.RFC3339Nano))
			a := d.ask(t, http.MethodPost, sub+"/recover", body, http.StatusAccepted)
			if got := fmt.Sprintf("%v %v", a.at("queued"), a.at("complete")); got != "20 true" {
				t.Errorf("recovered: %s", a.body)
			}
			target.takes(t, 40)
			d.pending(t, sub, 0)
			target.tookNow(t, d.idsOf(t, missed), true)
			if n := target.repeated(); n > 0 {
				t.Errorf("%d events were taken again", n)
			}

			a = d.ask(t, http.MethodPost, sub+"/recover", fmt.Sprintf(`{"since":%q}`, beginning.Format(time.RFC3339Nano)), http.StatusAccepted)
			if got := fmt.Sprint(a.at("queued")); got != "40" {
				t.Errorf("recovered: %s", a.body)
			}
			waitFor(t, "all are taken again", func() bool { return target.repeated() == 40 })
			d.hub.stop(t)
		})
	}
}

// takes waits until the endpoint took that many events.
func (e *endpoint) takes(t testing.TB, events int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%s takes %d events", e.name, events), func() bool { return e.distinct() >= events })
}

// tookNow checks that the endpoint took events, each once, as replays or not.
func (e *endpoint) tookNow(t testing.TB, ids []string, replays bool) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range ids {
		if e.taken[id] != 1 || (e.replayed[id] == 1) != replays {
			t.Errorf("%s: taken %d times, %d of these as a replay", id, e.taken[id], e.replayed[id])
		}
	}
}

// pending waits until that many deliveries of a subscription wait, and nobody
// works on them.
func (d *drill) pending(t testing.TB, sub string, n int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%d deliveries wait", n), func() bool {
		waiting := 0
		for _, status := range []string{"pending", "retrying"} {
			waiting += len(d.ask(t, http.MethodGet, sub+"/deliveries?status="+status, "", http.StatusOK).each("data", "id"))
		}
		return waiting == n
	})
}

// idsOf gives the ids of the events of resources.
func (d *drill) idsOf(t testing.TB, resources []string) (ids []string) {
	t.Helper()
	for _, e := range d.events(t) {
		if slices.Contains(resources, e.resource()) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// TestDrillRefusedAddress has a hub that may not deliver to private networks
// asked to do so: by addresses, which it refuses, and by what only turns out to
// be one when it delivers.
func TestDrillRefusedAddress(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(t, e, "--webhooks-allow-private-networks=false", "--webhooks-retry-schedule=0s,10ms")
			target := newEndpoint(t, "private endpoint", nil)
			_, port, err := net.SplitHostPort(target.address)
			must(t, err)
			for _, host := range []string{
				"127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.1", "2130706433",
				"0x7f000001", "0177.0.0.1", "0.0.0.0", "10.1.2.3", "169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
			} {
				body := fmt.Sprintf(`{"url":"http://%s:%s/hooks","events":[{"name":"*"}]}`, host, port)
				d.ask(t, http.MethodPost, subscriptionsPath, body, http.StatusBadRequest)
			}
			urls := []string{target.url()}
			if name := localName(t); name != "" {
				urls = append(urls, "http://"+name+":"+port+"/hooks")
			}
			d.hub.stop(t)
			d.restart(t, "--webhooks-allow-private-networks=true") // when somebody subscribed
			var subscriptions []string
			for _, url := range urls {
				subscriptions = append(subscriptions, d.subscribe(t, url))
			}
			d.hub.stop(t)
			d.restart(t)
			newPlayer(t, d.hub.baseURL, d.token).create(t, "/Users", userBody(0))
			for _, sub := range subscriptions {
				d.refused(t, sub)
			}
			if n := target.requests; n > 0 {
				t.Errorf("%d requests arrived", n)
			}
			d.hub.stop(t)
		})
	}
}

// localName gives a name other than localhost that means this machine, or ""
// where there is none.
func localName(t testing.TB) string {
	t.Helper()
	name, err := os.Hostname()
	must(t, err)
	addrs, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", name)
	if err != nil || !addrs[0].IsLoopback() && !addrs[0].IsPrivate() {
		return ""
	}
	return name
}

// refused waits until the only delivery of a subscription is given up, and
// checks that each attempt was refused.
func (d *drill) refused(t testing.TB, sub string) {
	t.Helper()
	id := ""
	waitFor(t, "the delivery is given up", func() bool {
		id = d.ask(t, http.MethodGet, subscriptionsPath+"/"+sub+"/deliveries?status=dead", "", http.StatusOK).text("data.0.id")
		return id != ""
	})
	a := d.ask(t, http.MethodGet, "/v2/webhooks/deliveries/"+id, "", http.StatusOK)
	if got := a.each("attempts", "failure"); !slices.Equal(got, []string{"refused", "refused"}) {
		t.Errorf("the attempts failed as %v: %s", got, a.body)
	}
}
