package scimresource

import (
	"context"
	"slices"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// maxDocument is how many bytes the document of a resource may have: more than
// a client sends in one request, unless the operator allows larger ones. PATCH
// could else add to it without end, and every change of it writes all of it,
// once more in its event.
const maxDocument = 2 << 20

// write makes before what the draft says and announces it. A draft that
// changes nothing writes nothing: the result is before, with the same version.
// A before of version 0 is new.
func (d *Directory) write(ctx context.Context, tx Tx, before *Resource, draft draftOf) (*Resource, error) {
	delta, err := d.resolveMembers(ctx, tx, before.ID, before.Version == 0, draft.members)
	if err != nil {
		return nil, err
	}
	changed := document.Changed(before.Type, before.Attributes, draft.attrs)
	if draft.externalID != before.ExternalID {
		changed = append([]string{"externalId"}, changed...)
	}
	if before.Version > 0 && len(changed) == 0 && delta.empty() {
		return before, nil
	}
	after := d.next(before)
	after.ExternalID = draft.externalID
	after.Attributes = draft.attrs
	after.Document = document.AppendStored(nil, after.Type, after.Attributes)
	if n := len(after.Document); n > maxDocument {
		return nil, fault.New(fault.TooLarge, "the %s would have %d bytes; the limit is %d", after.Type.Name, n, maxDocument)
	}

	change := Change{Before: before, After: after, AddMembers: delta.added, RemoveMembers: delta.removed}
	if before.Version == 0 {
		change.Before = nil
	}
	change.Events, err = d.announce(before, after, changed, delta)
	if err != nil {
		return nil, err
	}
	return after, tx.Apply(ctx, change)
}

// next gives a copy of a resource as the next version of it.
func (d *Directory) next(before *Resource) *Resource {
	after := *before
	after.Version++
	after.Groups, after.Members = nil, nil
	if now := d.hub.now(); before.Version > 0 && now.After(before.LastModified) {
		after.LastModified = now
	}
	return &after
}

// Delete removes a resource (RFC 7644 §3.6). A user is offboarded: the record
// stays, invisible and without memberships, so that it can be restored. A
// group is removed for good. The groups that either was a member of change
// with it.
func (d *Directory) Delete(ctx context.Context, t *schema.ResourceType, id string, c Condition) error {
	return d.store.Update(ctx, func(tx Tx) error {
		if err := d.lockParents(ctx, tx, id); err != nil {
			return err
		}
		before, err := lock(ctx, tx, t, id, c)
		if err != nil {
			return err
		}
		parents, err := tx.Parents(ctx, id)
		if err != nil {
			return err
		}
		if err := d.remove(ctx, tx, before); err != nil {
			return err
		}
		return d.leave(ctx, tx, id, parents)
	})
}

// lockParents locks the groups around a resource before the resource itself,
// in the order in which a change of a group's members does. A membership that
// is made meanwhile is found after the resource is locked; a deadlock that may
// come of it is resolved by running the transaction again.
func (d *Directory) lockParents(ctx context.Context, tx Tx, id string) error {
	parents, err := tx.Parents(ctx, id)
	if err != nil {
		return err
	}
	slices.Sort(parents)
	for _, parent := range parents {
		if _, err := tx.Lock(ctx, d.groupType(), parent); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// remove writes the end of a resource itself.
func (d *Directory) remove(ctx context.Context, tx Tx, before *Resource) error {
	after := d.next(before)
	if before.Type.Name == schema.User {
		after.State = Offboarded
	}
	events, err := d.announceEnd(before, after)
	if err != nil {
		return err
	}
	change := Change{Before: before, After: after, Events: events}
	if before.Type.Name == schema.Group {
		change.After = nil
	}
	return tx.Apply(ctx, change)
}

// leave records, on each group that a removed resource was a direct member of,
// that its membership is over.
func (d *Directory) leave(ctx context.Context, tx Tx, id string, parents []string) error {
	for _, parent := range parents {
		before, err := lock(ctx, tx, d.groupType(), parent, Condition{})
		if fault.Is(err, fault.NotFound) {
			continue // removed since it was listed
		}
		if err != nil {
			return err
		}
		after := d.next(before)
		events, err := d.announce(before, after, nil, memberDelta{removed: []string{id}})
		if err != nil {
			return err
		}
		if err := tx.Apply(ctx, Change{Before: before, After: after, Events: events}); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) groupType() *schema.ResourceType { return d.hub.Registry.Type(schema.Group) }
