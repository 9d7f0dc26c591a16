package server

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// survive turns a panic of a handler into the same answer as any internal
// error, and logs it once with its stack. When part of the answer is out
// already, it cuts the connection, so that no client takes the part for the
// whole.
func (s *Server) survive(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(http.ErrAbortHandler)
		}
		s.logger.ErrorContext(c.Request.Context(), "panic",
			"request_id", route.RequestID(c), "method", c.Request.Method, "route", c.FullPath(),
			"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		c.Abort()
		writeError(c, answerTo(fault.Internal), detail(c, nil))
	}()
	c.Next()
}
