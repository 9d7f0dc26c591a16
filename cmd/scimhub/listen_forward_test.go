package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

const forwardedPayload = `{"id":"evt_1","type":"user.updated","timestamp":"2026-11-10T15:42:30.123456Z","organization_id":"org_1",` +
	`"data":{"user_id":"u1","user_name":"anna@example.com\u001b[31m","changed_fields":["title"]}}`

// TestForwardSignsAsAHubDoes posts an event in each format until it is taken.
func TestForwardSignsAsAHubDoes(t *testing.T) {
	for format, want := range map[webhooks.Format]string{
		webhooks.FormatScimhub:  `^\{"id":"evt_1",`,
		webhooks.FormatFirstup:  `^\{"event":"user.updated","timestamp":"2026-11-10T15:42:30Z","data":\{"user_id":"u1","changed_fields":\["title"\]\}\}$`,
		webhooks.FormatScalekit: `"type":"organization.directory.user_updated".*"environment_id":"http://hub.test"`,
	} {
		t.Run(string(format), func(t *testing.T) {
			secret := webhooks.NewSecret(webhooks.SignatureHMAC)
			var attempts []string
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err == nil {
					err = webhooks.Verify([]string{secret}, r.Header, body, time.Now(), time.Minute)
				}
				if err != nil || !regexp.MustCompile(want).Match(body) || r.Header.Get("Authorization") != "Basic abc" {
					t.Errorf("%v: %v\n%s", err, r.Header, body)
				}
				attempts = append(attempts, r.Header.Get("Webhook-Id")+" "+r.Header.Get("Scimhub-Attempt")+" "+r.Header.Get("X-Socialchorus-Delivery"))
				if len(attempts) < 3 {
					http.Error(w, "not yet\nreally", http.StatusServiceUnavailable)
				}
			}))
			defer receiver.Close()
			var out, notices bytes.Buffer
			f := newForwarder(listenOptions{
				forwardTo: receiver.URL, url: "http://hub.test/", format: string(format), secret: secret, authorization: "Basic abc", retry: 5,
			}, newListenPrinter(&out, &notices))
			var waits []time.Duration
			f.pause = func(_ context.Context, d time.Duration) { waits = append(waits, d) }
			f.forward(t.Context(), sseMessage{data: forwardedPayload})

			mark := ""
			if format == webhooks.FormatFirstup {
				mark = "evt_1"
			}
			if diff := cmp.Diff([]string{"evt_1 1 " + mark, "evt_1 2 " + mark, "evt_1 3 " + mark}, attempts); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second}, waits); diff != "" {
				t.Error(diff)
			}
			const line = `\d\d:\d\d:\d\d  user.updated              anna@example.com�\[31m           `
			const printed = `^(` + line + `  503  \d+(ms|s)\n          not yet\n){2}` + line + `  200  \d+(ms|s)\n$`
			if !regexp.MustCompile(printed).Match(out.Bytes()) || notices.Len() > 0 {
				t.Errorf("printed %s%s", &out, &notices)
			}
		})
	}
}

// TestForwardGoesOnAfterAFailure posts to nobody, and something that is no event.
func TestForwardGoesOnAfterAFailure(t *testing.T) {
	receiver := httptest.NewServer(http.NotFoundHandler())
	receiver.Close()
	var out, notices bytes.Buffer
	f := newForwarder(listenOptions{
		forwardTo: receiver.URL, url: "http://hub.test", format: "scimhub", secret: webhooks.NewSecret(webhooks.SignatureHMAC),
	}, newListenPrinter(&out, &notices))
	f.forward(t.Context(), sseMessage{data: forwardedPayload})
	f.forward(t.Context(), sseMessage{data: "{"})
	if !regexp.MustCompile(`  ---  \d+\w+\n          no answer: dial tcp .* connection refused\n$`).Match(out.Bytes()) {
		t.Errorf("printed %s", &out)
	}
	if !regexp.MustCompile(`^\d\d:\d\d:\d\d  an event that can't be read is left out: `).Match(notices.Bytes()) {
		t.Errorf("noticed %s", &notices)
	}
}

// TestForwardIsRefusedWithAnotherSecret proves that the signatures above mean
// something.
func TestForwardIsRefusedWithAnotherSecret(t *testing.T) {
	f := newForwarder(listenOptions{forwardTo: "http://localhost", format: "scimhub", secret: webhooks.NewSecret(webhooks.SignatureHMAC)},
		newListenPrinter(io.Discard, io.Discard))
	now := time.Now()
	req, err := f.request(t.Context(), told{ID: "evt_1"}, []byte(forwardedPayload), 1, now)
	must(t, err)
	other := webhooks.NewSecret(webhooks.SignatureHMAC)
	if err := webhooks.Verify([]string{other}, req.Header, []byte(forwardedPayload), now, time.Minute); !fault.Is(err, fault.InvalidValue) {
		t.Errorf("verified with another secret: %v", err)
	}
}
