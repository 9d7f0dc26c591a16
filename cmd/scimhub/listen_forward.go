package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/webhooks"
)

const (
	// forwardTimeout is how long the program may take to answer, as long as an
	// endpoint may by default.
	forwardTimeout = 15 * time.Second

	// firstRetry is the wait before an event is posted again; it doubles each time.
	firstRetry = time.Second
)

// forwarder posts events to a program.
type forwarder struct {
	client       *http.Client
	renderer     *webhooks.Renderer
	subscription webhooks.Subscription // that a hub would have for the program
	retry        int
	print        *listenPrinter
	pause        func(ctx context.Context, d time.Duration)
}

func newForwarder(o listenOptions, printer *listenPrinter) *forwarder {
	return &forwarder{
		client:   webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true, Timeout: forwardTimeout}),
		renderer: webhooks.NewRenderer(webhooks.RendererConfig{PublicURL: strings.TrimRight(o.url, "/")}),
		subscription: webhooks.Subscription{
			URL: o.forwardTo, Format: webhooks.Format(o.format),
			Credentials: webhooks.Credentials{Secrets: []webhooks.Secret{{Key: o.secret}}, AuthorizationHeader: o.authorization},
		},
		retry: o.retry, print: printer, pause: pauseFor,
	}
}

// reply is what a program answered to an event, or err, why it did not.
type reply struct {
	status int
	body   []byte // its beginning, where the answer is a failure
	err    error
	took   time.Duration
}

func (r reply) ok() bool { return r.err == nil && r.status >= 200 && r.status <= 299 }

// forward posts an event until the program takes it, as often as it may.
func (f *forwarder) forward(ctx context.Context, m sseMessage) {
	var t told
	if err := json.Unmarshal([]byte(m.data), &t); err != nil {
		f.print.notice("an event that can't be read is left out: %v", err)
		return
	}
	wait := firstRetry
	for attempt := 1; ; attempt++ {
		r := f.post(ctx, t, []byte(m.data), attempt)
		if ctx.Err() != nil && r.err != nil {
			return // Ctrl-C: nobody waits for the answer
		}
		f.print.forwarded(t, r)
		if r.ok() || attempt > f.retry || ctx.Err() != nil {
			return
		}
		f.pause(ctx, wait)
		wait *= 2
	}
}

// post posts an event once.
func (f *forwarder) post(ctx context.Context, t told, payload []byte, attempt int) reply {
	start := time.Now()
	req, err := f.request(ctx, t, payload, attempt, start)
	if err != nil {
		return reply{err: err}
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return reply{err: fmt.Errorf("no answer: %w", plainError(err)), took: time.Since(start)}
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, webhooks.MaxResponseHead)) // what could be read will do
	return reply{status: resp.StatusCode, body: body, took: time.Since(start)}
}

// request makes the request that a hub would make.
func (f *forwarder) request(ctx context.Context, t told, payload []byte, attempt int, now time.Time) (*http.Request, error) {
	sub := f.subscription
	message, err := f.renderer.Render(ctx, sub, t.ID, payload)
	if err != nil {
		return nil, err
	}
	signature, err := webhooks.Sign(sub.Credentials.Live(now), t.ID, now, message.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(message.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Content-Type":           message.ContentType,
		"User-Agent":             "scimhub/" + readBuild().Version,
		webhooks.HeaderID:        t.ID,
		webhooks.HeaderTimestamp: strconv.FormatInt(now.Unix(), 10),
		webhooks.HeaderSignature: signature,
		"scimhub-attempt":        strconv.Itoa(attempt),
	} {
		req.Header.Set(name, value)
	}
	if sub.Format == webhooks.FormatFirstup {
		req.Header.Set("x-socialchorus-delivery", t.ID)
	}
	if header := sub.Credentials.AuthorizationHeader; header != "" {
		req.Header.Set("Authorization", header)
	}
	return req, nil
}
