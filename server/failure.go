package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/server/scim"
)

const (
	problemType = "application/problem+json"

	// challenge is sent with every 401 (RFC 6750 §3); a request that had a
	// token is told so by the parameter error.
	challenge = `Bearer realm="scimhub"`

	// retryAfter is how many seconds a client should wait when nobody knows
	// better. Some clients read integers only, and wait minutes without one.
	retryAfter = "5"

	// statusClientGone is written to the log and the metrics, and to nobody:
	// the client hung up before the answer.
	statusClientGone = 499
)

// adapt makes a handler of gin's from one of ours: the one place where an error
// is answered.
func (s *Server) adapt(h route.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.fail(c, err)
			c.Abort()
		}
	}
}

// fail answers a request with an error in the form that belongs to its path,
// and logs it if it is the hub's fault.
func (s *Server) fail(c *gin.Context, err error) {
	if c.Request.Context().Err() != nil {
		c.Status(statusClientGone)
		return
	}
	kind := fault.KindOf(err)
	a := answerTo(kind)
	if a.status >= http.StatusInternalServerError && kind != fault.NotImplemented {
		s.logger.ErrorContext(c.Request.Context(), "request failed",
			"request_id", route.RequestID(c), "method", c.Request.Method, "route", c.FullPath(), "error", err)
	}
	if c.Writer.Written() {
		return // too late to say so: the answer ends where the error struck
	}
	setHeaders(c.Writer.Header(), kind)
	writeError(c, a, detail(c, err))
}

// setHeaders adds the headers that an answer of a kind must have and that
// nobody nearer to the error has set.
func setHeaders(h http.Header, kind fault.Kind) {
	name, value := "", ""
	switch kind {
	case fault.Unauthenticated:
		name, value = "WWW-Authenticate", challenge
	case fault.TooManyRequests, fault.Unavailable:
		name, value = "Retry-After", retryAfter
	default:
		return
	}
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// detail gives what a caller is told. An error that nobody classified may say
// anything, so the caller gets the id by which it is found in the log.
func detail(c *gin.Context, err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal {
		return "internal error; request id " + route.RequestID(c)
	}
	return f.Detail
}

// writeError writes a SCIM Error (RFC 7644 §3.12) on paths below /scim, and
// problem details (RFC 9457) elsewhere.
func writeError(c *gin.Context, a answer, detail string) {
	if isSCIM(c.Request.URL.Path) {
		writeJSON(c, a.status, scim.ContentType, scimerrors.ScimError{Status: a.status, ScimType: a.scimType, Detail: detail})
		return
	}
	writeJSON(c, a.status, problemType, problem{
		Type: "about:blank", Title: http.StatusText(a.status), Status: a.status,
		Detail: detail, RequestID: route.RequestID(c),
	})
}

// problem is the body of an error outside SCIM (RFC 9457 §3.1).
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"` // an extension member (§3.2)
}

// writeJSON writes a value that always has a JSON form.
func writeJSON(c *gin.Context, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // for the recovery: one of our own types has no JSON form
	}
	c.Data(status, contentType, body)
}

func isSCIM(path string) bool {
	return path == "/scim" || strings.HasPrefix(path, "/scim/")
}
