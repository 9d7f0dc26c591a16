package filter

import (
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Match reports whether a resource satisfies a filter. obj is the canonical
// document with id, externalId, meta, groups and members as SCIM shows them.
func Match(e Expr, obj document.Object) bool { return (*Budget)(nil).match(e, obj, nil) }

// match evaluates e on v. self is the attribute that v itself is a value of,
// for paths that are empty. Once the budget is used up the result means nothing.
func (b *Budget) match(e Expr, v any, self *schema.Attr) bool {
	switch e := e.(type) {
	case And:
		return !slices.ContainsFunc(e.Terms, func(term Expr) bool { return !b.match(term, v, self) })
	case Or:
		return slices.ContainsFunc(e.Terms, func(term Expr) bool { return b.match(term, v, self) })
	case Not:
		return !b.match(e.Term, v, self)
	case Any:
		list, _ := at(v, e.Path).([]any)
		attr := e.Path[len(e.Path)-1]
		return slices.ContainsFunc(list, func(element any) bool { return b.match(e.Where, element, attr) })
	case Compare:
		return b.compare(e, v, self)
	case Present:
		return present(at(v, e.Path))
	default:
		return false
	}
}

// at gives the value at a path, or nil.
func at(v any, path Path) any {
	for _, a := range path {
		obj, _ := v.(document.Object)
		v = obj[a.Name]
	}
	return v
}

func present(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, present)
	case document.Object:
		for _, sub := range v {
			if present(sub) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

func (b *Budget) compare(e Compare, v any, self *schema.Attr) bool {
	a := self
	if len(e.Path) > 0 {
		a = e.Path[len(e.Path)-1]
	}
	v = at(v, e.Path)
	if b.take(v, 1); b.exhausted() {
		return false
	}
	key, ok := a.Key(v)
	if !ok {
		return e.Op == NE
	}
	want := e.Value.Key
	switch e.Op {
	case EQ:
		return key == want
	case NE:
		return key != want
	case CO:
		return strings.Contains(key, want)
	case SW:
		return strings.HasPrefix(key, want)
	case EW:
		return strings.HasSuffix(key, want)
	case GT:
		return key > want
	case GE:
		return key >= want
	case LT:
		return key < want
	case LE:
		return key <= want
	default:
		return false
	}
}
