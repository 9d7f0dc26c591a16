package scimresource

import (
	"context"
	"slices"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Directory reads and changes the users and groups of the actor's
// organization. Faults are of package fault; a change that fails leaves
// nothing behind.
type Directory struct {
	hub   *Hub
	actor access.Actor
	store Store
}

// Condition is what a client demands of a resource's current version
// (RFC 7644 §3.14, If-Match). The zero Condition demands nothing.
type Condition struct {
	Set      bool
	Versions []int64 // one of these; none: no version will do
}

// check gives a fault of kind PreconditionFailed when the version is not the
// one demanded.
func (c Condition) check(version int64) error {
	if c.Set && !slices.Contains(c.Versions, version) {
		return fault.New(fault.PreconditionFailed, "the resource has changed: its version is now W/\"%d\"; read it again", version)
	}
	return nil
}

// Get reads one resource.
func (d *Directory) Get(ctx context.Context, t *schema.ResourceType, id string, inc Include) (*Resource, error) {
	return d.store.Get(ctx, t, id, inc)
}

// List reads a page of resources.
func (d *Directory) List(ctx context.Context, q Query) (Page, error) {
	return d.store.List(ctx, q)
}

// Create adds a resource from what a client sent (RFC 7644 §3.3).
func (d *Directory) Create(ctx context.Context, t *schema.ResourceType, body document.Object, inc Include) (*Resource, error) {
	draft, err := newDraft(t, body)
	if err != nil {
		return nil, err
	}
	if _, ok := draft.attrs["active"]; !ok && t.Name == schema.User {
		draft.attrs["active"] = true
	}
	var created *Resource
	err = d.store.Update(ctx, func(tx Tx) error {
		now := d.hub.now()
		before := &Resource{
			Type: t, ID: newResourceID(), DirectoryID: d.actor.DirectoryID, State: Live,
			Created: now, LastModified: now, Attributes: document.Object{},
		}
		created, err = d.write(ctx, tx, before, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.complete(ctx, created, inc)
}

// Replace gives a resource the attributes that a client sent (RFC 7644
// §3.5.1). Left out, these stay as they are: active, so that no leaver is
// re-enabled by accident; externalId; attributes that the client was not shown;
// the members of a group. An empty members array empties the group.
func (d *Directory) Replace(ctx context.Context, t *schema.ResourceType, id string, body document.Object, c Condition, inc Include) (*Resource, error) {
	draft, err := newDraft(t, body)
	if err != nil {
		return nil, err
	}
	return d.modify(ctx, t, id, c, inc, func(before *Resource) (draftOf, error) {
		next := draft
		next.attrs = document.Clone(draft.attrs)
		document.KeepOnReplace(t, before.Attributes, next.attrs)
		if !next.hasExternalID {
			next.externalID = before.ExternalID
		}
		if err := document.CheckImmutable(t, before.Attributes, next.attrs); err != nil {
			return next, err
		}
		return next, document.Settle(t, next.attrs)
	})
}

// Patch applies operations to a resource, all or none (RFC 7644 §3.5.2).
func (d *Directory) Patch(ctx context.Context, t *schema.ResourceType, id string, ops []patch.Operation, c Condition, inc Include) (*Resource, error) {
	return d.modify(ctx, t, id, c, inc, func(before *Resource) (draftOf, error) {
		whole := document.Clone(before.Attributes)
		if before.ExternalID != "" {
			whole["externalId"] = before.ExternalID
		}
		result, err := patch.Apply(t, whole, ops)
		if err != nil {
			return draftOf{}, err
		}
		next := takeApart(result.Object)
		next.members = result.Members
		return next, nil
	})
}

// modify changes a resource to what next makes of it, in one transaction.
func (d *Directory) modify(ctx context.Context, t *schema.ResourceType, id string, c Condition, inc Include,
	next func(before *Resource) (draftOf, error),
) (*Resource, error) {
	var after *Resource
	err := d.store.Update(ctx, func(tx Tx) error {
		before, err := lock(ctx, tx, t, id, c)
		if err != nil {
			return err
		}
		draft, err := next(before)
		if err != nil {
			return err
		}
		after, err = d.write(ctx, tx, before, draft)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.complete(ctx, after, inc)
}

// lock reads a resource for a change, decoded, and checks the condition.
func lock(ctx context.Context, tx Tx, t *schema.ResourceType, id string, c Condition) (*Resource, error) {
	r, err := tx.Lock(ctx, t, id)
	if err != nil {
		return nil, err
	}
	if err := c.check(r.Version); err != nil {
		return nil, err
	}
	if _, err := r.Decoded(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "stored document of %s %s", t.Name, id)
	}
	return r, nil
}

// complete adds the derived parts that the caller wants to a resource just
// written. They may be younger than the resource; its document and version are
// those of the write.
func (d *Directory) complete(ctx context.Context, r *Resource, inc Include) (*Resource, error) {
	if inc == (Include{}) {
		return r, nil
	}
	read, err := d.store.Get(ctx, r.Type, r.ID, inc)
	if err != nil {
		return nil, err
	}
	r.Groups, r.Members = read.Groups, read.Members
	return r, nil
}
