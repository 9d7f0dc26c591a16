package patch

import (
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Result is a resource after a request.
type Result struct {
	Object  document.Object // in canonical form
	Members []MemberOp      // what happens to the members of a group, in order
}

// Apply carries out the operations in order, each on the result of those
// before it, on a copy of obj: a resource of type t in canonical form, without
// what the hub adds on reads (id, meta, groups, members). Any fault ends it,
// and nothing has happened.
//
// Faults are of kind InvalidValue, Mutability, NoTarget or TooLarge; their
// details give the number of the operation, except where only all operations
// together leave the resource incomplete or change what is immutable.
func Apply(t *schema.ResourceType, obj document.Object, ops []Operation) (Result, error) {
	e := &editor{obj: document.Clone(obj)}
	for _, op := range ops {
		if err := e.apply(t, op); err != nil {
			return Result{}, locate(op.Number, err)
		}
	}
	// Where the attribute around an immutable one was removed, no operation
	// touched the latter by itself.
	if err := document.CheckImmutable(t, obj, e.obj); err != nil {
		return Result{}, err
	}
	if err := document.Settle(t, e.obj); err != nil {
		return Result{}, err
	}
	return Result{Object: e.obj, Members: e.members}, nil
}

// editor is a resource while it is changed.
type editor struct {
	obj     document.Object
	members []MemberOp
	budget  filter.Budget
}

func (e *editor) apply(t *schema.ResourceType, op Operation) error {
	switch first := op.Target.Path[0]; {
	case isMembers(t, first):
		return e.applyToMembers(op)
	case isSchemas(first):
		return checkSchemasChange(first, op)
	case isActive(first) && (op.Op == Remove || unassigned(op.Value)):
		return fault.New(fault.InvalidValue, "active is true or false and can't be removed")
	}
	return e.at(e.obj, op.Target.Path, op)
}

// at goes down the path of an operation, through the container c.
func (e *editor) at(c document.Object, path filter.Path, op Operation) error {
	a := path[0]
	return guard(c, a, op.Op, func() error {
		switch {
		case len(path) > 1:
			return within(c, a, func(inner document.Object) error { return e.at(inner, path[1:], op) })
		case op.Target.Where != nil || op.Target.Sub != nil:
			return e.changeElements(c, a, op)
		default:
			return e.change(c, a, op.Op, op.Value)
		}
	})
}

// checkSchemasChange looks at an operation on "schemas" only for its form. The
// attribute follows from what the resource holds (RFC 7643 §3).
func checkSchemasChange(a *schema.Attr, op Operation) error {
	if unassigned(op.Value) {
		return fault.New(fault.Mutability, "schemas is required and can't be removed")
	}
	_, err := document.NormalizeValue(a, op.Value)
	return err
}

func isActive(a *schema.Attr) bool { return a.Path == "active" }

func isSchemas(a *schema.Attr) bool { return a.Path == "schemas" }

func isMembers(t *schema.ResourceType, a *schema.Attr) bool {
	return t.Name == schema.Group && a.Path == "members"
}

// unassigned reports whether a value says that an attribute has none
// (RFC 7643 §2.5).
func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	default:
		return false
	}
}
