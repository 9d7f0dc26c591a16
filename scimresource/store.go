package scimresource

import (
	"context"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Store is what the Directory needs of a database. A Store is bound to one
// organization and to the directory that acts: it reads and writes nothing of
// another organization, and ExternalID is always the acting directory's.
//
// Only live resources are visible. A resource that does not exist, or is not
// live, is a fault of kind NotFound. Faults of the database are errors of no
// kind, but for a database that can't be reached: Unavailable.
type Store interface {
	// Get reads one resource.
	Get(ctx context.Context, t *schema.ResourceType, id string, inc Include) (*Resource, error)

	// List reads a page of resources in a stable order and counts all that
	// match. Total and page are of one snapshot.
	List(ctx context.Context, q Query) (Page, error)

	// Update runs fn in a transaction and commits when it returns nil. fn may
	// run again from the start after a serialization failure or deadlock, so it
	// must have no effects but on tx.
	Update(ctx context.Context, fn func(tx Tx) error) error
}

// Tx is a transaction that changes resources.
type Tx interface {
	// Lock reads one live resource and keeps others from changing it, or its
	// members, until the transaction ends.
	Lock(ctx context.Context, t *schema.ResourceType, id string) (*Resource, error)

	// Find gives those of the ids that are live users or groups, in no
	// particular order, and keeps them from leaving until the transaction ends.
	Find(ctx context.Context, ids []string) ([]Member, error)

	// MembersAmong gives those of the ids that are members of the group now.
	MembersAmong(ctx context.Context, groupID string, ids []string) ([]string, error)

	// Members gives all members of the group, in a stable order.
	Members(ctx context.Context, groupID string) ([]Member, error)

	// Parents gives the ids, ascending, of the groups that id is a direct
	// member of.
	Parents(ctx context.Context, id string) ([]string, error)

	// Apply writes a change and its events. It is the only write, so that no
	// change can be made unannounced. A taken userName or externalId is a fault
	// of kind Uniqueness.
	Apply(ctx context.Context, c Change) error
}

// Change is one change of one resource.
type Change struct {
	Before *Resource // nil: After is new
	After  *Resource // nil: Before is removed for good (groups)

	// AddMembers and RemoveMembers change the members of the group. Those added
	// are live and no members yet, those removed are members.
	AddMembers    []Member
	RemoveMembers []string

	Events []event.Event
}

// Query selects and orders resources.
type Query struct {
	Type    *schema.ResourceType
	Filter  filter.Expr  // nil: all
	Sort    *filter.Sort // nil: by id, which is by creation
	Offset  int          // how many matches to skip
	Limit   int          // how many resources at the most; 0: only Total
	Include Include
}

// Page is a page of resources.
type Page struct {
	Resources []*Resource
	Total     int // how many match in all
}
