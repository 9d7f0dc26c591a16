package inbound

import (
	"errors"
	"maps"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// mapAttributes adds to attributes what the source's rules take from the
// vendor's record. What the record doesn't have stays out.
func (s Source) mapAttributes(t *schema.ResourceType, record map[string]any, attrs document.Object) error {
	if t.Name != schema.User || record == nil {
		return nil
	}
	var operations []any
	for _, rule := range s.Attributes {
		value, ok := find(record, rule.From)
		if !ok {
			continue
		}
		operations = append(operations, document.Object{"op": "replace", "path": rule.To, "value": value})
	}
	if len(operations) == 0 {
		return nil
	}
	ops, err := patch.Parse(t, document.Object{"Operations": operations})
	if err != nil {
		return fault.Wrap(err, fault.InvalidValue, "an attribute rule of the source can't be applied: %s", detailOf(err))
	}
	normal, err := document.Normalize(t, attrs)
	if err != nil {
		return err
	}
	result, err := patch.Apply(t, normal, ops)
	if err != nil {
		return fault.Wrap(err, fault.InvalidValue, "an attribute rule of the source can't be applied: %s", detailOf(err))
	}
	for _, name := range schemaKeys(t) {
		if v, ok := result.Object[name]; ok {
			attrs[name] = v
		}
	}
	return nil
}

// schemaKeys are the names of all attributes and extensions.
func schemaKeys(t *schema.ResourceType) []string {
	var names []string
	for _, attr := range t.Root.Subs {
		names = append(names, attr.Name)
	}
	return names
}

// find gives what a dotted path names in a record.
func find(record map[string]any, path string) (any, bool) {
	var value any = record
	for name := range strings.SplitSeq(path, ".") {
		obj, ok := asMap(value)
		if !ok {
			return nil, false
		}
		if value, ok = obj[name]; !ok {
			return nil, false
		}
	}
	return value, value != nil
}

// asMap gives an object in whichever form it came.
func asMap(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return v, true
	case document.Object:
		return maps.Clone(map[string]any(v)), true
	default:
		return nil, false
	}
}

// detailOf gives what a fault tells a caller.
func detailOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Detail
	}
	return err.Error()
}

// CheckRules reports attribute rules that no user can have.
func (s Source) CheckRules(t *schema.ResourceType) error {
	for _, rule := range s.Attributes {
		if rule.From == "" {
			return fault.New(fault.InvalidValue, "an attribute rule has no from")
		}
		if _, err := filter.ParseTarget(t, rule.To); err != nil {
			return fault.New(fault.InvalidValue, "the attribute rule to %q: %s", rule.To, detailOf(err))
		}
	}
	return nil
}
