package patch

import (
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// guard refuses a change of attribute a of the container c that its
// characteristics forbid: to take away what is required, and to change what is
// immutable once it is set (RFC 7644 §3.5.2).
func guard(c document.Object, a *schema.Attr, op Op, change func() error) error {
	before, assigned := c[a.Name]
	if !assigned {
		return change()
	}
	if a.Mutability == schema.Immutable {
		before = cloneValue(before)
	}
	if err := change(); err != nil {
		return err
	}
	now, stays := c[a.Name]
	switch {
	case a.Mutability == schema.Immutable && !document.Equal(before, now):
		return fault.New(fault.Mutability, "%s is immutable: it can be set once, and not changed or removed", a.Path)
	case stays || !a.Required:
		return nil
	case op == Remove:
		return fault.New(fault.Mutability, "%s is required and can't be removed", a.Path)
	default:
		return fault.New(fault.InvalidValue, "%s is required: give it a value", a.Path)
	}
}

func cloneValue(v any) any {
	return document.Clone(document.Object{"": v})[""]
}
