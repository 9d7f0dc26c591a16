// Package route is what the server and its capabilities agree on: routes as
// data, handlers that return an error, and what a handler may ask about the
// request it serves. It knows no endpoint, and not how errors are answered.
package route

import (
	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/access"
)

// Handler answers a request or returns why it can't. It must not have written
// to the response when it returns an error: the server writes the error in the
// form that belongs to the path.
type Handler func(c *gin.Context) error

// Route is one operation of one endpoint. A capability gives its routes as
// data, so that what holds for all of them can be tested over all of them.
type Route struct {
	Method  string // an HTTP method in capitals
	Path    string // a pattern of gin, e.g. "/scim/v2/Users/:id"
	Access  Access
	Handler Handler
}

// Access says who may use a route. The zero value asks for a token.
type Access struct {
	Public bool         // no token needed; the request has no actor
	Scope  access.Scope // the token needs this scope; "": any token will do
}

// Needs is the access of a route whose callers need a scope.
func Needs(s access.Scope) Access { return Access{Scope: s} }

// Public is the access of a route that needs no token.
func Public() Access { return Access{Public: true} }
