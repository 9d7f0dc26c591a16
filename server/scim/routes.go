package scim

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// Prefix is the path below which SCIM is spoken.
const Prefix = "/scim/v2"

// Config is what the SCIM endpoints are made of. Every field is needed.
type Config struct {
	Hub         *scimresource.Hub
	PageDefault int // resources on a page when the client doesn't say
	PageMax     int // resources on a page at the most
}

// Routes gives the routes of SCIM.
func Routes(cfg Config) []route.Route {
	var routes []route.Route
	for _, t := range cfg.Hub.Registry.Types() {
		routes = append(routes, (&endpoint{cfg, t}).routes()...)
	}
	return slices.Concat(routes, newDiscovery(cfg).routes(), unoffered(cfg))
}

// routes gives the operations of a resource type (RFC 7644 §3.2).
func (e *endpoint) routes() []route.Route {
	all := Prefix + e.t.Endpoint
	one := all + "/:id"
	read, write := route.Needs(access.SCIMRead), route.Needs(access.SCIMWrite)
	return []route.Route{
		{Method: http.MethodGet, Path: all, Access: read, Handler: e.list},
		{Method: http.MethodPost, Path: all, Access: write, Handler: e.create},
		{Method: http.MethodGet, Path: one, Access: read, Handler: e.get},
		{Method: http.MethodPut, Path: one, Access: write, Handler: e.replace},
		{Method: http.MethodPatch, Path: one, Access: write, Handler: e.patch},
		{Method: http.MethodDelete, Path: one, Access: write, Handler: e.delete},
	}
}

// unoffered gives the endpoints of RFC 7644 that are optional and not offered.
// They answer 501 (§3.11, §3.12), so that a client can tell them from a wrong
// base URL.
func unoffered(cfg Config) []route.Route {
	refuse := func(method, path, what string) route.Route {
		return route.Route{Method: method, Path: Prefix + path, Handler: func(*gin.Context) error {
			return fault.New(fault.NotImplemented, "%s is not offered; /ServiceProviderConfig says what is", what)
		}}
	}
	routes := []route.Route{
		refuse(http.MethodGet, "", "a query over all resource types"),
		refuse(http.MethodPost, "/.search", "search by POST"),
		refuse(http.MethodPost, "/Bulk", "the bulk operation"),
	}
	for _, t := range cfg.Hub.Registry.Types() {
		routes = append(routes, refuse(http.MethodPost, t.Endpoint+"/.search", "search by POST"))
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		routes = append(routes, refuse(method, "/Me", "the alias /Me"))
	}
	return routes
}
