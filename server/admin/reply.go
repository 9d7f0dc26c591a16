package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
)

const contentType = "application/json"

// reply answers with a body in JSON, or leaves the error for the server.
func reply(c *gin.Context, status int, body any, err error) {
	if err != nil {
		fail(c, err)
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		fail(c, err)
		return
	}
	c.Data(status, contentType, b.Bytes())
}

// replyList answers with a page of a list. next is the id to go on behind.
func replyList[T, D any](c *gin.Context, page []T, more bool, next func(T) string, describe func(T) D, err error) {
	list := struct {
		Data       []D     `json:"data"`
		NextCursor *string `json:"next_cursor"`
	}{Data: make([]D, len(page))}
	for i, v := range page {
		list.Data[i] = describe(v)
	}
	if more {
		list.NextCursor = new(next(page[len(page)-1]))
	}
	reply(c, http.StatusOK, list, err)
}

// The bounds of the parameter limit.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

func readLimit(limit *int) (int, error) {
	switch {
	case limit == nil:
		return defaultLimit, nil
	case *limit < 1 || *limit > maxLimit:
		return 0, fault.New(fault.InvalidValue, "limit must be from 1 to %d", maxLimit)
	}
	return *limit, nil
}

// value gives what a pointer points to, or the zero value.
func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// known gives a pointer to a value, nil if it is the zero value.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// instant gives a time as answers have it, nil if it is zero.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
