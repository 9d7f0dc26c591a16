package filter

import (
	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Target is a PATCH path bound to a resource type (RFC 7644 §3.5.2).
type Target struct {
	// Path leads from the resource to the attribute that is meant, and where
	// that is in a multi-valued attribute, to the latter. It is never empty.
	Path Path
	// Where selects elements of the multi-valued attribute that Path ends in;
	// nil: all.
	Where Expr
	// Sub is the sub-attribute of those elements that is meant; nil: the
	// elements themselves.
	Sub *schema.Attr
}

// ParseTarget parses a PATCH path and binds it to a resource type. A path that
// can't be read or names no attribute is a fault of kind InvalidPath, a value
// filter that can't be evaluated of kind InvalidFilter.
func ParseTarget(t *schema.ResourceType, s string) (Target, error) {
	p, err := ParsePath(s)
	if err != nil {
		return Target{}, err
	}
	chain := attrPath(t, p.AttributePath)
	if chain == nil {
		return Target{}, fault.New(fault.InvalidPath, "%s has no attribute %s", t.Name, brief(p.AttributePath.String()))
	}
	target := split(chain)
	if p.ValueExpression == nil {
		return target, nil
	}
	return target.filtered(t, p)
}

// split cuts a path behind the multi-valued attribute that it leads through.
func split(chain Path) Target {
	last := len(chain) - 1
	if last > 0 && chain[last-1].Multi {
		return Target{Path: chain[:last], Sub: chain[last]}
	}
	return Target{Path: chain}
}

// filtered adds the value filter of a path and the sub-attribute behind it.
func (target Target) filtered(t *schema.ResourceType, p filterparser.Path) (Target, error) {
	a := target.Path[len(target.Path)-1]
	if target.Sub != nil || !a.Multi || a.Type != schema.Complex {
		return target, fault.New(fault.InvalidPath, "%s: a value filter can stand behind a multi-valued complex attribute only", a.Path)
	}
	where, err := scope{t: t, elem: a}.expr(p.ValueExpression)
	if err != nil {
		return target, err
	}
	target.Where = where
	if p.SubAttribute == nil {
		return target, nil
	}
	if target.Sub = a.Sub(*p.SubAttribute); target.Sub == nil {
		return target, fault.New(fault.InvalidPath, "%s has no sub-attribute %s", a.Path, brief(*p.SubAttribute))
	}
	return target, nil
}
