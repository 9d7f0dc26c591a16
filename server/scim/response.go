package scim

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
)

// ContentType is the media type of every answer. It has no parameters: some
// clients compare the whole value.
const ContentType = "application/scim+json"

// writeResource writes an answer that is one resource.
func (e *endpoint) writeResource(c *gin.Context, status int, r *scimresource.Resource, p document.Projection) error {
	body, err := e.Hub.Append(nil, r, p)
	if err != nil {
		return err
	}
	e.writeHeaders(c, r)
	writeBody(c, status, body)
	return nil
}

// writeHeaders sets the headers that every answer about one resource has.
func (e *endpoint) writeHeaders(c *gin.Context, r *scimresource.Resource) {
	c.Header("ETag", scimresource.ETag(r.Version))
	c.Header("Location", e.Hub.Location(r))
}

// writeBody writes an answer with its length, which HEAD tells too.
func writeBody(c *gin.Context, status int, body []byte) {
	c.Header("Content-Length", strconv.Itoa(len(body)))
	if c.Request.Method == http.MethodHead {
		c.Header("Content-Type", ContentType)
		c.Status(status)
		return
	}
	c.Data(status, ContentType, body)
}
