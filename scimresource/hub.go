package scimresource

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Config is what a Hub is made of. Every field is needed.
type Config struct {
	Registry *schema.Registry
	Bind     func(access.Actor) Store // the part of the database that an actor may touch
	BaseURL  string                   // of the SCIM API, as clients see it, without a slash at the end
	Now      func() time.Time
	Logger   *slog.Logger
}

// Hub gives every actor its Directory.
type Hub struct{ Config }

// NewHub makes a hub.
func NewHub(c Config) *Hub { return &Hub{c} }

// As gives the directory service as the actor may use it. It is cheap: callers
// make one for each request.
func (h *Hub) As(actor access.Actor) *Directory {
	return &Directory{hub: h, actor: actor, store: h.Bind(actor)}
}

// now gives the time at the precision that is stored.
func (h *Hub) now() time.Time { return h.Now().UTC().Truncate(time.Microsecond) }

// newResourceID makes the id of a resource: a UUIDv7, so that ids sort by
// creation.
func newResourceID() string { return uuid.Must(uuid.NewV7()).String() }
