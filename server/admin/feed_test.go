package admin_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/api/eventtest"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/webhooks"
)

func TestFeedIsReadByItsCursor(t *testing.T) {
	h := newHub(t)
	empty := h.get(t, "/v2/events")
	if str(empty, "next_cursor") == "" || len(data(empty)) != 0 {
		t.Fatalf("an empty feed: %v", empty)
	}
	var want []string
	for i := range 5 {
		want = append(want, h.createUser(t, fmt.Sprintf("user%d@example.com", i)))
	}
	var got []string
	for after := str(empty, "next_cursor"); ; {
		page := h.get(t, "/v2/events?limit=2&after="+after)
		if after = str(page, "next_cursor"); len(data(page)) == 0 {
			break
		}
		for _, e := range data(page) {
			about, _ := e["data"].(object)
			got = append(got, str(about, "user_id"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users in the feed (-want +got):\n%s", diff)
	}
}

func TestFeedHasTheStoredBytes(t *testing.T) {
	h := newHub(t)
	h.createUser(t, "<a>&b@example.com")
	a := h.do(t, http.MethodGet, "/v2/events", "")
	org, err := h.store.Organization(t.Context(), "default")
	must(t, err)
	page, err := h.store.Webhooks(org.ID).Events(t.Context(), webhooks.FeedQuery{Limit: 1})
	must(t, err)
	if !bytes.HasPrefix(a.body, append([]byte(`{"data":[`), page.Events[0].Payload...)) {
		t.Errorf("body %s\nstored %s", a.body, page.Events[0].Payload)
	}
	eventtest.Checker{}.Check(t, page.Events[0].Payload)
}

func TestFeedFilters(t *testing.T) {
	h := newHub(t)
	id := h.createUser(t, "anna@example.com")
	h.createUser(t, "ben@example.com")
	cursor := str(h.get(t, "/v2/events"), "next_cursor")
	for query, want := range map[string]int{
		"types=user.created": 2, "types=user.*,group.created": 2, "types=group.*": 0, "types=*": 2, "types=": 2,
		"resource_id=" + id: 1, "resource_id=x": 0, "after=latest": 0, "after=" + cursor: 0, "limit=1": 1, "wait=0s": 2, "wait=60s": 2,
	} {
		if got := len(data(h.get(t, "/v2/events?"+query))); got != want {
			t.Errorf("%s gives %d events, want %d", query, got, want)
		}
	}
	if got := str(h.get(t, "/v2/events?types=group.*"), "next_cursor"); got != cursor {
		t.Errorf("the cursor stays at %s, though all was looked at up to %s", got, cursor)
	}
	for query, want := range map[string]string{
		"types=user.create": "did you mean user.created", "after=x": "after is no cursor", "limit=0": "limit", "limit=x": "limit",
		"wait=61s": "at most 60s", "wait=-1s": "wait", "wait=soon": "wait",
	} {
		h.do(t, http.MethodGet, "/v2/events?"+query, "").refused(t, http.StatusBadRequest, want)
	}
}

func TestCursorFromBeforeRetentionIsGone(t *testing.T) {
	h := newHub(t)
	h.createUser(t, "anna@example.com")
	cursor := str(h.get(t, "/v2/events?limit=1"), "next_cursor")
	h.createUser(t, "ben@example.com")
	h.createUser(t, "cleo@example.com")
	must(t, h.store.Retain(t.Context(), h.now().Add(time.Hour)))
	h.do(t, http.MethodGet, "/v2/events?after="+cursor, "").refused(t, http.StatusGone, "retention")
	h.do(t, http.MethodGet, "/v2/events/stream?after="+cursor, "").refused(t, http.StatusGone, "retention")
	h.get(t, "/v2/events")
}

func TestLongPollIsAnsweredByAnEvent(t *testing.T) {
	h := newHub(t)
	cursor := str(h.get(t, "/v2/events"), "next_cursor")
	changed := h.signal.Changed()
	answered := make(chan response)
	go func() {
		answered <- h.send(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v2/events?wait=60s&after="+cursor, http.NoBody), nil)
	}()
	select {
	case a := <-answered:
		t.Fatalf("answered at once: %s", a.body)
	case <-time.After(50 * time.Millisecond):
	}
	h.createUser(t, "anna@example.com")
	<-changed
	if got := data((<-answered).object(t, http.StatusOK)); len(got) != 1 {
		t.Errorf("answered with %v", got)
	}
}

// serve serves the hub with less time than a stream takes, and gives its URL
// and what shuts it down.
func (h *hub) serve(t testing.TB) (url string, shutdown func(context.Context) error) {
	t.Helper()
	srv := h.server.HTTPServer()
	srv.ReadTimeout, srv.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		must(t, srv.Shutdown(context.WithoutCancel(t.Context())))
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return "http://" + ln.Addr().String(), srv.Shutdown
}

// opened is an answer of which only the beginning was read.
type opened struct {
	status int
	header http.Header
	body   io.ReadCloser
}

// open sends a request to a hub that is served and gives the answer as soon as
// it begins.
func (h *hub) open(t testing.TB, method, url string, headers ...string) opened {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+h.token)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(client.CloseIdleConnections)
	res, err := client.Do(r)
	must(t, err)
	t.Cleanup(func() { res.Body.Close() })
	return opened{res.StatusCode, res.Header, res.Body}
}

// message is a server-sent event.
type message struct{ id, event, data string }

// messages gives the messages of a stream that have data, and the last id.
type messages struct {
	lines  *bufio.Scanner
	lastID string
}

func newMessages(r io.Reader) *messages {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, event.MaxPayload*2)
	return &messages{lines: lines}
}

// next gives the next message, one without data when there is only a heartbeat;
// ok is false at the end of the stream.
func (m *messages) next() (msg message, ok bool) {
	for m.lines.Scan() {
		name, value, _ := strings.Cut(m.lines.Text(), ": ")
		switch name {
		case "id":
			msg.id, m.lastID = value, value
		case "event":
			msg.event = value
		case "data":
			msg.data = value
		default:
			if m.lines.Text() == "" {
				return msg, true
			}
		}
	}
	return msg, false
}

// nextEvent skips heartbeats.
func (m *messages) nextEvent(t testing.TB) message {
	t.Helper()
	for {
		msg, ok := m.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		if msg.data != "" {
			return msg
		}
	}
}

func TestStreamIsTheFeed(t *testing.T) {
	h := newHub(t)
	url, _ := h.serve(t)
	h.createUser(t, "anna@example.com")
	for _, encoding := range []string{"identity", "gzip"} {
		res := h.open(t, http.MethodGet, url+"/v2/events/stream", "Accept-Encoding", encoding)
		if res.status != http.StatusOK || res.header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("status %d, %v", res.status, res.header)
		}
		var body io.Reader = res.body
		if res.header.Get("Content-Encoding") == "gzip" {
			var err error
			body, err = gzip.NewReader(res.body)
			must(t, err)
		}
		stream := newMessages(body)
		first := stream.nextEvent(t)
		eventtest.Checker{}.Check(t, []byte(first.data))
		if first.event != "user.created" || !strings.Contains(first.data, "anna@example.com") {
			t.Errorf("%s: first %v", encoding, first)
		}
		name := encoding + "@example.com"
		time.AfterFunc(700*time.Millisecond, func() { h.createUser(t, name) }) // past the server's deadlines
		next := stream.nextEvent(t)
		for !strings.Contains(next.data, name) {
			next = stream.nextEvent(t)
		}
		if page := h.get(t, "/v2/events?after="+first.id+"&limit=1"); len(data(page)) != 1 {
			t.Errorf("behind %s the feed has %v", first.id, page)
		}
	}
}

func TestStreamResumes(t *testing.T) {
	h := newHub(t)
	url, _ := h.serve(t)
	h.createUser(t, "anna@example.com")
	cursor := str(h.get(t, "/v2/events"), "next_cursor")
	ben := h.createUser(t, "ben@example.com")
	for name, res := range map[string]opened{
		"after":         h.open(t, http.MethodGet, url+"/v2/events/stream?after="+cursor),
		"Last-Event-ID": h.open(t, http.MethodGet, url+"/v2/events/stream?after=cur_0000000000000", "Last-Event-ID", cursor),
		"resource_id":   h.open(t, http.MethodGet, url+"/v2/events/stream?resource_id="+ben),
	} {
		if first := newMessages(res.body).nextEvent(t); !strings.Contains(first.data, "ben@example.com") {
			t.Errorf("%s: first %v", name, first)
		}
	}
	// A stream that selects nothing moves its cursor on nevertheless.
	idle := newMessages(h.open(t, http.MethodGet, url+"/v2/events/stream?types=group.*").body)
	if _, ok := idle.next(); !ok || idle.lastID != str(h.get(t, "/v2/events"), "next_cursor") {
		t.Errorf("the cursor is at %q", idle.lastID)
	}
}

func TestStreamFaultsAreProblems(t *testing.T) {
	h := newHub(t)
	for query, want := range map[string]string{"types=x": "is no event", "after=x": "after is no cursor"} {
		h.do(t, http.MethodGet, "/v2/events/stream?"+query, "").refused(t, http.StatusBadRequest, want)
	}
}

func TestHeadOfStreamEnds(t *testing.T) {
	h := newHub(t)
	url, _ := h.serve(t)
	if res := h.open(t, http.MethodHead, url+"/v2/events/stream"); res.status != http.StatusOK || res.header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("status %d, %v", res.status, res.header)
	}
}

func TestWaitingEndsWhenTheServerStops(t *testing.T) {
	h := newHub(t)
	h.createUser(t, "anna@example.com")
	cursor := str(h.get(t, "/v2/events"), "next_cursor")
	url, shutdown := h.serve(t)
	res := h.open(t, http.MethodGet, url+"/v2/events/stream")
	stream := newMessages(res.body)
	stream.nextEvent(t)
	polled := make(chan response, 1)
	go func() {
		res := h.open(t, http.MethodGet, url+"/v2/events?wait=60s&after="+cursor)
		body, _ := io.ReadAll(res.body)
		polled <- response{status: res.status, body: body}
	}()
	for !strings.Contains(h.metrics(t), "scimhub_http_requests_in_flight 3\n") { // both, and the one that asks
		<-time.After(time.Millisecond)
	}
	go func() { _ = shutdown(context.WithoutCancel(t.Context())) }()
	for {
		if _, ok := stream.next(); !ok {
			break
		}
	}
	if err := stream.lines.Err(); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
	page := (<-polled).object(t, http.StatusOK)
	if len(data(page)) != 0 || str(page, "next_cursor") != cursor {
		t.Errorf("the poll was answered with %v", page)
	}
}

func TestStreamsAreNoLatency(t *testing.T) {
	h := newHub(t)
	url, _ := h.serve(t)
	res := h.open(t, http.MethodGet, url+"/v2/events/stream")
	newMessages(res.body).next()
	res.body.Close()
	h.get(t, "/v2/events?wait=1ms")
	h.get(t, "/v2/events")
	metrics := h.metrics(t)
	if strings.Contains(metrics, `duration_seconds_count{method="GET",route="/v2/events/stream"`) ||
		!strings.Contains(metrics, `duration_seconds_count{method="GET",route="/v2/events",status="200"} 1`) {
		t.Errorf("metrics:\n%s", metrics)
	}
}

func (h *hub) metrics(t testing.TB) string {
	t.Helper()
	return string(h.send(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody), nil).body)
}
