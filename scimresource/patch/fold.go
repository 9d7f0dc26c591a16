package patch

import (
	"slices"

	"github.com/scimhub/scimhub/scimresource/filter"
)

// MemberDelta is a change of a set of members. It leaves the members that are
// in Add, and of those before it the ones that it neither clears, removes nor
// finds by Where. Add and Remove have no id twice and none in common.
type MemberDelta struct {
	Where  filter.Expr // nil: no condition; relative to a member
	Clear  bool        // all members leave; Where and Remove are then unset
	Remove []string
	Add    []string
}

// Fold reduces operations to the deltas that have the same effect when applied
// in order, in time linear in the number of ids. There is one delta at the
// most unless the operations remove by a condition.
func Fold(ops []MemberOp) []MemberDelta {
	var done []MemberDelta
	f := newFolder(nil)
	for _, op := range ops {
		switch op.Kind {
		case AddMembers:
			f.mark(op.IDs, true)
		case RemoveMembers:
			f.mark(op.IDs, false)
		case RemoveWhere:
			if f.where != nil && len(f.order) == 0 {
				f.where = either(f.where, op.Where)
				continue
			}
			done = f.appendTo(done)
			f = newFolder(op.Where)
		case RemoveAll, ReplaceMembers:
			done = done[:0]
			f = newFolder(nil)
			f.clear = true
			f.mark(op.IDs, true)
		}
	}
	return f.appendTo(done)
}

// folder gathers one delta.
type folder struct {
	where filter.Expr
	clear bool
	order []string        // ids in the order of their first mention
	stays map[string]bool // the last word on each id
}

func newFolder(where filter.Expr) *folder {
	return &folder{where: where, stays: map[string]bool{}}
}

func (f *folder) mark(ids []string, stays bool) {
	for _, id := range ids {
		if _, ok := f.stays[id]; !ok {
			f.order = append(f.order, id)
		}
		f.stays[id] = stays
	}
}

// appendTo adds the gathered delta to those before it, unless it is empty.
func (f *folder) appendTo(deltas []MemberDelta) []MemberDelta {
	d := MemberDelta{Where: f.where, Clear: f.clear}
	for _, id := range f.order {
		switch {
		case f.stays[id]:
			d.Add = append(d.Add, id)
		case !f.clear:
			d.Remove = append(d.Remove, id)
		}
	}
	if d.Where == nil && !d.Clear && len(d.Add)+len(d.Remove) == 0 {
		return deltas
	}
	return append(deltas, d)
}

// either gives the disjunction of two conditions.
func either(a, b filter.Expr) filter.Expr {
	if or, ok := a.(filter.Or); ok {
		return filter.Or{Terms: append(slices.Clip(or.Terms), b)}
	}
	return filter.Or{Terms: []filter.Expr{a, b}}
}
