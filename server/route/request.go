package route

import (
	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/access"
)

// The keys under which a gin.Context carries the identity of its request.
type (
	actorKey     struct{}
	requestIDKey struct{}
	longKey      struct{}
)

// SetActor notes who a request speaks for.
func SetActor(c *gin.Context, a access.Actor) { c.Set(actorKey{}, a) }

// Actor gives who a request speaks for. It is the zero Actor on public routes.
func Actor(c *gin.Context) access.Actor {
	v, _ := c.Get(actorKey{})
	a, _ := v.(access.Actor)
	return a
}

// SetRequestID notes the id of a request.
func SetRequestID(c *gin.Context, id string) { c.Set(requestIDKey{}, id) }

// RequestID gives the id by which a request is found in the log.
func RequestID(c *gin.Context) string {
	v, _ := c.Get(requestIDKey{})
	id, _ := v.(string)
	return id
}

// SetLong notes that a request lasts as long as its client wishes, so that its
// time says nothing of how quick the hub is.
func SetLong(c *gin.Context) { c.Set(longKey{}, true) }

// Long reports whether a request lasts as long as its client wishes.
func Long(c *gin.Context) bool {
	_, long := c.Get(longKey{})
	return long
}
