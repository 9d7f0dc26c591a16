package webhooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// Headers of a delivery beside those of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"

	headerDelivery = "scimhub-delivery" // the delivery's id
	headerAttempt  = "scimhub-attempt"  // counts from 1
	headerReplay   = "scimhub-replay"   // "true" for what was asked for again
	headerFirstup  = "x-socialchorus-delivery"
)

// maxResponse is how many bytes of an answer are read, so that the connection
// can be used again.
const maxResponse = 16 << 10

// attempt tries to deliver once. The request is not cut short by the end of the
// hub: only by its own timeout.
func (d *Dispatcher) attempt(ctx context.Context, sub Subscription, q QueuedDelivery) Attempt {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Timeout)
	defer cancel()
	a := Attempt{Number: q.Attempts + 1, At: d.Now().UTC()}
	start := time.Now()
	wait := d.try(ctx, sub, q, &a)
	a.Duration = time.Since(start)
	d.decide(sub, q, &a, wait)
	return a
}

// try sends the delivery and notes what came of it. It gives how long the
// endpoint wants to be left alone.
func (d *Dispatcher) try(ctx context.Context, sub Subscription, q QueuedDelivery, a *Attempt) time.Duration {
	if q.Payload == nil {
		a.Failure, a.Error = FailurePayload, "the event was removed by retention"
		return 0
	}
	req, err := d.request(ctx, sub, q, *a)
	if err != nil {
		a.Failure, a.Error = FailurePayload, err.Error()
		return 0
	}
	resp, err := d.Client.Do(req)
	if err != nil {
		a.Failure, a.Error = failureOf(err), transportError(err)
		return 0
	}
	defer resp.Body.Close()
	a.StatusCode = resp.StatusCode
	a.ResponseHead = head(resp.Body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		a.Failure, a.Error = FailureStatus, "the endpoint answered "+resp.Status
	}
	return retryAfter(resp.Header, a.At)
}

// request makes the signed request of a delivery.
func (d *Dispatcher) request(ctx context.Context, sub Subscription, q QueuedDelivery, a Attempt) (*http.Request, error) {
	message, err := d.Renderer.Render(ctx, sub, q.EventID, q.Payload)
	if err != nil {
		return nil, fmt.Errorf("make the payload: %w", err)
	}
	signature, err := Sign(sub.Credentials.Live(a.At), q.EventID, a.At, message.Body)
	if err != nil {
		return nil, fmt.Errorf("sign the payload: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sub.URL, bytes.NewReader(message.Body))
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Content-Type", message.ContentType)
	h.Set("User-Agent", d.UserAgent)
	h.Set(headerID, q.EventID)
	h.Set(headerTimestamp, strconv.FormatInt(a.At.Unix(), 10))
	h.Set(headerSignature, signature)
	h.Set(headerDelivery, DeliveryRef{sub.ID, q.Position}.String())
	h.Set(headerAttempt, strconv.Itoa(a.Number))
	if q.Replay {
		h.Set(headerReplay, "true")
	}
	if sub.Format == FormatFirstup {
		h.Set(headerFirstup, q.EventID)
	}
	if sub.Credentials.AuthorizationHeader != "" {
		h.Set("Authorization", sub.Credentials.AuthorizationHeader)
	}
	return req, nil
}

// decide says what follows from an attempt.
func (d *Dispatcher) decide(sub Subscription, q QueuedDelivery, a *Attempt, wait time.Duration) {
	if a.Failure == "" {
		a.Outcome = OutcomeDelivered
		return
	}
	delay, more := d.Schedule.After(a.Number)
	if q.Payload == nil || !more && sub.OnExhausted != ExhaustedBlock && a.StatusCode != http.StatusGone {
		a.Outcome = OutcomeDead
		return
	}
	a.Outcome = OutcomeRetry
	a.NextAt = a.At.Add(a.Duration).Add(max(Jitter(delay), wait)).UTC().Truncate(time.Microsecond)
}

// deactivation gives why an attempt ends its subscription, or nil.
func (d *Dispatcher) deactivation(a Attempt, h Health) *Deactivation {
	reason := ""
	switch {
	case a.StatusCode == http.StatusGone:
		reason = "the endpoint answered 410 Gone"
	case a.Failure != "" && !h.FailingSince.IsZero() && a.At.Sub(h.FailingSince) >= d.GiveUpAfter:
		reason = fmt.Sprintf("every delivery failed since %s; the last: %s", h.FailingSince.UTC().Format(time.RFC3339), a.Error)
	default:
		return nil
	}
	return &Deactivation{Reason: reason, Event: func(s Subscription) event.Event {
		return SubscriptionEvent(event.SubscriptionDeactivated, s, d.Now())
	}}
}

// failureOf tells apart why there was no answer.
func failureOf(err error) FailureKind {
	if Refused(err) {
		return FailureRefused
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return FailureTimeout
	}
	return FailureTransport
}

// transportError tells why there was no answer, without the URL, which may hold
// a secret.
func transportError(err error) string {
	if wrapped := errors.Unwrap(err); wrapped != nil {
		err = wrapped // a *url.Error, whose text begins with the URL
	}
	return err.Error()
}

// head gives the beginning of an answer as text that every database takes.
func head(body io.Reader) string {
	data, _ := io.ReadAll(io.LimitReader(body, maxResponse)) // what could be read will do
	text := strings.ReplaceAll(strings.ToValidUTF8(string(data[:min(len(data), MaxResponseHead)]), "\uFFFD"), "\x00", "\uFFFD")
	return text
}
