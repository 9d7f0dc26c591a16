package document

import (
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Settle brings a document back to the canonical form after it was changed: it
// drops complex attributes and extensions that were emptied, lets one element
// be primary (the last that claims to be), makes equal elements one, and
// recomputes schemas. Then it checks that everything required is there
// (RFC 7643 §2.2): of the resource, of its complex attributes that are present,
// and extensions. What is missing is a fault of kind InvalidValue that names
// the path. obj is changed in place.
func Settle(t *schema.ResourceType, obj Object) error {
	settleObject(t.Root, obj)
	setSchemas(t, obj)
	return checkRequired(t.Root, obj)
}

func settleObject(a *schema.Attr, obj Object) {
	for _, sub := range a.Subs {
		v, ok := obj[sub.Name]
		if !ok {
			continue
		}
		if v = settleValue(sub, v); v == nil {
			delete(obj, sub.Name)
		} else {
			obj[sub.Name] = v
		}
	}
}

// settleValue gives nil for what is unassigned (RFC 7643 §2.5).
func settleValue(a *schema.Attr, v any) any {
	switch v := v.(type) {
	case Object:
		if settleObject(a, v); len(v) == 0 {
			return nil
		}
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			if e = settleValue(a, e); e != nil {
				out = append(out, e)
			}
		}
		return settleList(a, out)
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

func checkRequired(a *schema.Attr, obj Object) error {
	for _, sub := range a.Subs {
		v, ok := obj[sub.Name]
		if !ok && sub.Required && sub.Mutability != schema.ReadOnly {
			return fault.New(fault.InvalidValue, "%s is required", sub.Path)
		}
		if err := checkRequiredIn(sub, v); err != nil {
			return err
		}
	}
	return nil
}

func checkRequiredIn(a *schema.Attr, v any) error {
	switch v := v.(type) {
	case Object:
		return checkRequired(a, v)
	case []any:
		for _, e := range v {
			if err := checkRequiredIn(a, e); err != nil {
				return err
			}
		}
	}
	return nil
}
