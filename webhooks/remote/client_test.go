package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/remote"
)

// script answers requests in turn, the last answer again and again, and keeps
// when they came.
type script struct {
	answers []reply
	asked   []time.Duration
	started time.Time
}

// reply is an answer of a script, or an error in place of one.
type reply struct {
	code         int
	body         string
	name, header string // of its one header; "in 20s" is that date
	err          error
}

func (s *script) RoundTrip(*http.Request) (*http.Response, error) {
	r := s.answers[min(len(s.asked), len(s.answers)-1)]
	s.asked = append(s.asked, time.Since(s.started))
	if r.err != nil {
		return nil, r.err
	}
	if wait, err := time.ParseDuration(strings.TrimPrefix(r.header, "in ")); err == nil {
		r.header = time.Now().Add(wait).UTC().Format(http.TimeFormat)
	}
	return &http.Response{StatusCode: r.code, Header: http.Header{r.name: {r.header}}, Body: io.NopCloser(strings.NewReader(r.body))}, nil
}

func answer(code int, body string) reply { return reply{code: code, body: body} }

var broken = reply{err: errors.New("connection reset")}

// limited refuses, with a header that says for how long.
func limited(code int, name, header string) reply {
	return reply{code: code, name: name, header: header}
}

// get reads once by a client with a script, inside a bubble of its own time.
func get(t *testing.T, cfg remote.Config, answers ...reply) (got remote.Answer, asked []time.Duration, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: answers, started: time.Now()}
		cfg.HTTP = &http.Client{
			Transport:     s,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		got, err = remote.New(cfg).Get(t.Context(), "https://upstream.test/x")
		asked = s.asked
	})
	return got, asked, err
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name   string
		answer reply
		kind   fault.Kind
		detail string
		tries  int
	}{
		{"not found", answer(404, ""), fault.NotFound, "the upstream has no such object", 1},
		{"gone", answer(410, ""), fault.NotFound, "the upstream has no such object", 1},
		{"no credentials", answer(401, `{"detail":"x"}`), fault.Forbidden, "the upstream refuses the credentials", 1},
		{"forbidden", answer(403, ""), fault.Forbidden, "the upstream refuses the credentials", 1},
		{"filter", answer(400, `{"detail":"no\nsuch\u0007 attribute","scimType":"invalidFilter"}`), fault.InvalidValue, "the upstream answers 400: no such attribute", 1},
		{"okta", answer(400, `{"errorCode":"E0000001","errorSummary":"Api validation failed"}`), fault.InvalidValue, "the upstream answers 400: Api validation failed", 1},
		{"html", answer(418, `<html>`), fault.InvalidValue, "the upstream answers 418", 1},
		{"long", answer(400, `{"detail":"`+strings.Repeat("ä", 300)+`"}`), fault.InvalidValue, "the upstream answers 400: " + strings.Repeat("ä", 200) + "…", 1},
		{"redirect", limited(302, "Location", "/y"), fault.InvalidValue, "the upstream answers 302, a redirect, which isn't followed; name its final address", 1},
		{"not implemented", answer(501, ""), fault.InvalidValue, "the upstream answers 501", 1},
		{"down", answer(502, ""), fault.Unavailable, "the upstream answers 502", 4},
		{"limited", answer(429, ""), fault.Unavailable, "the upstream's rate limit is used up", 4},
		{"unreachable", broken, fault.Unavailable, "the upstream can't be reached", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, asked, err := get(t, remote.Config{}, tt.answer)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Kind != tt.kind || f.Detail != tt.detail || len(asked) != tt.tries {
				t.Errorf("after %d attempts got %v, want kind %d %q after %d", len(asked), err, tt.kind, tt.detail, tt.tries)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	ok := answer(200, "{}")
	date := limited(503, "Retry-After", "in 20s")
	reset := limited(429, "X-Rate-Limit-Reset", "946684830") // half a minute into a bubble's time
	tests := []struct {
		name    string
		answers []reply
		waits   []time.Duration // at least; a second and a quarter more at the most
		ok      bool
	}{
		{"at once", list(ok), list[time.Duration](), true},
		{"backoff", list(broken, answer(500, ""), ok), list(time.Second, 2*time.Second), true},
		{"seconds", list(limited(429, "Retry-After", "7"), ok), list(7 * time.Second), true},
		{"date", list(date, ok), list(20 * time.Second), true},
		{"reset", list(reset, ok), list(30 * time.Second), true},
		{"nonsense", list(limited(429, "Retry-After", "soon"), ok), list(time.Second), true},
		{"too long", list(limited(429, "Retry-After", "3600"), ok), list[time.Duration](), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, asked, err := get(t, remote.Config{}, tt.answers...)
			if (err == nil) != tt.ok || len(asked) != len(tt.waits)+1 {
				t.Fatalf("asked at %v, then %v", asked, err)
			}
			for i, want := range tt.waits {
				if got := asked[i+1] - asked[i]; got < want || got > want+1250*time.Millisecond {
					t.Errorf("wait %d was %v, want %v and a little", i, got, want)
				}
			}
		})
	}
}

func list[T any](of ...T) []T { return of }

func TestBounds(t *testing.T) {
	got, _, err := get(t, remote.Config{MaxBody: 4}, answer(200, "1234"))
	if err != nil || string(got.Body) != "1234" {
		t.Errorf("got %q, %v", got.Body, err)
	}
	if _, _, err = get(t, remote.Config{MaxBody: 4}, answer(200, "12345")); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("a body that is too long: %v", err)
	}
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: list(answer(200, "{}")), started: time.Now()}
		c := remote.New(remote.Config{HTTP: &http.Client{Transport: s}, Limiter: rate.NewLimiter(2, 1)})
		for range 4 {
			if _, err := c.Get(t.Context(), "https://upstream.test/x"); err != nil {
				t.Fatal(err)
			}
		}
		want := []time.Duration{0, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond}
		if !slices.Equal(s.asked, want) {
			t.Errorf("asked at %v, want %v", s.asked, want)
		}
	})
}

// TestCanceled ends the context during the wait for another attempt.
func TestCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s := &script{answers: list(limited(503, "Retry-After", "30")), started: time.Now()}
		_, err := remote.New(remote.Config{HTTP: &http.Client{Transport: s}}).Get(ctx, "https://upstream.test/x")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(s.started) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(s.started), err)
		}
	})
}
