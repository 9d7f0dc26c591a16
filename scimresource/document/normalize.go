package document

import (
	"maps"
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// maxElements is how many elements a multi-valued attribute may have, but for
// the members of a group, which are not part of its document.
const maxElements = 10_000

// Normalize turns the body of a POST or PUT into a canonical document. It is
// tolerant in form and strict in type, as the clients in use need it:
//
//   - names are matched without case and written as in the schema; keys may be
//     attribute paths (see SplitPath), but don't override what is there in full
//   - unknown and read-only attributes are dropped at every level
//   - null, "", empty arrays and empty objects are unassigned, thus absent
//     (RFC 7643 §2.5)
//   - values are converted to the attribute's type where nothing is lost:
//     "True" for a boolean, "5" for a number, a number for a string, a single
//     value for an array, an array of one for a single value, a string for a
//     complex attribute that has a sub-attribute "value"
//   - at most one element is primary: the last that claims to be
//   - elements that are equal, or have the same type and value, become one: the
//     last, in the place of the first
//   - members keep value, taken from $ref if need be, and type
//   - schemas is computed from the extensions present
//
// Values are otherwise kept as sent. Required attributes are not checked here:
// see Settle. Values that can't be converted are faults of kind InvalidValue
// that name the path and the type, never the value. in is left as it is.
func Normalize(t *schema.ResourceType, in Object) (Object, error) {
	if err := checkSchemas(t, in); err != nil {
		return nil, err
	}
	out, err := normalizeSubs(t.Root, in)
	if err != nil {
		return nil, err
	}
	for _, key := range unresolved(t.Root, in) {
		if err := putPath(out, SplitPath(t, key), in[key]); err != nil {
			return nil, err
		}
	}
	setSchemas(t, out)
	return out, nil
}

// NormalizeValue is Normalize for the value of one attribute; that of a
// multi-valued one is the whole array. A nil result means unassigned. Read-only
// sub-attributes are dropped; the mutability of a itself is the caller's.
func NormalizeValue(a *schema.Attr, v any) (any, error) {
	list, isList := v.([]any)
	switch {
	case a.Multi && isList:
		return normalizeList(a, list)
	case a.Multi:
		return normalizeList(a, []any{v})
	case isList && len(list) == 0:
		return nil, nil
	case isList && len(list) == 1:
		return NormalizeElement(a, list[0])
	case isList:
		return nil, fault.New(fault.InvalidValue, "%s takes a single value, not an array", a.Path)
	default:
		return NormalizeElement(a, v)
	}
}

// NormalizeElement is Normalize for one element of a multi-valued attribute.
// A nil result means unassigned.
func NormalizeElement(a *schema.Attr, v any) (any, error) {
	switch {
	case v == nil || v == "":
		return nil, nil
	case isMembers(a):
		return normalizeMember(a, v)
	case a.Type == schema.Complex:
		return normalizeComplex(a, v)
	default:
		return coerce(a, v)
	}
}

func normalizeList(a *schema.Attr, list []any) (any, error) {
	if len(list) > maxElements && !isMembers(a) {
		return nil, fault.New(fault.InvalidValue, "%s has more than %d elements", a.Path, maxElements)
	}
	out := make([]any, 0, len(list))
	for _, e := range list {
		v, err := NormalizeElement(a, e)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, v)
		}
	}
	return settleList(a, out), nil
}

// normalizeComplex reads a complex value, or a simple one that stands for the
// sub-attribute "value".
func normalizeComplex(a *schema.Attr, v any) (any, error) {
	obj, ok := v.(Object)
	if !ok {
		if a.Value() == nil || !isScalar(v) {
			return nil, mustBe(a)
		}
		obj = Object{a.Value().Name: v}
	}
	out, err := normalizeSubs(a, obj)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return out, nil
}

// normalizeSubs reads the sub-attributes of a. Names are taken in a fixed
// order, so that of several faults it is always the same that is reported.
func normalizeSubs(a *schema.Attr, in Object) (Object, error) {
	out := make(Object, len(in)+1)
	for _, name := range slices.Sorted(maps.Keys(in)) {
		sub := a.Sub(name)
		if sub == nil {
			sub = alias(a, name, out)
		}
		if sub == nil || dropped(sub) {
			continue
		}
		v, err := NormalizeValue(sub, in[name])
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[sub.Name] = v
		}
	}
	return out, nil
}

// dropped reports whether what a client sends for an attribute is ignored:
// what is read-only (RFC 7644 §3.3), and schemas, which is computed.
func dropped(a *schema.Attr) bool { return a.Mutability == schema.ReadOnly || isSchemas(a) }

// alias gives the attribute that "managerId" in manager means for some
// clients, "value", unless it has been sent too.
func alias(a *schema.Attr, name string, out Object) *schema.Attr {
	value := a.Value()
	if a.Multi || value == nil || !strings.EqualFold(name, a.Name+"Id") || out[value.Name] != nil {
		return nil
	}
	return value
}

// unresolved gives the keys that are not names of attributes, in a fixed order.
func unresolved(root *schema.Attr, in Object) []string {
	var keys []string
	for key := range in {
		if root.Sub(key) == nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// putPath sets the attribute that chain leads to in obj, unless it is there.
func putPath(obj Object, chain []*schema.Attr, v any) error {
	if len(chain) == 0 || slices.ContainsFunc(chain, dropped) {
		return nil
	}
	last := chain[len(chain)-1]
	for _, a := range chain[:len(chain)-1] {
		if a.Multi {
			return fault.New(fault.InvalidValue, "%s is a part of a multi-valued attribute; send %s as an array of objects", last.Path, a.Path)
		}
	}
	v, err := NormalizeValue(last, v)
	if err != nil || v == nil {
		return err
	}
	for _, a := range chain[:len(chain)-1] {
		inner, ok := obj[a.Name].(Object)
		if !ok {
			inner = Object{}
			obj[a.Name] = inner
		}
		obj = inner
	}
	if _, ok := obj[last.Name]; !ok {
		obj[last.Name] = v
	}
	return nil
}
