package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks"
)

// Config is what the API is made of. Every field is needed.
type Config struct {
	Webhooks *webhooks.Service
	Feed     func(organizationID string) *webhooks.Feed
	Keys     *webhooks.Keys
	Stopping context.Context // done when the server stops: what waits or streams ends then
}

// handler answers the operations of the contract.
type handler struct{ Config }

var _ api.ServerInterface = (*handler)(nil)

// Routes gives the routes of the API.
func Routes(cfg Config) []route.Route {
	h := &api.ServerInterfaceWrapper{Handler: &handler{cfg}, ErrorHandler: badParameter}
	return slices.Concat(subscriptionRoutes(h), deliveryRoutes(h), eventRoutes(h), descriptionRoutes(h))
}

func subscriptionRoutes(h *api.ServerInterfaceWrapper) []route.Route {
	const all, one = "/v2/webhooks/subscriptions", "/v2/webhooks/subscriptions/:id"
	read, write := route.Needs(access.WebhooksRead), route.Needs(access.WebhooksWrite)
	return []route.Route{
		{Method: http.MethodGet, Path: all, Access: read, Handler: operation(h.ListSubscriptions)},
		{Method: http.MethodPost, Path: all, Access: write, Handler: operation(h.CreateSubscription)},
		{Method: http.MethodGet, Path: one, Access: read, Handler: about(h.GetSubscription)},
		{Method: http.MethodPut, Path: one, Access: write, Handler: about(h.ReplaceSubscription)},
		{Method: http.MethodPatch, Path: one, Access: write, Handler: about(h.PatchSubscription)},
		{Method: http.MethodDelete, Path: one, Access: write, Handler: about(h.DeleteSubscription)},
		{Method: http.MethodPost, Path: one + "/ping", Access: write, Handler: about(h.PingSubscription)},
		{Method: http.MethodGet, Path: one + "/secret", Access: write, Handler: about(h.GetSubscriptionSecret)},
		{Method: http.MethodPost, Path: one + "/rotate-secret", Access: write, Handler: about(h.RotateSubscriptionSecret)},
		{Method: http.MethodGet, Path: one + "/deliveries", Access: read, Handler: about(h.ListDeliveries)},
		{Method: http.MethodPost, Path: one + "/recover", Access: write, Handler: about(h.RecoverSubscription)},
	}
}

func deliveryRoutes(h *api.ServerInterfaceWrapper) []route.Route {
	const one = "/v2/webhooks/deliveries/:id"
	return []route.Route{
		{Method: http.MethodGet, Path: one, Access: route.Needs(access.WebhooksRead), Handler: operation(h.GetDelivery)},
		{Method: http.MethodPost, Path: one + "/redeliver", Access: route.Needs(access.WebhooksWrite), Handler: operation(h.Redeliver)},
	}
}

func eventRoutes(h *api.ServerInterfaceWrapper) []route.Route {
	read := route.Needs(access.EventsRead)
	return []route.Route{
		{Method: http.MethodGet, Path: "/v2/events", Access: read, Handler: operation(h.ListEvents)},
		{Method: http.MethodGet, Path: "/v2/events/stream", Access: read, Handler: operation(h.StreamEvents)},
		{Method: http.MethodGet, Path: "/v2/event-types", Access: read, Handler: operation(h.ListEventTypes)},
	}
}

func descriptionRoutes(h *api.ServerInterfaceWrapper) []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Path: "/openapi.yaml", Access: route.Public(), Handler: operation(h.GetContract)},
		{Method: http.MethodGet, Path: docsPath, Access: route.Public(), Handler: operation(h.GetDocs)},
		{Method: http.MethodGet, Path: docsPath + "/*asset", Access: route.Public(), Handler: newAssets().serve},
		{Method: http.MethodGet, Path: "/.well-known/jwks.json", Access: route.Public(), Handler: operation(h.GetKeys)},
	}
}

// operation makes a handler of an operation of the generated interface, which
// can't return an error and leaves it in the context.
func operation(op func(*gin.Context)) route.Handler {
	return func(c *gin.Context) error {
		op(c)
		if failed := c.Errors.Last(); failed != nil {
			return failed.Err
		}
		return nil
	}
}

// about makes a handler of an operation on the subscription that the path names.
func about(op func(*gin.Context)) route.Handler {
	return func(c *gin.Context) error {
		if err := webhooks.CheckID(c.Param("id")); err != nil {
			return err
		}
		return operation(op)(c)
	}
}

// fail leaves an error for the server to answer.
func fail(c *gin.Context, err error) { _ = c.Error(err) }

// badParameter tells of a parameter that is not of its type. What lies behind
// the colon speaks of Go.
func badParameter(c *gin.Context, err error, _ int) {
	detail, _, _ := strings.Cut(err.Error(), ":")
	fail(c, fault.Wrap(err, fault.InvalidValue, "%s", detail))
}

// subscriptions gives the subscriptions that the request's actor may use.
func (h *handler) subscriptions(c *gin.Context) *webhooks.Subscriptions {
	return h.Webhooks.As(route.Actor(c))
}
