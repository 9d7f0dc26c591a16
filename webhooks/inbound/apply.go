package inbound

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// EffectKind is what applying a change did to the directory.
type EffectKind string

// The kinds of effect.
const (
	EffectNone    EffectKind = "none"
	EffectCreated EffectKind = "created"
	EffectUpdated EffectKind = "updated"
	EffectRemoved EffectKind = "removed"
)

// Effect is what came of a change.
type Effect struct {
	Status     Status // Applied, Superseded, Ignored or Conflict
	Kind       EffectKind
	ResourceID string
	Changed    []string // paths of the attributes that differ, "members" among them
	Detail     string   // for people, where Status is not Applied
}

// ApplierConfig is what an Applier is made of. Every field is needed.
type ApplierConfig struct {
	Inbox  Inbox
	Hub    scimresource.Config // Bind isn't used: transactions bring their own store
	Logger *slog.Logger
}

// Applier applies changes of vendors to the directory.
type Applier struct{ ApplierConfig }

// NewApplier makes an applier.
func NewApplier(cfg ApplierConfig) *Applier { return &Applier{cfg} }

// Apply applies a change that happened at the vendor at the time given. A
// conflict, and what a later change superseded, are effects and no errors. A
// fault of kind Unavailable is worth another try.
func (a *Applier) Apply(ctx context.Context, s Source, to Mapping, c Change, at time.Time) (Effect, error) {
	return a.run(ctx, s, to, c, at, nil, true)
}

// Plan tells what Apply would do, and does nothing.
func (a *Applier) Plan(ctx context.Context, s Source, to Mapping, c Change, at time.Time) (Effect, error) {
	return a.run(ctx, s, to, c, at, nil, false)
}

// run applies a change, and writes with it what became of a message.
func (a *Applier) run(ctx context.Context, s Source, to Mapping, c Change, at time.Time, m *Message, keep bool) (Effect, error) {
	var effect Effect
	err := a.Inbox.Within(ctx, s, to, m, keep, func(tx Tx) error {
		one := &application{Tx: tx, source: s, change: c, at: at, types: a.Hub.Registry}
		cfg := a.Hub
		cfg.Bind = func(access.Actor) scimresource.Store { return tx.Resources() }
		one.dir = scimresource.NewHub(cfg).As(access.Actor{OrganizationID: to.OrganizationID, DirectoryID: to.DirectoryID})
		var err error
		if effect, err = one.run(ctx); err != nil {
			return err
		}
		if m != nil {
			m.finish(effect, cfg.Now())
		}
		return nil
	})
	if conflict := conflictOf(err); conflict != "" {
		return Effect{Status: Conflict, Kind: EffectNone, Detail: conflict}, nil
	}
	return effect, err
}

// finish notes what became of a message.
func (m *Message) finish(e Effect, now time.Time) {
	m.Status, m.Detail, m.ResourceID, m.FinishedAt, m.NextAt = e.Status, e.Detail, e.ResourceID, now, time.Time{}
	m.Attempts++
}

// conflictOf gives the detail of a fault that an administrator must resolve: a
// name is another's, or a linked resource may not be changed so.
func conflictOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Uniqueness {
		return f.Detail
	}
	return ""
}

// application is one change on its way into the directory.
type application struct {
	Tx
	dir    *scimresource.Directory
	types  *schema.Registry
	source Source
	change Change
	at     time.Time
}

func (a *application) run(ctx context.Context) (Effect, error) {
	if a.change.Action == Members {
		return a.members(ctx)
	}
	state, err := a.State(ctx, a.change.Object)
	if err != nil {
		return Effect{}, err
	}
	if state.ChangedAt.After(a.at) {
		return Effect{Status: Superseded, Kind: EffectNone, Detail: "a later change of " + state.ChangedAt.Format(time.RFC3339Nano) + " was applied before"}, nil
	}
	id, linked, err := a.Linked(ctx, a.change.Object)
	if err != nil {
		return Effect{}, err
	}
	var effect Effect
	if a.change.Action == Delete {
		effect, err = a.remove(ctx, id, linked)
	} else {
		effect, err = a.upsert(ctx, id, linked)
	}
	if err != nil || effect.Status != Applied {
		return effect, err
	}
	return effect, a.SetState(ctx, a.change.Object, State{ChangedAt: a.at, Deleted: a.change.Action == Delete})
}

// resourceType is that of the object.
func (a *application) resourceType() (*schema.ResourceType, error) {
	t := a.types.Type(a.change.Object.Type)
	if t == nil {
		return nil, fault.New(fault.Internal, "a change of a %q", a.change.Object.Type)
	}
	return t, nil
}

// remove ends a user or group. One that never came leaves word that it is gone,
// for a stale creation to meet.
func (a *application) remove(ctx context.Context, id string, linked bool) (Effect, error) {
	if err := a.EndMemberships(ctx, a.change.Object, nil, a.at); err != nil {
		return Effect{}, err
	}
	if !linked {
		return Effect{Status: Applied, Kind: EffectNone}, nil
	}
	t, err := a.resourceType()
	if err != nil {
		return Effect{}, err
	}
	if a.source.DeletesDeactivate && t.Name == schema.User {
		return a.merge(ctx, t, id, document.Object{"active": false})
	}
	if err := a.dir.Delete(ctx, t, id, scimresource.Condition{}); err != nil {
		return Effect{}, err
	}
	return Effect{Status: Applied, Kind: EffectRemoved, ResourceID: id}, nil
}

// upsert makes a user or group be what the vendor says.
func (a *application) upsert(ctx context.Context, id string, linked bool) (Effect, error) {
	t, err := a.resourceType()
	if err != nil {
		return Effect{}, err
	}
	attrs, err := a.attributes(t)
	if err != nil {
		return Effect{}, err
	}
	if !linked {
		if id, linked, err = a.link(ctx, t, attrs); err != nil {
			return Effect{}, err
		}
	}
	effect, err := a.write(ctx, t, id, linked, attrs)
	if err != nil {
		return effect, err
	}
	moved, err := a.memberships(ctx)
	if moved && effect.Kind == EffectNone {
		effect.Kind = EffectUpdated
	}
	if moved {
		effect.Changed = append(effect.Changed, membershipPath(t))
	}
	return effect, err
}

// membershipPath is the attribute that a membership shows in.
func membershipPath(t *schema.ResourceType) string {
	if t.Name == schema.Group {
		return "members"
	}
	return "groups"
}

// write creates or changes the resource itself.
func (a *application) write(ctx context.Context, t *schema.ResourceType, id string, linked bool, attrs document.Object) (Effect, error) {
	switch {
	case !linked && !names(t, attrs):
		return Effect{}, errEarly
	case !linked:
		r, err := a.dir.Create(ctx, t, attrs, scimresource.Include{})
		if err != nil {
			return Effect{}, err
		}
		return Effect{Status: Applied, Kind: EffectCreated, ResourceID: r.ID}, a.Hurry(ctx, a.change.Object)
	case a.change.Whole:
		return a.compare(ctx, t, id, func() (*scimresource.Resource, error) {
			return a.dir.Replace(ctx, t, id, attrs, scimresource.Condition{}, scimresource.Include{})
		})
	default:
		return a.merge(ctx, t, id, attrs)
	}
}

// errEarly is for a change of a user or group that has not come yet, and that
// says too little to make it of.
var errEarly = fault.New(fault.Unavailable, "the user or group has not come yet, and the message says too little to create it")

// names reports whether attributes have what a new resource must have.
func names(t *schema.ResourceType, attrs document.Object) bool {
	required := "userName"
	if t.Name == schema.Group {
		required = "displayName"
	}
	name, _ := attrs[required].(string)
	return name != ""
}

// merge gives a resource attributes and keeps the others.
func (a *application) merge(ctx context.Context, t *schema.ResourceType, id string, attrs document.Object) (Effect, error) {
	ops, err := patch.Parse(t, document.Object{"Operations": []any{document.Object{"op": "replace", "value": attrs}}})
	if err != nil {
		return Effect{}, err
	}
	return a.compare(ctx, t, id, func() (*scimresource.Resource, error) {
		return a.dir.Patch(ctx, t, id, ops, scimresource.Condition{}, scimresource.Include{})
	})
}

// compare runs a change of a resource and tells what it changed.
func (a *application) compare(ctx context.Context, t *schema.ResourceType, id string, change func() (*scimresource.Resource, error)) (Effect, error) {
	before, err := a.dir.Get(ctx, t, id, scimresource.Include{})
	if err != nil {
		return Effect{}, err
	}
	after, err := change()
	if err != nil {
		return Effect{}, err
	}
	effect := Effect{Status: Applied, Kind: EffectNone, ResourceID: id}
	if after.Version == before.Version {
		return effect, nil
	}
	effect.Kind = EffectUpdated
	was, err := before.Decoded()
	if err != nil {
		return effect, err
	}
	effect.Changed = document.Changed(t, was, after.Attributes)
	if before.ExternalID != after.ExternalID {
		effect.Changed = append(effect.Changed, "externalId")
	}
	return effect, nil
}

// attributes gives what the vendor says, by the source's rules, with its id as
// externalId.
func (a *application) attributes(t *schema.ResourceType) (document.Object, error) {
	attrs := document.Object{}
	maps.Copy(attrs, a.change.Attributes)
	if err := a.source.mapAttributes(t, a.change.Record, attrs); err != nil {
		return nil, err
	}
	attrs["externalId"] = a.change.Object.ID
	for _, name := range []string{"members", "groups", "id", "meta"} {
		delete(attrs, name)
	}
	return attrs, nil
}

// memberships brings in what an upsert says of them, and what waited for the
// object. It reports whether any changed.
func (a *application) memberships(ctx context.Context) (bool, error) {
	c := a.change
	var list []Membership
	var keep []string
	switch {
	case c.Object.Type == schema.User && c.Groups != nil:
		for _, g := range c.Groups {
			keep = append(keep, g.ID)
			list = append(list, Membership{GroupID: g.ID, UserID: c.Object.ID, Member: true, ChangedAt: a.at})
		}
	case c.Object.Type == schema.Group && c.MemberIDs != nil:
		for _, id := range c.MemberIDs {
			keep = append(keep, id)
			list = append(list, Membership{GroupID: c.Object.ID, UserID: id, Member: true, ChangedAt: a.at})
		}
	default:
		return a.settle(ctx, c.Object)
	}
	if err := a.EndMemberships(ctx, c.Object, keep, a.at); err != nil {
		return false, err
	}
	if err := a.SetMemberships(ctx, list); err != nil {
		return false, err
	}
	return a.settle(ctx, c.Object)
}

// members applies a change of a group's members. Those of which the group or
// the user has not come yet wait for them.
func (a *application) members(ctx context.Context) (Effect, error) {
	c := a.change
	var list []Membership
	for _, id := range c.Add {
		list = append(list, Membership{GroupID: c.Object.ID, UserID: id, Member: true, ChangedAt: a.at})
	}
	for _, id := range c.Remove {
		list = append(list, Membership{GroupID: c.Object.ID, UserID: id, ChangedAt: a.at})
	}
	if err := a.SetMemberships(ctx, list); err != nil {
		return Effect{}, err
	}
	moved, err := a.settle(ctx, c.Object)
	if err != nil {
		return Effect{}, err
	}
	id, _, err := a.Linked(ctx, c.Object)
	effect := Effect{Status: Applied, Kind: EffectNone, ResourceID: id}
	if moved {
		effect.Kind, effect.Changed = EffectUpdated, []string{"members"}
	}
	return effect, err
}

// settleAtOnce is how many memberships are settled at once: what one event
// carries.
const settleAtOnce = 1000

// settle makes the directory say what the source says of memberships whose group
// and user have both come. It reports whether any changed.
func (a *application) settle(ctx context.Context, o Object) (moved bool, err error) {
	for {
		list, err := a.Settleable(ctx, o, settleAtOnce)
		if err != nil || len(list) == 0 {
			return moved, err
		}
		for _, group := range byGroup(list) {
			changed, err := a.settleGroup(ctx, group)
			if err != nil {
				return moved, err
			}
			moved = moved || changed
		}
		if err := a.Settle(ctx, list); err != nil {
			return moved, err
		}
		if len(list) < settleAtOnce {
			return moved, nil
		}
	}
}

// byGroup splits settlements, which are in the order of groups.
func byGroup(list []Settlement) [][]Settlement {
	var groups [][]Settlement
	for len(list) > 0 {
		end := slices.IndexFunc(list, func(s Settlement) bool { return s.GroupResource != list[0].GroupResource })
		if end < 0 {
			end = len(list)
		}
		groups, list = append(groups, list[:end]), list[end:]
	}
	return groups
}

// settleGroup adds and removes members of one group.
func (a *application) settleGroup(ctx context.Context, list []Settlement) (bool, error) {
	add, remove := []any{}, []any{}
	for _, s := range list {
		member := document.Object{"value": s.UserResource}
		if s.Member {
			add = append(add, member)
		} else {
			remove = append(remove, member)
		}
	}
	t := a.types.Type(schema.Group)
	var operations []any
	if len(add) > 0 {
		operations = append(operations, document.Object{"op": "add", "path": "members", "value": add})
	}
	if len(remove) > 0 {
		operations = append(operations, document.Object{"op": "remove", "path": "members", "value": remove})
	}
	ops, err := patch.Parse(t, document.Object{"Operations": operations})
	if err != nil {
		return false, err
	}
	effect, err := a.compare(ctx, t, list[0].GroupResource, func() (*scimresource.Resource, error) {
		return a.dir.Patch(ctx, t, list[0].GroupResource, ops, scimresource.Condition{}, scimresource.Include{})
	})
	return effect.Kind != EffectNone, err
}

// SettleAll settles what is left to settle in a mapping: of two messages that
// were applied at the same time, neither may have seen what the other brought.
func (a *Applier) SettleAll(ctx context.Context, s Source, to Mapping) error {
	return a.Inbox.Within(ctx, s, to, nil, true, func(tx Tx) error {
		one := &application{Tx: tx, source: s, types: a.Hub.Registry}
		cfg := a.Hub
		cfg.Bind = func(access.Actor) scimresource.Store { return tx.Resources() }
		one.dir = scimresource.NewHub(cfg).As(access.Actor{OrganizationID: to.OrganizationID, DirectoryID: to.DirectoryID})
		_, err := one.settle(ctx, Object{})
		return err
	})
}
