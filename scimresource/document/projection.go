package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Projection says which attributes of a resource an answer shows (RFC 7644
// §3.9, RFC 7643 §7 "returned"). The zero value is the default of any type.
type Projection struct {
	t         *schema.ResourceType // nil in the zero value
	isDefault bool                 // of t
	only      bool                 // the attributes parameter was given
	named     selection
	excluded  selection
	request   selection // named in the body of the request
}

// selection is a set of attributes, each meant with all that is in it.
type selection map[*schema.Attr]bool

// ParseProjection reads the parameters attributes and excludedAttributes. Each
// string may hold several names, separated by commas. Names are attribute paths
// (see SplitPath) or URNs of whole extensions, in any case; unknown ones are
// ignored, but attributes with nothing but unknown names still asks for no more
// than what is always returned. To give both is a fault of kind InvalidValue.
func ParseProjection(t *schema.ResourceType, attributes, excluded []string) (Projection, error) {
	show, hide := splitNames(attributes), splitNames(excluded)
	if len(show) > 0 && len(hide) > 0 {
		return Projection{}, fault.New(fault.InvalidValue, "attributes and excludedAttributes can't be given together")
	}
	p := Projection{only: len(show) > 0, named: selection{}, excluded: selection{}}
	p.named.add(t, show)
	p.excluded.add(t, hide)
	p.isDefault = p.Default(t)
	p.t = t
	return p, nil
}

// splitNames gives the names in the values of a parameter.
func splitNames(values []string) []string {
	var names []string
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

func (s selection) add(t *schema.ResourceType, names []string) {
	for _, name := range names {
		if chain := SplitPath(t, name); chain != nil {
			s[chain[len(chain)-1]] = true
		}
	}
}

// Requested adds the attributes that the body of a POST, PUT or PATCH named:
// those that are returned on request only are then shown (RFC 7643 §7). It has
// no effect on the zero value.
func (p Projection) Requested(paths []string) Projection {
	if p.t == nil {
		return p
	}
	p.request = maps.Clone(p.request)
	if p.request == nil {
		p.request = selection{}
	}
	for _, path := range paths {
		for _, a := range SplitPath(p.t, path) {
			p.request[a] = true
		}
	}
	return p
}

// Default reports whether the stored document can be sent as it is: nothing in
// particular is asked for, and the type has no attribute that is returned on
// request only, or never. The password of a user does not count, as it is never
// in a stored document.
func (p Projection) Default(t *schema.ResourceType) bool {
	if p.t == t {
		return p.isDefault
	}
	return !p.only && len(p.excluded) == 0 && !slices.ContainsFunc(t.Root.Subs, isSelective)
}

func isSelective(a *schema.Attr) bool {
	switch a.Returned {
	case schema.ReturnedNever, schema.ReturnedRequest:
		return a.Path != "password"
	case schema.ReturnedAlways, schema.ReturnedDefault:
	}
	return slices.ContainsFunc(a.Subs, isSelective)
}

// Wants reports whether Apply may show something of a top-level attribute, so
// that what need not be shown need not be read.
func (p Projection) Wants(name string) bool {
	if p.t == nil {
		return true
	}
	a := p.t.Root.Sub(name)
	return a != nil && p.wants(a, !p.only)
}

func (p Projection) wants(a *schema.Attr, parent bool) bool {
	shown := p.shows(a, parent)
	if shown || a.Returned == schema.ReturnedNever {
		return shown
	}
	return slices.ContainsFunc(a.Subs, func(sub *schema.Attr) bool { return p.wants(sub, false) })
}

// Apply gives what is shown of a whole resource of type t, id, meta and derived
// attributes included. The result shares values with obj.
func (p Projection) Apply(t *schema.ResourceType, obj Object) Object {
	return p.object(t.Root, obj, !p.only)
}

func (p Projection) object(a *schema.Attr, obj Object, shown bool) Object {
	out := make(Object, len(obj))
	for _, sub := range a.Subs {
		v, ok := obj[sub.Name]
		if !ok || sub.Returned == schema.ReturnedNever {
			continue
		}
		if v = p.value(sub, v, p.shows(sub, shown)); v != nil {
			out[sub.Name] = v
		}
	}
	return out
}

// value gives what is shown of the value of a, or nil. Even within what is not
// shown there may be sub-attributes that are named or always returned.
func (p Projection) value(a *schema.Attr, v any, shown bool) any {
	switch v := v.(type) {
	case Object:
		if out := p.object(a, v, shown); len(out) > 0 {
			return out
		}
		return nil
	case []any:
		return p.array(a, v, shown)
	default:
		if !shown {
			return nil
		}
		return v
	}
}

func (p Projection) array(a *schema.Attr, list []any, shown bool) any {
	out := make([]any, 0, len(list))
	for _, e := range list {
		if e = p.value(a, e, shown); e != nil {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// shows reports whether a is shown, given whether that is so for the attribute
// around it. RFC 7643 §3 wants schemas in every body, so it is always shown.
func (p Projection) shows(a *schema.Attr, parent bool) bool {
	switch {
	case a.Returned == schema.ReturnedNever:
		return false
	case a.Returned == schema.ReturnedAlways || isSchemas(a):
		return true
	case p.excluded[a]:
		return false
	case p.named[a]:
		return true
	case a.Returned == schema.ReturnedRequest:
		return parent && p.request[a]
	default:
		return parent
	}
}
