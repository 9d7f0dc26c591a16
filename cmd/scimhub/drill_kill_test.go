package main

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDrillKilledHub kills the hub while it is changed and delivers, twice over.
func TestDrillKilledHub(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			const kills = 2
			d := newDrill(t, e)
			quick, slow := newEndpoint(t, "quick endpoint", nil), newEndpoint(t, "slow endpoint", func(*http.Request) int {
				<-time.After(10 * time.Millisecond)
				return 0
			})
			for _, e := range []*endpoint{quick, slow} {
				d.subscribe(t, e.url())
			}
			poller := follow(t, "feed", d.hub.url, d.token, (*feedReader).page)
			streamer := follow(t, "stream", d.hub.url, d.token, (*feedReader).stream)
			l := startWorkload(t, d.token, scale(400, 10_000), d.hub)
			for i := range kills {
				l.reaches(t, float64(i+1)/(kills+1))
				d.hub.kill(t)
				d.restart(t)
			}
			l.clients.Wait()
			events := d.events(t)
			l.check(t, events)
			for _, e := range []*endpoint{quick, slow} {
				e.completes(t, events, kills*batch)
			}
			poller.completes(t, events)
			streamer.completes(t, events)
			d.hub.stop(t)
		})
	}
}

// TestDrillSharedWork runs three hubs on one database, and in the middle kills the
// one that delivered the most.
func TestDrillSharedWork(t *testing.T) {
	t.Parallel()
	d := newDrill(t, engines(t)[1])
	hubs := []*process{d.hub, d.start(t), d.start(t)}
	var endpoints []*endpoint
	for i := range 9 {
		e := newEndpoint(t, "endpoint "+strconv.Itoa(i), nil)
		endpoints = append(endpoints, e)
		d.subscribe(t, e.url())
	}
	var pollers []*feedReader
	for i, hub := range hubs {
		pollers = append(pollers, follow(t, "feed of hub "+strconv.Itoa(i), hub.url, d.token, (*feedReader).page))
	}
	l := startWorkload(t, d.token, scale(300, 10_000), hubs...)
	l.reaches(t, .5)
	killed := 0
	for i := range hubs {
		if hubs[i].delivered(t) > hubs[killed].delivered(t) {
			killed = i
		}
	}
	t.Logf("hub %d is killed after %d deliveries", killed, hubs[killed].delivered(t))
	hubs[killed].kill(t)
	l.turn.Store(int64(killed + 1))
	l.clients.Wait()
	events := d.events(t)
	l.check(t, events)
	for _, e := range endpoints {
		e.completes(t, events, batch)
	}
	others := 0
	for i, hub := range hubs {
		if i != killed {
			pollers[i].completes(t, events)
			n := hub.delivered(t)
			t.Logf("hub %d made %d deliveries", i, n)
			others += n
			hub.stop(t)
		}
	}
	if others == 0 {
		t.Error("nobody took over")
	}
}

// delivered gives how many deliveries a hub made, by its metrics.
func (p *process) delivered(t testing.TB) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/metrics", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	return metric(t, resp.Body, `scimhub_delivery_attempts_total{failure="none",outcome="delivered"}`)
}

// metric reads a counter, which is 0 when it is missing.
func metric(t testing.TB, page io.Reader, name string) int {
	t.Helper()
	for lines := bufio.NewScanner(page); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			must(t, err)
			return int(n)
		}
	}
	return 0
}

// TestDrillGracefulStop stops the hub while it delivers, and starts it again.
// What was delivered was recorded.
func TestDrillGracefulStop(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			d := newDrill(t, e)
			slow := newEndpoint(t, "slow endpoint", func(*http.Request) int {
				<-time.After(5 * time.Millisecond)
				return 0
			})
			d.subscribe(t, slow.url())
			l := startWorkload(t, d.token, scale(200, 2_000), d.hub)
			for _, part := range []float64{.3, .6} {
				l.reaches(t, part)
				d.hub.stop(t)
				d.restart(t)
			}
			l.clients.Wait()
			events := d.events(t)
			l.check(t, events)
			slow.completes(t, events, 0)
			d.hub.stop(t)
		})
	}
}
