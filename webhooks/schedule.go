package webhooks

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Schedule says when a delivery is tried: the wait before the first attempt,
// then before the second, and so on. There are no more attempts than waits.
type Schedule []time.Duration

// DefaultSchedule is that of Standard Webhooks' recommendation.
func DefaultSchedule() Schedule {
	return Schedule{
		0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute,
		2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
	}
}

// first is the wait before the first attempt.
func (s Schedule) first() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s[0]
}

// After gives the wait after an attempt, counted from 1. more is false when
// there is no further attempt; the wait is then the last one.
func (s Schedule) After(attempt int) (wait time.Duration, more bool) {
	if attempt < len(s) {
		return s[attempt], true
	}
	if len(s) == 0 {
		return time.Minute, false
	}
	return s[len(s)-1], false
}

// Jitter spreads a wait by a tenth in either direction, so that deliveries that
// failed together are not tried together again.
func Jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d)) //nolint:gosec // jitter needs no secrecy
}

// maxRetryAfter bounds the wait that an endpoint may ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header Retry-After (RFC 9110 §10.2.3): seconds or a date.
// It gives 0 where there is none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
