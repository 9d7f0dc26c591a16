package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/api"
)

func TestSSEReader(t *testing.T) {
	stream := ": alive\nid: a\n\n" +
		"id: b\nevent: user.created\ndata: {\"one\":1}\n\n" +
		"data:two\ndata: lines\n\n" + // the id stays
		"id: c\r\ndata: crlf\r\n\r\n" +
		"id: \x00\nretry: 10\nunknown\ndata\n\n" + // ids with NUL don't count
		"id: d\ndata: cut off"
	want := []sseMessage{
		{id: "a"},
		{id: "b", event: "user.created", data: `{"one":1}`},
		{id: "b", data: "two\nlines"},
		{id: "c", data: "crlf"},
		{id: "c"},
	}
	var got []sseMessage
	for r := newSSEReader(strings.NewReader(stream)); ; {
		m, err := r.next()
		if err != nil {
			break
		}
		got = append(got, m)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sseMessage{})); diff != "" {
		t.Error(diff)
	}
}

// stubHub plays the answers of a hub, one for each connection; when none is
// left, the context ends as by Ctrl-C.
type stubHub struct {
	follower
	log []string
}

// stubAnswer is what a connection brings. A status of 0 is no answer.
type stubAnswer struct {
	status      int
	contentType string
	body        string
}

func streamOf(text string) stubAnswer { return stubAnswer{http.StatusOK, "text/event-stream", text} }

func problemOf(status int, detail string) stubAnswer {
	return stubAnswer{status, "application/problem+json", fmt.Sprintf(`{"detail":%q}`, detail)}
}

func newStubHub(t *testing.T, answers ...stubAnswer) (*stubHub, context.Context) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	h := &stubHub{}
	note := func(format string, args ...any) { h.log = append(h.log, fmt.Sprintf(format, args...)) }
	h.follower = follower{
		open: func(_ context.Context, cursor string) (*http.Response, error) {
			note("open %q", cursor)
			if len(answers) == 0 {
				cancel()
				return nil, ctx.Err()
			}
			a := answers[0]
			answers = answers[1:]
			if a.status == 0 {
				return nil, errors.New("connection refused")
			}
			return &http.Response{
				StatusCode: a.status, Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
				Header: http.Header{"Content-Type": {a.contentType}}, Body: io.NopCloser(strings.NewReader(a.body)),
				Request: httptest.NewRequestWithContext(ctx, http.MethodGet, "http://hub.test/v2/events/stream", http.NoBody),
			}, nil
		},
		each:    func(_ context.Context, m sseMessage) { note("event %s", m.data) },
		begun:   func() { note("begun") },
		away:    func(why error) { note("away: %v", why) },
		back:    func() { note("back") },
		pause:   func(_ context.Context, d time.Duration) { note("pause %s", d) },
		silence: time.Minute,
	}
	return h, ctx
}

// TestFollowGoesOnWhereItWas breaks connections in every way from which a
// follower recovers.
func TestFollowGoesOnWhereItWas(t *testing.T) {
	h, ctx := newStubHub(t,
		streamOf("id: a\n\nid: b\ndata: 1\n\nid: c\ndata: cut o"), // ends within an event
		stubAnswer{}, stubAnswer{},
		problemOf(http.StatusServiceUnavailable, "the hub is stopping"),
		stubAnswer{http.StatusBadGateway, "text/html", "<html>"},
		streamOf("id: c\ndata: 2\n\n"),
		streamOf("id: d\n\n"), // only moves on
	)
	if err := h.follow(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	want := []string{
		`open ""`, "begun", "event 1", "pause 500ms",
		`open "b"`, "away: the hub can't be reached: connection refused", "pause 1s",
		`open "b"`, "pause 2s", `open "b"`, "pause 4s", `open "b"`, "pause 8s",
		`open "b"`, "back", "event 2", "pause 500ms",
		`open "c"`, "pause 500ms", `open "d"`,
	}
	if diff := cmp.Diff(want, h.log); diff != "" {
		t.Error(diff)
	}
}

func TestFollowEndsWhereATryIsInVain(t *testing.T) {
	tests := map[string]struct {
		answers []stubAnswer
		want    string
	}{
		"never there": {
			[]stubAnswer{{}},
			"the hub can't be reached: connection refused",
		},
		"no hub": {
			[]stubAnswer{{http.StatusOK, "text/html; charset=utf-8", "<html>"}},
			"http://hub.test/v2/events/stream answered 200 OK, but not as a hub does; is --url right?",
		},
		"token revoked": {
			[]stubAnswer{streamOf(""), problemOf(http.StatusUnauthorized, "the token was revoked")},
			"the hub answered 401 Unauthorized: the token was revoked",
		},
		"away too long": {
			[]stubAnswer{streamOf("id: a\n\n"), {}, problemOf(http.StatusGone, "events were removed")},
			"the hub answered 410 Gone: events were removed",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, ctx := newStubHub(t, test.answers...)
			if err := h.follow(ctx); err == nil || err.Error() != test.want {
				t.Errorf("ended with %v, want %s", err, test.want)
			}
		})
	}
}

// TestFollowLeavesASilentConnection has a hub whose first connection is dead
// without being closed.
func TestFollowLeavesASilentConnection(t *testing.T) {
	connections := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if connections++; connections > 1 {
			_, _ = io.WriteString(w, "id: b\ndata: at last\n\n")
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	h, ctx := newStubHub(t)
	ctx, cancel := context.WithCancel(ctx)
	h.silence = 20 * time.Millisecond
	h.open = func(ctx context.Context, _ string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
		must(t, err)
		return server.Client().Do(req)
	}
	h.each = func(_ context.Context, m sseMessage) {
		h.log = append(h.log, m.data)
		cancel()
	}
	_ = h.follow(ctx) // it ends by cancel
	if diff := cmp.Diff([]string{"begun", "pause 500ms", "at last"}, h.log); diff != "" {
		t.Error(diff)
	}
}

// TestFeedIsAsked looks at what is asked of the hub: at first where to begin,
// then to go on.
func TestFeedIsAsked(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, fmt.Sprintf("%s after=%s types=%s %s", r.URL.Path, q.Get("after"), q.Get("types"), r.Header.Get("Last-Event-Id")))
	}))
	defer server.Close()
	client, err := api.NewClient(server.URL + "/hub")
	must(t, err)
	for _, o := range []listenOptions{{since: sinceNow}, {since: sinceBeginning, types: []string{"user.*", "group.created"}}} {
		for _, cursor := range []string{"", "cur_1"} {
			resp, err := feed{client, o}.open(t.Context(), cursor)
			must(t, err)
			resp.Body.Close()
		}
	}
	want := []string{
		"/hub/v2/events/stream after=latest types= ",
		"/hub/v2/events/stream after= types= cur_1",
		"/hub/v2/events/stream after= types=user.*,group.created ",
		"/hub/v2/events/stream after= types=user.*,group.created cur_1",
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}
