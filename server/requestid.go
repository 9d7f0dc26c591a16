package server

import (
	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/server/route"
)

// requestIDHeader carries the id of a request in both directions.
const requestIDHeader = "X-Request-Id"

// maxRequestID is the longest id that is taken from a client, in bytes.
const maxRequestID = 128

// requestID gives every request an id: the caller's, when it is fit to be
// logged, else a new one.
func requestID(c *gin.Context) {
	id := c.GetHeader(requestIDHeader)
	if !sane(id) {
		id = access.NewID("req")
	}
	route.SetRequestID(c, id)
	c.Header(requestIDHeader, id)
}

// sane reports whether an id is 1 to maxRequestID visible ASCII characters.
func sane(id string) bool {
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}
