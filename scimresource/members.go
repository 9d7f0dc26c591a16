package scimresource

import (
	"context"
	"log/slog"
	"slices"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/patch"
)

// memberDelta is what a change really does to the members of a group.
type memberDelta struct {
	added   []Member // live and no members before
	removed []string // members before
}

func (m memberDelta) empty() bool { return len(m.added)+len(m.removed) == 0 }

func (m memberDelta) addedIDs() []string {
	ids := make([]string, len(m.added))
	for i := range m.added {
		ids[i] = m.added[i].ID
	}
	return ids
}

// resolveMembers finds out what operations on members come to. It reads the
// whole group only for those that speak of all its members, so that adding one
// member costs the same in a group of ten and of a hundred thousand.
func (d *Directory) resolveMembers(ctx context.Context, tx Tx, groupID string, isNew bool, ops []patch.MemberOp) (memberDelta, error) {
	if len(ops) == 0 {
		return memberDelta{}, nil
	}
	want, err := wantedMembers(ctx, tx, groupID, isNew, ops)
	if err != nil {
		return memberDelta{}, err
	}
	var delta memberDelta
	if slices.Contains(want.add, groupID) {
		return delta, fault.New(fault.InvalidValue, "members: a group can't be a member of itself")
	}
	if delta.added, err = tx.Find(ctx, want.add); err != nil {
		return delta, err
	}
	if missing := len(want.add) - len(delta.added); missing > 0 {
		d.hub.Logger.WarnContext(ctx, "members skipped: no such user or group",
			slog.String("group_id", groupID), slog.Int("skipped", missing),
			slog.String("organization_id", d.actor.OrganizationID), slog.String("directory_id", d.actor.DirectoryID))
	}
	sortMembers(delta.added)
	delta.removed = want.remove
	slices.Sort(delta.removed)
	return delta, nil
}

// wanted are member ids to add, not members yet, and to remove, members now.
type wanted struct{ add, remove []string }

// wantedMembers compares the operations with the members that there are.
func wantedMembers(ctx context.Context, tx Tx, groupID string, isNew bool, ops []patch.MemberOp) (wanted, error) {
	deltas := patch.Fold(ops)
	current, err := affectedMembers(ctx, tx, groupID, isNew, deltas)
	if err != nil {
		return wanted{}, err
	}
	known := make(map[string]Member, len(current))
	then := make(map[string]bool, len(current))
	for _, m := range current {
		known[m.ID] = m
		then[m.ID] = true
	}
	var budget filter.Budget
	for _, delta := range deltas {
		if err := applyDelta(then, known, delta, &budget); err != nil {
			return wanted{}, err
		}
	}
	return difference(known, then), nil
}

// affectedMembers gives the members that the deltas may touch: all of them
// only where one clears or selects by a condition.
func affectedMembers(ctx context.Context, tx Tx, groupID string, isNew bool, deltas []patch.MemberDelta) ([]Member, error) {
	if isNew || len(deltas) == 0 {
		return nil, nil
	}
	if len(deltas) > 1 || deltas[0].Clear || deltas[0].Where != nil {
		return tx.Members(ctx, groupID)
	}
	ids, err := tx.MembersAmong(ctx, groupID, slices.Concat(deltas[0].Add, deltas[0].Remove))
	members := make([]Member, len(ids))
	for i, id := range ids {
		members[i].ID = id
	}
	return members, err
}

func applyDelta(then map[string]bool, known map[string]Member, delta patch.MemberDelta, budget *filter.Budget) error {
	if delta.Clear {
		clear(then)
	}
	if delta.Where != nil {
		if err := removeMatching(then, known, delta.Where, budget); err != nil {
			return err
		}
	}
	for _, id := range delta.Remove {
		delete(then, id)
	}
	for _, id := range delta.Add {
		then[id] = true
	}
	return nil
}

func removeMatching(then map[string]bool, known map[string]Member, where filter.Expr, budget *filter.Budget) error {
	for id := range then {
		matches, err := budget.MatchElement(where, memberObject(id, known))
		if err != nil {
			return err
		}
		if matches {
			delete(then, id)
		}
	}
	return nil
}

// memberObject gives a member as filters see it. One added by the same request
// is known by its id alone.
func memberObject(id string, known map[string]Member) document.Object {
	obj := document.Object{"value": id}
	if m, ok := known[id]; ok {
		obj["type"], obj["display"] = m.Type, m.Display
	}
	return obj
}

func difference(now map[string]Member, then map[string]bool) wanted {
	var w wanted
	for id := range then {
		if _, member := now[id]; !member {
			w.add = append(w.add, id)
		}
	}
	for id := range now {
		if !then[id] {
			w.remove = append(w.remove, id)
		}
	}
	return w
}
