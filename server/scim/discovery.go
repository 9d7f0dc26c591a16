package scim

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// Endpoints of discovery (RFC 7644 §4).
const (
	providerPath = "/ServiceProviderConfig"
	typesPath    = "/ResourceTypes"
	schemasPath  = "/Schemas"
)

// discovery serves the documents that say what the hub can do. They are built
// once: a registry does not change.
type discovery struct {
	provider []byte
	types    documents
	schemas  documents
}

func newDiscovery(cfg Config) *discovery {
	base, reg := cfg.Hub.BaseURL, cfg.Hub.Registry
	d := &discovery{provider: marshal(newProviderConfig(base, cfg.PageMax))}
	var types, schemas collection
	for _, t := range reg.Types() {
		types.add(marshal(newResourceType(base, t)), t.Name)
	}
	for _, s := range reg.Schemas() {
		schemas.add(marshal(newSchema(base, s)), s.ID, s.Name)
	}
	d.types, d.schemas = types.serve(), schemas.serve()
	return d
}

func (d *discovery) routes() []route.Route {
	get := func(path string, a route.Access, h route.Handler) route.Route {
		return route.Route{Method: http.MethodGet, Path: Prefix + path, Access: a, Handler: h}
	}
	read := route.Needs(access.SCIMRead)
	return []route.Route{
		get(providerPath, route.Public(), unfiltered(func(c *gin.Context) error { // RFC 7644 §4
			writeBody(c, http.StatusOK, d.provider)
			return nil
		})),
		get(typesPath, read, unfiltered(d.types.getAll)),
		get(typesPath+"/:id", read, unfiltered(d.types.getOne)),
		get(schemasPath, read, unfiltered(d.schemas.getAll)),
		get(schemasPath+"/:id", read, unfiltered(d.schemas.getOne)),
	}
}

// unfiltered refuses a filter, so that no client takes the whole list for its
// result. Paging, sorting and attributes are ignored (RFC 7644 §4).
func unfiltered(next route.Handler) route.Handler {
	return func(c *gin.Context) error {
		q, err := parseQuery(c.Request.URL.RawQuery)
		if err != nil {
			return err
		}
		if len(q["filter"]) > 0 {
			return fault.New(fault.Forbidden, "discovery documents can't be filtered; leave out the parameter filter")
		}
		return next(c)
	}
}

// marshal gives the JSON form of a discovery document, which always has one.
func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types in documents.go hold nothing that JSON lacks
	}
	return data
}
