package server

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// authorize lets a request pass that comes with a token good enough for the
// route, and notes its actor.
func (s *Server) authorize(a route.Access) route.Handler {
	if a.Public {
		return func(*gin.Context) error { return nil }
	}
	return func(c *gin.Context) error {
		actor, err := s.authenticate(c)
		if err != nil {
			return err
		}
		route.SetActor(c, actor)
		if a.Scope != "" && !actor.May(a.Scope) {
			return fault.New(fault.Forbidden, "the token lacks the scope %s", a.Scope)
		}
		return nil
	}
}

// authenticate tells who a request speaks for. A 401 to a request that had a
// credential says so in its challenge (RFC 6750 §3.1).
func (s *Server) authenticate(c *gin.Context) (access.Actor, error) {
	secret, err := credential(c.Request.Header)
	var actor access.Actor
	if err == nil {
		actor, err = s.auth.Authenticate(c.Request.Context(), secret)
	}
	if fault.Is(err, fault.Unauthenticated) && c.GetHeader("Authorization") != "" {
		c.Header("WWW-Authenticate", challenge+`, error="invalid_token"`)
	}
	return actor, err
}

// howToAuthenticate ends the details of what is wrong with a header.
const howToAuthenticate = `send "Authorization: Bearer <token>"`

// credential takes the token from the Authorization header: "Bearer x" or
// "ApiKey x" in any case, or the bare token, which is what some clients send.
// Tokens in query strings are not looked at (RFC 6750 §5.3): they end in logs.
func credential(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) > 1 {
		return "", fault.New(fault.Unauthenticated, "there is more than one Authorization header; "+howToAuthenticate)
	}
	fields := strings.Fields(h.Get("Authorization"))
	switch {
	case len(fields) == 0:
		return "", fault.New(fault.Unauthenticated, "no token was sent; "+howToAuthenticate)
	case len(fields) == 1 && isScheme(fields[0]):
		return "", fault.New(fault.Unauthenticated, "no token follows the word %s; "+howToAuthenticate, fields[0])
	case len(fields) == 1:
		return fields[0], nil
	case !isScheme(fields[0]):
		return "", fault.New(fault.Unauthenticated, "the Authorization header has a scheme that is not supported; "+howToAuthenticate)
	case len(fields) == 2 && !isScheme(fields[1]):
		return fields[1], nil
	case isScheme(fields[1]):
		return "", fault.New(fault.Unauthenticated,
			"the Authorization header says %q: give the client the bare token, it adds the first word itself", fields[0]+" "+fields[1]+" …")
	default:
		return "", fault.New(fault.Unauthenticated, "the token in the Authorization header holds a space; "+howToAuthenticate)
	}
}

func isScheme(word string) bool {
	return strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "ApiKey")
}
