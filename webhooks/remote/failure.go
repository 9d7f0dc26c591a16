package remote

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Limits of what is kept of a failure.
const (
	maxFailure = 16 << 10 // bytes of its body that are read
	maxDetail  = 200      // characters of its detail that are shown
)

// StatusError is an answer that is no success.
type StatusError struct {
	Code   int
	Detail string // what the upstream says is wrong, shortened; "": nothing
	Type   string // its scimType or error code; "": none

	wait time.Duration // that it asks for; 0: it doesn't say
}

// Error tells the status, and what the upstream says of it.
func (e *StatusError) Error() string {
	text := "status " + strconv.Itoa(e.Code)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// judge gives the fault of an answer that is no success.
func (c *Client) judge(response *http.Response, body []byte) error {
	code := response.StatusCode
	if code == http.StatusOK {
		return nil
	}
	e := &StatusError{Code: code, wait: askedWait(response.Header, c.Now())}
	e.Detail, e.Type = explain(body)
	switch {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return fault.Wrap(e, fault.Forbidden, "the upstream refuses the credentials")
	case code == http.StatusNotFound || code == http.StatusGone:
		return fault.Wrap(e, fault.NotFound, "the upstream has no such object")
	case code == http.StatusTooManyRequests:
		return fault.Wrap(e, fault.Unavailable, "the upstream's rate limit is used up")
	case code == http.StatusRequestTimeout || code >= 500 && code != http.StatusNotImplemented:
		return fault.Wrap(e, fault.Unavailable, "the upstream answers %d", code)
	case code >= 300 && code < 400:
		return fault.Wrap(e, fault.InvalidValue, "the upstream answers %d, a redirect, which isn't followed; name its final address", code)
	case e.Detail != "":
		return fault.Wrap(e, fault.InvalidValue, "the upstream answers %d: %s", code, e.Detail)
	}
	return fault.Wrap(e, fault.InvalidValue, "the upstream answers %d", code)
}

// explain finds what the body of a failure says is wrong, under the names that
// SCIM, RFC 9457, OAuth and others give it.
func explain(body []byte) (detail, typ string) {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return "", ""
	}
	first := func(names ...string) string {
		for _, name := range names {
			if text, ok := fields[name].(string); ok && text != "" {
				return shorten(text)
			}
		}
		return ""
	}
	return first("detail", "message", "errorSummary", "error_description", "title", "error"), first("scimType", "errorCode", "error")
}

// shorten makes a text of others fit to be shown: a line, and not a long one.
func shorten(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxDetail {
		return string(runes[:maxDetail]) + "…"
	}
	return text
}

// backoff is the wait after an attempt that failed, counted from 1: what the
// upstream asks for, else twice as long each time, spread so that hubs that were
// refused together don't come again together.
func (c *Client) backoff(attempt int, err error) time.Duration {
	spread := 1 + rand.Float64()/4 //nolint:gosec // it needs no secrecy
	if e, ok := errors.AsType[*StatusError](err); ok && e.wait > 0 {
		return e.wait + time.Duration((spread-1)*float64(time.Second))
	}
	wait := time.Second << min(attempt-1, 10)
	return min(time.Duration(spread*float64(wait)), c.Patience)
}

// resetHeaders tell, in Unix seconds, when a limit is lifted, where there is no
// Retry-After.
var resetHeaders = []string{"X-Rate-Limit-Reset", "X-RateLimit-Reset"}

// askedWait reads how long an answer asks to wait: Retry-After in seconds or as
// a date (RFC 9110 §10.2.3), or one of resetHeaders. It gives 0 where nothing of
// that makes sense.
func askedWait(h http.Header, now time.Time) time.Duration {
	if value := h.Get("Retry-After"); value != "" {
		if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
			return time.Duration(seconds) * time.Second
		}
		if at, err := http.ParseTime(value); err == nil {
			return max(at.Sub(now), 0)
		}
	}
	for _, name := range resetHeaders {
		if at, err := strconv.ParseInt(h.Get(name), 10, 64); err == nil && at > now.Unix() {
			return time.Unix(at, 0).Sub(now)
		}
	}
	return 0
}
