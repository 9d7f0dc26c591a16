package inbound

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// scimPatch gives what a PATCH (RFC 7644 §3.5.2) of a resource means. One that
// can't be told as one change without knowing the resource, such as the addition
// of an e-mail address, means to fetch it.
func scimPatch(o Object, patch fields) Change {
	p := patched{attributes: document.Object{}}
	operations := patch.list("Operations")
	if len(operations) == 0 {
		patch.keep("Operations", "is missing")
	}
	for _, op := range operations {
		if !p.operation(strings.ToLower(op.need("op")), op.text("path"), op) {
			return Change{Action: Fetch, Object: o}
		}
	}
	change := Change{Action: Upsert, Object: o, Attributes: p.attributes, Record: document.Clone(p.attributes), MemberIDs: p.members}
	switch partly := len(p.add)+len(p.remove) > 0; {
	case partly && len(p.attributes) == 0 && p.members == nil:
		return Change{Action: Members, Object: o, Add: p.add, Remove: p.remove}
	case partly, o.Type != schema.Group && p.members != nil:
		return Change{Action: Fetch, Object: o}
	}
	return change
}

// patched is what a PATCH amounts to.
type patched struct {
	attributes  document.Object
	members     []string // all that are left; nil: not known
	add, remove []string
}

// operation takes an operation in. ok is false when it can't.
func (p *patched) operation(op, path string, from fields) (ok bool) {
	value := from.object["value"]
	if path != "" {
		return p.change(op, path, value)
	}
	attributes, ok := value.(document.Object)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		ok = ok && p.change(op, name, attributes[name])
	}
	return ok
}

// change takes in an operation on the attribute of a path.
func (p *patched) change(op, path string, value any) (ok bool) {
	switch name := strings.ToLower(path); {
	case name == "members", strings.HasPrefix(name, "members["):
		return p.changeMembers(op, path, value)
	case slices.Contains([]string{"id", "externalid", "meta", "schemas", "groups"}, name):
		return true // of which an upsert says nothing
	case strings.Contains(path, "["):
		return false
	}
	switch _, isObject := value.(document.Object); {
	case op == "remove" && value == nil:
		p.attributes[path] = nil
		return true
	case op == "replace", op == "add" && !isObject && !isList(value):
		p.attributes[path] = value
		return true
	default:
		return false
	}
}

// changeMembers takes in an operation on members. What joins and leaves adds up
// as long as nothing has replaced the membership.
func (p *patched) changeMembers(op, path string, value any) (ok bool) {
	if p.members != nil {
		return false
	}
	if id, ok := memberPath(path); ok && op == "remove" {
		p.leave(id)
		return true
	}
	ids, ok := memberIDs(value)
	if !ok || !strings.EqualFold(path, "members") {
		return false
	}
	switch {
	case op == "add":
		for _, id := range ids {
			p.remove = without(p.remove, id)
			p.add = append(without(p.add, id), id)
		}
	case op == "remove" && value != nil:
		for _, id := range ids {
			p.leave(id)
		}
	case op == "replace", op == "remove":
		p.members, p.add, p.remove = append([]string{}, ids...), nil, nil
	default:
		return false
	}
	return true
}

func (p *patched) leave(id string) {
	p.add = without(p.add, id)
	p.remove = append(without(p.remove, id), id)
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(ids, func(other string) bool { return other == id })
}

// memberPath reads a path such as `members[value eq "7"]`.
func memberPath(path string) (id string, ok bool) {
	inner, ok := strings.CutSuffix(path, "]")
	if !ok {
		return "", false
	}
	name, filter, _ := strings.Cut(inner, "[")
	words := strings.SplitN(strings.TrimSpace(filter), " ", 3)
	if !strings.EqualFold(name, "members") || len(words) != 3 || !strings.EqualFold(words[0], "value") || !strings.EqualFold(words[1], "eq") {
		return "", false
	}
	err := json.Unmarshal([]byte(words[2]), &id)
	return id, err == nil && id != ""
}

// memberIDs reads the value of an operation on members: one or several, without
// those that are groups.
func memberIDs(value any) (ids []string, ok bool) {
	list, isArray := value.([]any)
	if !isArray && value != nil {
		list = []any{value}
	}
	for _, e := range list {
		member, _ := e.(document.Object)
		id, _ := member["value"].(string)
		if id == "" {
			return nil, false
		}
		if typ, _ := member["type"].(string); !strings.EqualFold(typ, schema.Group) {
			ids = append(ids, id)
		}
	}
	return ids, true
}

func isList(v any) bool {
	_, ok := v.([]any)
	return ok
}
