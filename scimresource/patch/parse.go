package patch

import (
	"maps"
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// maxOperations is the most operations that one request may hold.
const maxOperations = 10_000

// Parse reads the body of a PATCH request (RFC 7644 §3.5.2) to a resource of
// type t and binds all its paths, so that whatever is malformed is found before
// anything is changed. Names and operations may be in any case, "schemas" may
// be missing, a single operation need not stand in an array.
//
// Faults are of kind InvalidSyntax (the message), InvalidPath, InvalidFilter
// (a path), NoTarget (a remove without a path), Mutability (a path to what is
// read-only), InvalidValue (no value) or TooLarge; their details give the
// number of the operation, from 1.
func Parse(t *schema.ResourceType, body document.Object) ([]Operation, error) {
	if err := checkSchemas(field(body, "schemas")); err != nil {
		return nil, err
	}
	list, err := operationList(field(body, "Operations"))
	if err != nil {
		return nil, err
	}
	ops := make([]Operation, 0, len(list))
	for i, item := range list {
		bound, err := parseOperation(t, i+1, item)
		if err != nil {
			return nil, locate(i+1, err)
		}
		ops = append(ops, bound...)
	}
	return ops, nil
}

// field gives the member of a message whose name is as given in some case.
// Decoding has seen to it that there is one at the most.
func field(o document.Object, name string) any {
	v, _ := lookup(o, name)
	return v
}

func lookup(o document.Object, name string) (any, bool) {
	if v, ok := o[name]; ok {
		return v, true
	}
	for k, v := range o {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

// checkSchemas accepts any URIs: the endpoint already says what the message is.
func checkSchemas(v any) error {
	if v == nil {
		return nil
	}
	uris, ok := v.([]any)
	for _, uri := range uris {
		_, isString := uri.(string)
		ok = ok && isString
	}
	if !ok {
		return fault.New(fault.InvalidSyntax, `"schemas" must be an array of strings`)
	}
	return nil
}

func operationList(v any) ([]any, error) {
	if o, ok := v.(document.Object); ok {
		v = []any{o}
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fault.New(fault.InvalidSyntax, `"Operations" must be an array of at least one operation`)
	}
	if len(list) > maxOperations {
		return nil, fault.New(fault.TooLarge, "a request may hold %d operations, this one has %d: send it in parts", maxOperations, len(list))
	}
	return list, nil
}

func parseOperation(t *schema.ResourceType, number int, item any) ([]Operation, error) {
	o, ok := item.(document.Object)
	if !ok {
		return nil, fault.New(fault.InvalidSyntax, `must be an object with "op", "path" and "value"`)
	}
	kind, err := parseOp(field(o, "op"))
	if err != nil {
		return nil, err
	}
	path, err := parsePath(field(o, "path"))
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(path, t.Base.ID) { // the URN of the resource itself
		path = ""
	}
	value, given := lookup(o, "value")
	switch {
	case kind == Remove && path == "":
		return nil, fault.New(fault.NoTarget, `a remove needs a "path" that says what to remove`)
	case kind != Remove && !given:
		return nil, fault.New(fault.InvalidValue, `%s needs a "value"`, kind)
	case path == "":
		return parsePathless(t, number, kind, value)
	}
	target, err := bind(t, path)
	if err != nil {
		return nil, err
	}
	if a := readOnly(target); a != nil {
		return nil, fault.New(fault.Mutability, "%s is read-only", a.Path)
	}
	return []Operation{{Number: number, Op: kind, Target: target, Value: value}}, nil
}

func parseOp(v any) (Op, error) {
	s, ok := v.(string)
	if op := Op(strings.ToLower(s)); ok && (op == Add || op == Replace || op == Remove) {
		return op, nil
	}
	return "", fault.New(fault.InvalidSyntax, `"op" must be "add", "replace" or "remove"`)
}

// parsePath gives "" for no path: absent, null and blank are the same.
func parsePath(v any) (string, error) {
	s, ok := v.(string)
	if v != nil && !ok {
		return "", fault.New(fault.InvalidPath, `"path" must be a string`)
	}
	return strings.TrimSpace(s), nil
}

// parsePathless takes an operation on the resource as a whole apart, in the
// order of its keys. These may be paths. Like a body of POST it may hold
// attributes that are read-only or unknown: they are passed over.
func parsePathless(t *schema.ResourceType, number int, kind Op, value any) ([]Operation, error) {
	o, ok := single(value).(document.Object)
	if !ok {
		return nil, fault.New(fault.InvalidValue, `without a "path" the value must be an object of attributes`)
	}
	var ops []Operation
	for _, key := range slices.Sorted(maps.Keys(o)) {
		bound, err := parseKey(t, number, kind, key, o[key])
		if err != nil {
			return nil, err
		}
		ops = append(ops, bound...)
	}
	return ops, nil
}

// parseKey reads one attribute of a value without a path.
func parseKey(t *schema.ResourceType, number int, kind Op, key string, value any) ([]Operation, error) {
	if strings.EqualFold(key, t.Base.ID) {
		return parsePathless(t, number, kind, value)
	}
	target, err := bind(t, key)
	switch {
	case fault.Is(err, fault.InvalidPath) && !strings.Contains(key, "["):
		return nil, nil
	case err != nil:
		return nil, err
	case readOnly(target) != nil || saysNothing(t, target, value):
		return nil, nil
	}
	return []Operation{{Number: number, Op: kind, Target: target, Value: value}}, nil
}

// saysNothing reports whether a value is a null that a path-less value holds for
// active, schemas or the members of a group. Clients that write null for
// whatever they don't know mean no change by it, and to take it at its word
// would be refused or empty the group.
func saysNothing(t *schema.ResourceType, target filter.Target, value any) bool {
	if value != nil || len(target.Path) != 1 || target.Sub != nil {
		return false
	}
	a := target.Path[0]
	return isActive(a) || isSchemas(a) || isMembers(t, a)
}

// bind resolves a path. An attribute that only the enterprise extension has may
// stand without its URN, as in the bodies of POST and PUT (see
// document.SplitPath).
func bind(t *schema.ResourceType, path string) (filter.Target, error) {
	target, err := filter.ParseTarget(t, path)
	if !fault.Is(err, fault.InvalidPath) || strings.Contains(path, ":") || t.Extension(schema.EnterpriseUserURI) == nil {
		return target, err
	}
	if inner, innerErr := filter.ParseTarget(t, schema.EnterpriseUserURI+":"+path); innerErr == nil {
		return inner, nil
	}
	return target, err
}

// readOnly gives the attribute on the way to the target that no client may
// change, or nil.
func readOnly(target filter.Target) *schema.Attr {
	chain := target.Path
	if target.Sub != nil {
		chain = append(slices.Clip(chain), target.Sub)
	}
	i := slices.IndexFunc(chain, func(a *schema.Attr) bool { return a.Mutability == schema.ReadOnly })
	if i < 0 {
		return nil
	}
	return chain[i]
}

// single takes the element out of an array of one, in which some clients wrap
// what is no list.
func single(v any) any {
	if list, ok := v.([]any); ok && len(list) == 1 {
		return list[0]
	}
	return v
}
