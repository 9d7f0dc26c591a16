// Package hooks takes in what sources post to /webhooks/{source}: it reads the
// body as it came, hands it to the receiver of package inbound, and answers as
// the vendor expects.
//
// It knows no vendor. Requests carry no token: they are believed for their
// signature alone.
package hooks

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// Prefix is the path below which sources post.
const Prefix = "/webhooks"

// maxBody is the most bytes that a source may post.
const maxBody = 1 << 20

// Finder finds the source that an address is of. None is a fault of kind
// NotFound.
type Finder interface {
	Find(ctx context.Context, address string) (inbound.Source, error)
}

// Config is what the endpoints are made of. Every field is needed.
type Config struct {
	Finder   Finder
	Receiver *inbound.Receiver
	Now      func() time.Time
}

// Routes gives the routes of inbound webhooks.
func Routes(cfg Config) []route.Route {
	path := Prefix + "/:source"
	return []route.Route{
		{Method: http.MethodPost, Path: path, Access: route.Public(), Handler: cfg.receive},
		{Method: http.MethodGet, Path: path, Access: route.Public(), Handler: cfg.challenge},
	}
}

// receive answers a POST: 202 for messages that are new, 200 for those that were
// kept before.
func (cfg Config) receive(c *gin.Context) error {
	source, err := cfg.Finder.Find(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	vendor := cfg.Receiver.Vendors[source.Kind]
	accepted, err := cfg.take(c, source)
	if refuser, ok := vendor.(inbound.Refuser); ok {
		return answerInForm(c, refuser, accepted, err)
	}
	if err != nil {
		return refusal(err)
	}
	if accepted == 0 {
		c.JSON(http.StatusOK, result{Status: "known"})
	} else {
		c.JSON(http.StatusAccepted, result{Status: "accepted"})
	}
	return nil
}

// result is the body of an answer, for people who look at it.
type result struct {
	Status string `json:"status"` // accepted, or known: all of it was kept before
}

// take reads the body and hands it over.
func (cfg Config) take(c *gin.Context, source inbound.Source) (accepted int, err error) {
	body, err := route.Raw(c)
	if err != nil {
		return 0, err
	}
	if len(body) > maxBody {
		return 0, fault.New(fault.TooLarge, "the body has %d bytes; the limit is %d", len(body), maxBody)
	}
	return cfg.Receiver.Receive(c.Request.Context(), source, inbound.Request{Header: c.Request.Header, Body: body, At: cfg.Now()})
}

// refusal makes an error that nobody foresaw one after which the vendor sends
// again: nothing of the message is kept.
func refusal(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "the message can't be taken now; send it again")
}

// answerInForm answers a vendor that wants a form of its own. A fault of ours is
// answered as any: 503, and logged.
func answerInForm(c *gin.Context, refuser inbound.Refuser, accepted int, err error) error {
	if err == nil {
		c.Status(refuser.Accepted(accepted))
		return nil
	}
	err = refusal(err)
	switch fault.KindOf(err) {
	case fault.InvalidValue, fault.InvalidSyntax:
		status, body := refuser.Refusal(err)
		c.JSON(status, body)
		return nil
	default:
		return err
	}
}

// challenge answers the GET by which a vendor checks that the address is ours.
func (cfg Config) challenge(c *gin.Context) error {
	source, err := cfg.Finder.Find(c.Request.Context(), c.Param("source"))
	if err != nil {
		return err
	}
	if challenger, ok := cfg.Receiver.Vendors[source.Kind].(inbound.Challenger); ok {
		if body, ok := challenger.Challenge(c.Request.Header); ok {
			c.JSON(http.StatusOK, body)
			return nil
		}
	}
	return fault.New(fault.MethodNotAllowed, "sources post their messages; this is no challenge of the source's kind")
}
