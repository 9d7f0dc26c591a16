package patch

import (
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// MemberKind is what a MemberOp does.
type MemberKind string

// The kinds of operations on the members of a group.
const (
	AddMembers     MemberKind = "add"          // IDs become members
	RemoveMembers  MemberKind = "remove"       // IDs are members no more
	RemoveWhere    MemberKind = "remove where" // members that Where matches leave
	RemoveAll      MemberKind = "remove all"   // all members leave
	ReplaceMembers MemberKind = "replace"      // IDs are the members, and no others
)

// MemberOp is one change of the members of a group. Adding a member and
// removing what is none are no changes. IDs are as sent: they may name no
// resource, or one several times.
type MemberOp struct {
	Kind  MemberKind
	IDs   []string
	Where filter.Expr // of RemoveWhere; relative to a member
}

// applyToMembers turns an operation on the members of a group into MemberOps.
// What is said about a member can't be changed, only who is one (RFC 7643
// §4.2). A member's display is the hub's to give: a client's is passed over,
// here as in a list of members.
func (e *editor) applyToMembers(op Operation) error {
	members := op.Target.Path[0]
	if sub := op.Target.Sub; sub != nil {
		if sub.Name == "display" {
			return nil
		}
		return fault.New(fault.Mutability, "%s is immutable: remove the member and add another", sub.Path)
	}
	ids, err := memberIDs(members, op.Value)
	if err != nil {
		return err
	}
	switch {
	case op.Target.Where != nil:
		e.changeMatchingMembers(op, ids)
	case op.Op == Replace:
		e.member(MemberOp{Kind: ReplaceMembers, IDs: ids})
	case op.Op == Remove && op.Value == nil:
		e.member(MemberOp{Kind: RemoveAll})
	case len(ids) == 0: // nothing to add or remove
	case op.Op == Remove:
		e.member(MemberOp{Kind: RemoveMembers, IDs: ids})
	default:
		e.member(MemberOp{Kind: AddMembers, IDs: ids})
	}
	return nil
}

// changeMatchingMembers removes the members that a filter selects, or puts
// others in their place. An add merely adds: there is nothing about a member
// that it could change.
func (e *editor) changeMatchingMembers(op Operation, ids []string) {
	if op.Op != Add {
		if matching, ok := idsOf(op.Target.Where); ok {
			e.member(MemberOp{Kind: RemoveMembers, IDs: matching})
		} else {
			e.member(MemberOp{Kind: RemoveWhere, Where: op.Target.Where})
		}
	}
	if op.Op != Remove && len(ids) > 0 {
		e.member(MemberOp{Kind: AddMembers, IDs: ids})
	}
}

func (e *editor) member(op MemberOp) { e.members = append(e.members, op) }

// memberIDs reads the ids from members as sent.
func memberIDs(members *schema.Attr, raw any) ([]string, error) {
	v, err := document.NormalizeValue(members, raw)
	if err != nil {
		return nil, err
	}
	elems, _ := v.([]any)
	ids := make([]string, 0, len(elems))
	for _, elem := range elems {
		if o, ok := elem.(document.Object); ok {
			if id, ok := o["value"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// idsOf gives the ids that a filter such as value eq "a" or value eq "b" lists.
func idsOf(where filter.Expr) ([]string, bool) {
	switch w := where.(type) {
	case filter.Compare:
		id, ok := w.Value.Raw.(string)
		isID := ok && w.Op == filter.EQ && len(w.Path) == 1 && w.Path[0].Name == "value"
		return []string{id}, isID
	case filter.Or:
		var ids []string
		for _, term := range w.Terms {
			more, ok := idsOf(term)
			if !ok {
				return nil, false
			}
			ids = append(ids, more...)
		}
		return ids, true
	default:
		return nil, false
	}
}
