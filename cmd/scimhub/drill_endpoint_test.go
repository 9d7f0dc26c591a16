package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// endpoint receives webhooks on a port of its own, and notes what it took: what
// it answered with 2xx.
type endpoint struct {
	name    string
	address string
	// answer gives the status of the answer, or 0 for 204. It may take its time.
	answer func(r *http.Request) int

	mu       sync.Mutex
	server   *http.Server
	requests int
	taken    map[string]int   // event id → how often
	replayed map[string]int   // event id → how often of these as a replay
	last     map[string]int64 // resource → the greatest sequence of those taken
	misorder []string         // what arrived before what precedes it was taken
	at       map[string]time.Time
}

func newEndpoint(t testing.TB, name string, answer func(r *http.Request) int) *endpoint {
	t.Helper()
	e := &endpoint{
		name: name, address: "127.0.0.1:0", answer: answer, at: map[string]time.Time{},
		taken: map[string]int{}, replayed: map[string]int{}, last: map[string]int64{},
	}
	e.open(t)
	t.Cleanup(e.close)
	return e
}

// open listens, the second time on the same port as the first.
func (e *endpoint) open(t testing.TB) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", e.address)
	must(t, err)
	e.address = ln.Addr().String()
	server := &http.Server{Handler: e, ReadHeaderTimeout: time.Minute}
	e.server = server
	go func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
}

// close closes the port and cuts all connections.
func (e *endpoint) close() { _ = e.server.Close() }

func (e *endpoint) url() string { return "http://" + e.address + "/hooks" }

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender is gone
	}
	var event deliveredEvent
	if err := json.Unmarshal(body, &event); err != nil || event.ID != r.Header.Get("Webhook-Id") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	replay := r.Header.Get("Scimhub-Replay") == "true"
	e.arrive(event, replay)
	status := http.StatusNoContent
	if e.answer != nil {
		if s := e.answer(r); s != 0 {
			status = s
		}
	}
	if status < 300 {
		e.take(event, replay, arrived)
	}
	w.WriteHeader(status)
}

// deliveredEvent is what the drills read of an event.
type deliveredEvent struct {
	ID       string
	Type     string
	Sequence int64
	Data     struct {
		UserID          string `json:"user_id"`
		GroupID         string `json:"group_id"`
		ResourceVersion int64  `json:"resource_version"`
	}
}

func (e deliveredEvent) resource() string { return e.Data.UserID + e.Data.GroupID }

func (e *endpoint) arrive(event deliveredEvent, replay bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests++
	if last := e.last[event.resource()]; !replay && event.Sequence > last+1 {
		e.misorder = append(e.misorder, fmt.Sprintf("%s: sequence %d arrived when %d was the last taken", event.resource(), event.Sequence, last))
	}
}

func (e *endpoint) take(event deliveredEvent, replay bool, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taken[event.ID]++
	if replay {
		e.replayed[event.ID]++
	}
	if e.taken[event.ID] == 1 {
		e.at[event.ID] = at
	}
	e.last[event.resource()] = max(e.last[event.resource()], event.Sequence)
}

// distinct gives how many events it took, each counted once.
func (e *endpoint) distinct() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.taken)
}

// repeated gives how many deliveries were of events that it had taken before.
func (e *endpoint) repeated() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, times := range e.taken {
		n += times - 1
	}
	return n
}

// completes waits until the endpoint took all the events, and no others, and
// checks their order. It may have taken some of them again, as many as said.
func (e *endpoint) completes(t testing.TB, events []deliveredEvent, repeated int) {
	t.Helper()
	wanted := map[string]bool{}
	for _, event := range events {
		wanted[event.ID] = true
	}
	waitFor(t, fmt.Sprintf("%s takes %d events (it took %d)", e.name, len(wanted), e.distinct()), func() bool { return e.distinct() >= len(wanted) })
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.taken {
		if !wanted[id] {
			t.Errorf("%s took %s, which is no event", e.name, id)
		}
	}
	for _, what := range e.misorder[:min(len(e.misorder), 5)] {
		t.Errorf("%s: %s", e.name, what)
	}
	n := 0
	for _, times := range e.taken {
		n += times - 1
	}
	if n > repeated {
		t.Errorf("%s took %d events again, want at most %d", e.name, n, repeated)
	}
}
