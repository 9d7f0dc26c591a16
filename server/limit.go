package server

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// limitBody refuses a body that says it is too large, and cuts one that turns
// out to be: reading it fails with an *http.MaxBytesError, which handlers
// report by route.Body.
func (s *Server) limitBody(c *gin.Context) error {
	if c.Request.ContentLength > s.limits.Body {
		return fault.New(fault.TooLarge, "the body has %d bytes; the limit is %d", c.Request.ContentLength, s.limits.Body)
	}
	if c.Request.Body != nil && c.Request.Body != http.NoBody {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, s.limits.Body)
	}
	return nil
}
