package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
)

// The drills run the real binary under load, break something in the middle, and
// look whether everything that was acknowledged is there, and was told to
// everybody, in order. SCIMHUB_TEST_DRILL=full, which make drill sets, makes
// them as large as the faults they look for are rare.

// scale gives how much a drill does.
func scale(small, full int) int {
	if os.Getenv("SCIMHUB_TEST_DRILL") == "full" {
		return full
	}
	return small
}

// drill is a hub in a process of its own.
type drill struct {
	dsn, token string
	flags      []string
	hub        *process
	db         *sql.DB
}

// batch is how many deliveries a hub may have made that nobody recorded, when
// it is killed.
const batch = 256

// drillFlags make a hub deliver to this machine, and try again soon.
func drillFlags() []string {
	schedule := "0s"
	for range 60 {
		schedule += ",200ms"
	}
	return []string{"--webhooks-allow-private-networks", "--webhooks-timeout=5s", "--webhooks-retry-schedule=" + schedule}
}

func newDrill(t testing.TB, e engine, flags ...string) *drill {
	t.Helper()
	d := &drill{dsn: e.dsn(t), token: access.NewSecret(), flags: append(drillFlags(), flags...)}
	d.hub = d.start(t)
	d.db = openDatabase(t, e, d.dsn)
	return d
}

// start starts a hub on the drill's database.
func (d *drill) start(t testing.TB, flags ...string) *process {
	t.Helper()
	return startProcess(t, d.dsn, d.token, slices.Concat(d.flags, flags)...)
}

// restart starts the hub again at its address, after it ended.
func (d *drill) restart(t testing.TB, flags ...string) {
	t.Helper()
	u, err := url.Parse(d.hub.url)
	must(t, err)
	d.hub = d.start(t, append(flags, "--listen="+u.Host)...)
}

// kill ends a hub as the kernel does when memory is short.
func (p *process) kill(t testing.TB) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	p.wait(t)
}

// stop ends a hub as an operator does.
func (p *process) stop(t testing.TB) {
	t.Helper()
	must(t, p.cmd.Process.Signal(syscall.SIGTERM))
	if status := p.wait(t); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// ask sends a request to the admin API.
func (d *drill) ask(t testing.TB, method, path, body string, want int) answer {
	t.Helper()
	a, err := newPlayer(t, d.hub.url, d.token).send(exchange{
		method: method, path: path, body: body, header: map[string]string{"Content-Type": "application/json", "Accept": "application/json"},
	})
	must(t, err)
	if a.status != want {
		t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, want, a.body)
	}
	return a
}

const subscriptionsPath = "/v2/webhooks/subscriptions"

// subscribe has all events of resources sent to a URL, and gives the id of the
// subscription.
func (d *drill) subscribe(t testing.TB, url string) string {
	t.Helper()
	body := fmt.Sprintf(`{"url":%q,"events":[{"name":"user.*"},{"name":"group.*"}]}`, url)
	return d.ask(t, http.MethodPost, subscriptionsPath, body, http.StatusCreated).id()
}

// events waits until all events have their place in the feed, and gives them.
func (d *drill) events(t testing.TB) []deliveredEvent {
	t.Helper()
	waitFor(t, "all events have their place in the feed", func() bool {
		n := 1
		must(t, d.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM events WHERE position IS NULL").Scan(&n))
		return n == 0
	})
	rows, err := d.db.QueryContext(t.Context(), "SELECT payload FROM events ORDER BY position")
	must(t, err)
	defer rows.Close()
	var events []deliveredEvent
	for rows.Next() {
		var payload []byte
		must(t, rows.Scan(&payload))
		var e deliveredEvent
		must(t, json.Unmarshal(payload, &e))
		events = append(events, e)
	}
	must(t, rows.Err())
	return events
}

// waitFor waits until ok, but not for ever.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}

// TestDrillUnhealthyEndpoints makes changes while one of ten endpoints hangs,
// one fails now and then, and one is restarted. Two clients follow the feed
// meanwhile.
func TestDrillUnhealthyEndpoints(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(t, e)
			var healthy []*endpoint
			for i := range 7 {
				healthy = append(healthy, newEndpoint(t, fmt.Sprint("healthy endpoint ", i), nil))
			}
			failing := newEndpoint(t, "failing endpoint", func(*http.Request) int {
				if rand.IntN(20) == 0 {
					return http.StatusInternalServerError
				}
				return 0
			})
			restarted := newEndpoint(t, "restarted endpoint", nil)
			hanging, hung := newHanging(t)
			for _, e := range append([]*endpoint{failing, restarted, hanging}, healthy...) {
				d.subscribe(t, e.url())
			}
			poller := follow(t, "feed", d.hub.url, d.token, (*feedReader).page)
			streamer := follow(t, "stream", d.hub.url, d.token, interrupted(scale(100, 2000)))

			l := startWorkload(t, d.token, scale(400, 10_000), d.hub)
			l.reaches(t, .4)
			restarted.close()
			l.reaches(t, .6)
			restarted.open(t)
			l.clients.Wait()
			events := d.events(t)
			l.check(t, events)
			if l.unanswered > 0 {
				t.Errorf("%d requests were not answered", l.unanswered)
			}
			for _, e := range append(healthy, failing) {
				e.completes(t, events, 0)
			}
			if n := hanging.distinct(); n > 0 || hung.Load() == 0 {
				t.Errorf("the hanging endpoint took %d, while %d requests hung", n, hung.Load())
			}
			restarted.completes(t, events, 16) // those whose answers were cut off
			poller.completes(t, events)
			streamer.completes(t, events)
			if streamer.reads < 2 {
				t.Errorf("the stream was opened %d times, want again after it was cut off", streamer.reads)
			}
			hanging.close()
			d.hub.stop(t)
		})
	}
}

// newHanging gives an endpoint that never answers, and how many requests it got.
func newHanging(t testing.TB) (*endpoint, *atomic.Int64) {
	var hung atomic.Int64
	return newEndpoint(t, "hanging endpoint", func(r *http.Request) int {
		hung.Add(1)
		<-r.Context().Done()
		return http.StatusGatewayTimeout
	}), &hung
}

// interrupted reads the stream, and the first time only until it has shown some
// events.
func interrupted(after int) func(f *feedReader, ctx context.Context, last string) (string, error) {
	return func(f *feedReader, ctx context.Context, last string) (string, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if last == "" {
			f.cut = func() {
				if len(f.events) >= after {
					cancel()
				}
			}
		}
		return f.stream(ctx, last)
	}
}
