package scimclient

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/remote"
)

// Accept is what a client asks for.
const Accept = "application/scim+json, application/json;q=0.9"

// defaultPageSize is how many resources to ask for at a time.
const defaultPageSize = 100

// Config is what a Client is made of. Fields without a default are needed.
type Config struct {
	BaseURL  string        // of the server, as in "https://example.com/scim/v2"
	Remote   remote.Config // its HTTP authenticates; Accept is set
	PageSize int           // resources to ask for at a time; default 100
	// Cursors asks for paging by cursor (RFC 9865) from the first page on. A
	// server that gives cursors unasked is followed in any case.
	Cursors bool
}

// Client reads from one server. It may be used by many goroutines.
type Client struct {
	base     string
	remote   *remote.Client
	pageSize int
	cursors  bool
}

// New makes a client.
func New(c Config) *Client {
	if c.PageSize <= 0 {
		c.PageSize = defaultPageSize
	}
	c.Remote.Accept = Accept
	return &Client{
		base: strings.TrimRight(c.BaseURL, "/"), remote: remote.New(c.Remote), pageSize: c.PageSize, cursors: c.Cursors,
	}
}

// Get reads a resource, as in Get(ctx, "/Users", id). One that isn't there is a
// fault of kind NotFound; see remote.Client.Get for others.
func (c *Client) Get(ctx context.Context, endpoint, id string) (document.Object, error) {
	if id == "" || id == "." || id == ".." {
		return nil, fault.New(fault.NotFound, "the upstream has no such object")
	}
	answer, err := c.remote.Get(ctx, c.base+endpoint+"/"+url.PathEscape(id))
	if err != nil {
		return nil, err
	}
	obj, err := decode(answer.Body)
	if err != nil {
		return nil, err
	}
	return resource(obj)
}

// Find gives the first of the resources that match a filter, and whether there
// is exactly one. When none does it is nil.
func (c *Client) Find(ctx context.Context, endpoint, filter string) (found document.Object, only bool, err error) {
	page, err := c.page(ctx, endpoint, Listing{Filter: filter, PageSize: 2}, position{})
	if err != nil || len(page.Resources) == 0 {
		return nil, false, err
	}
	return page.Resources[0], len(page.Resources) == 1 && page.Total <= 1, nil
}

// decode reads a body that should be JSON. One that isn't is a fault of kind
// Unavailable: it is the page of a proxy, most likely.
func decode(body []byte) (document.Object, error) {
	obj, err := document.Decode(body)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return nil, fault.Wrap(f, fault.Unavailable, "the upstream's answer can't be read")
	}
	return obj, err
}
