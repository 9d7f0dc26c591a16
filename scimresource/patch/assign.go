package patch

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// change carries out an operation on the attribute a of the container c. Add
// and replace differ only for a multi-valued attribute, where add appends: a
// complex one is merged by both (RFC 7644 §3.5.2.1, §3.5.2.3).
func (e *editor) change(c document.Object, a *schema.Attr, op Op, raw any) error {
	switch {
	case op == Remove && a.Multi && raw != nil:
		return e.removeListed(c, a, raw)
	case op == Add && a.Multi:
		return e.appendElements(c, a, raw)
	case op == Remove, unassigned(raw):
		delete(c, a.Name)
		return nil
	case a.Type == schema.Complex && !a.Multi:
		return within(c, a, func(inner document.Object) error { return e.merge(inner, a, op, raw) })
	default:
		return set(c, a, raw)
	}
}

// set gives an attribute a new value, whatever it had before.
func set(c document.Object, a *schema.Attr, raw any) error {
	v, err := document.NormalizeValue(a, prepare(a, raw))
	if err != nil {
		return err
	}
	put(c, a, v)
	return nil
}

// put stores a canonical value, and takes the attribute away for nil.
func put(c document.Object, a *schema.Attr, v any) {
	if v == nil {
		delete(c, a.Name)
		return
	}
	c[a.Name] = v
}

// merge assigns the sub-attributes that a value of the complex attribute a
// names. Those it doesn't name stay as they are.
func (e *editor) merge(inner document.Object, a *schema.Attr, op Op, raw any) error {
	value, err := subValues(a, raw)
	if err != nil {
		return err
	}
	for _, sub := range a.Subs {
		v, given := value[sub.Name]
		if !given || sub.Mutability == schema.ReadOnly {
			continue
		}
		err := guard(inner, sub, op, func() error { return e.change(inner, sub, op, v) })
		if err != nil {
			return err
		}
	}
	return nil
}

// subValues gives what a client sent for a complex attribute by the names of
// its sub-attributes. A simple value is the sub-attribute "value", an array of
// one its element; unknown names are passed over.
func subValues(a *schema.Attr, raw any) (document.Object, error) {
	raw = single(raw)
	o, ok := raw.(document.Object)
	if _, isList := raw.([]any); !ok && !isList && a.Value() != nil {
		o, ok = document.Object{"value": raw}, true
	}
	if !ok {
		return nil, fault.New(fault.InvalidValue, "%s must be a JSON object", a.Path)
	}
	out := make(document.Object, len(o))
	for name, v := range o {
		sub := subNamed(a, name)
		if sub == nil {
			continue
		}
		if _, given := out[sub.Name]; !given || strings.EqualFold(name, sub.Name) {
			out[sub.Name] = v
		}
	}
	return out, nil
}

// subNamed gives the sub-attribute of a name. "managerId", as SCIM 1.1 had it,
// is the value of manager, unless the value is there too.
func subNamed(a *schema.Attr, name string) *schema.Attr {
	if sub := a.Sub(name); sub != nil {
		return sub
	}
	if strings.EqualFold(name, a.Name+"Id") {
		return a.Value()
	}
	return nil
}

// within lets fn change the complex attribute a of the container c, and sees to
// it that what is left makes sense: without its "value" the rest says nothing,
// and a "$ref" that came with another value points to the wrong resource.
func within(c document.Object, a *schema.Attr, fn func(document.Object) error) error {
	inner, _ := c[a.Name].(document.Object)
	if inner == nil {
		inner = document.Object{}
	}
	value, ref := inner["value"], inner["$ref"]
	if err := fn(inner); err != nil {
		return err
	}
	switch now := inner["value"]; {
	case a.Extension, value == nil, document.Equal(value, now):
	case now == nil:
		clear(inner)
	case document.Equal(ref, inner["$ref"]):
		delete(inner, "$ref")
	}
	if len(inner) == 0 {
		delete(c, a.Name)
		return nil
	}
	c[a.Name] = inner
	return nil
}
