package webhooks

import (
	"net/http"
	"time"
)

// The circuit of an endpoint: after that many transport failures in a row
// nothing is sent for a while, then one delivery, to see.
const (
	circuitThreshold = 10
	firstPause       = 5 * time.Second
	longestPause     = 5 * time.Minute
)

// open reports whether the endpoint is to be tried with one delivery only.
func (h Health) open() bool { return h.Failures >= circuitThreshold }

// paused reports whether nothing may be sent.
func (h Health) paused(now time.Time) bool { return now.Before(h.PausedUntil) }

// after gives the health after an attempt. probing tells a single delivery to
// an endpoint that was found unreachable.
func (h Health) after(a Attempt, probing bool) Health {
	ended := a.At.Add(a.Duration)
	if a.Outcome == OutcomeDelivered {
		return Health{}
	}
	if h.FailingSince.IsZero() {
		h.FailingSince = a.At
	}
	switch {
	case a.StatusCode == http.StatusTooManyRequests && a.NextAt.After(ended):
		h.Failures = 0
		h.PausedUntil = a.NextAt // it said how long
	case a.Failure == FailureStatus, a.Failure == FailurePayload:
		h.Failures = 0
	case probing || h.Failures < circuitThreshold:
		h.Failures++
	}
	if h.open() {
		h.PausedUntil = ended.Add(pauseAfter(h.Failures))
	}
	return h
}

// pauseAfter doubles with each failure beyond the threshold.
func pauseAfter(failures int) time.Duration {
	pause := firstPause
	for range failures - circuitThreshold {
		if pause *= 2; pause >= longestPause {
			return longestPause
		}
	}
	return pause
}
