package filter

import (
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// ParseSort reads the parameters sortBy and sortOrder (RFC 7644 §3.4.2.3). An
// order of "" is ascending. Faults are of kind InvalidValue.
func ParseSort(t *schema.ResourceType, by, order string) (*Sort, error) {
	p, err := ParseAttrPath(by)
	if err != nil {
		return nil, fault.New(fault.InvalidValue, "sortBy is no attribute path")
	}
	path := attrPath(t, p)
	if path == nil {
		return nil, fault.New(fault.InvalidValue, "sortBy: %s has no attribute %s", t.Name, brief(by))
	}
	if a := path[len(path)-1]; a.Type == schema.Complex {
		value := a.Value()
		if value == nil {
			return nil, fault.New(fault.InvalidValue, "sortBy: %s is complex: name one of its sub-attributes", a.Path)
		}
		path = append(slices.Clone(path), value)
	}
	if slices.ContainsFunc(path, func(a *schema.Attr) bool { return a.Returned == schema.ReturnedNever }) {
		return nil, fault.New(fault.InvalidValue, "sortBy: %s is never returned, so it can't be sorted by", path)
	}
	descending := strings.EqualFold(order, "descending")
	if order != "" && !descending && !strings.EqualFold(order, "ascending") {
		return nil, fault.New(fault.InvalidValue, "sortOrder is ascending or descending")
	}
	return &Sort{Path: path, Descending: descending}, nil
}

// Key gives the comparison key that a resource is sorted by; ok is false where
// it has no value.
func (s Sort) Key(obj document.Object) (key string, ok bool) {
	var v any = obj
	for _, a := range s.Path {
		o, _ := v.(document.Object)
		v = chosen(o[a.Name])
	}
	return s.Path[len(s.Path)-1].Key(v)
}

// chosen gives the element of a multi-valued attribute that counts for sorting:
// the primary one, or else the first.
func chosen(v any) any {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return v
	}
	for _, e := range list {
		if o, ok := e.(document.Object); ok && o["primary"] == true {
			return e
		}
	}
	return list[0]
}
