package inbound

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// fields reads a vendor's JSON object by the names of its members. A member that
// is not of the type asked for is a fault; the first is kept, for the object and
// all that was read from it. null is read as nothing.
type fields struct {
	object document.Object
	path   string // of the object, with a dot behind it; "" for the outermost
	kept   *error
}

func newFields(o document.Object) fields { return fields{object: o, kept: new(error)} }

// decodeFields reads a body that is one JSON object.
func decodeFields(body []byte) (fields, error) {
	o, err := document.Decode(body)
	return newFields(o), err
}

// fault gives the fault that was kept, of kind InvalidValue, or nil.
func (f fields) fault() error { return *f.kept }

func (f fields) keep(name, what string) {
	if *f.kept == nil {
		*f.kept = fault.New(fault.InvalidValue, "%s%s %s", f.path, name, what)
	}
}

// has reports whether there is a member, be it null.
func (f fields) has(name string) bool {
	_, ok := f.object[name]
	return ok
}

// text reads a string, or a number as it was written.
func (f fields) text(name string) string {
	switch v := f.object[name].(type) {
	case nil:
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		f.keep(name, "must be a string")
	}
	return ""
}

// need reads a string that must be there.
func (f fields) need(name string) string {
	v := f.text(name)
	if v == "" {
		f.keep(name, "is missing")
	}
	return v
}

// boolean reads true or false; ok is false where there is neither.
func (f fields) boolean(name string) (value, ok bool) {
	switch v := f.object[name].(type) {
	case nil:
	case bool:
		return v, true
	default:
		f.keep(name, "must be true or false")
	}
	return false, false
}

// inner reads an object. One that is not there has no members.
func (f fields) inner(name string) fields {
	o, ok := f.object[name].(document.Object)
	if !ok && f.object[name] != nil {
		f.keep(name, "must be an object")
	}
	return fields{o, f.path + name + ".", f.kept}
}

// list reads an array of objects; nil where there is none.
func (f fields) list(name string) []fields {
	elements := f.array(name)
	if elements == nil {
		return nil
	}
	out := make([]fields, len(elements))
	for i, e := range elements {
		o, ok := e.(document.Object)
		if !ok {
			f.keep(name, "must be an array of objects")
		}
		out[i] = fields{o, fmt.Sprintf("%s%s[%d].", f.path, name, i), f.kept}
	}
	return out
}

// texts reads an array of strings; nil where there is none.
func (f fields) texts(name string) []string {
	elements := f.array(name)
	if elements == nil {
		return nil
	}
	out := make([]string, len(elements))
	for i, e := range elements {
		s, ok := e.(string)
		if !ok || s == "" {
			f.keep(name, "must be an array of strings")
		}
		out[i] = s
	}
	return out
}

func (f fields) array(name string) []any {
	elements, ok := f.object[name].([]any)
	if !ok && f.object[name] != nil {
		f.keep(name, "must be an array")
	}
	return elements
}

// enterprise is the prefix of the paths of the enterprise extension's attributes.
const enterprise = schema.EnterpriseUserURI + ":"

// take gives attributes the texts of a vendor's fields. pairs are of a field's
// name and an attribute's path. A field that is there and empty clears its
// attribute; of one that is not there nothing is said.
func (f fields) take(attributes document.Object, pairs [][2]string) {
	for _, p := range pairs {
		if f.has(p[0]) {
			put(attributes, p[1], orNil(f.text(p[0])))
		}
	}
}

// takeValue is take for a multi-valued attribute that the vendor has one value
// of, of a type such as "work".
func (f fields) takeValue(attributes document.Object, name, attribute, typ string) {
	if !f.has(name) {
		return
	}
	attributes[attribute] = nil
	if v := f.text(name); v != "" {
		attributes[attribute] = []any{document.Object{"value": v, "type": typ, "primary": true}}
	}
}

// takeActive is take for active. null says nothing.
func (f fields) takeActive(attributes document.Object, name string) {
	if active, ok := f.boolean(name); ok {
		attributes["active"] = active
	}
}

// put sets the attribute of a path: a name, or two that a dot or, behind the URI
// of an extension, a colon separates.
func put(attributes document.Object, path string, v any) {
	if i := strings.LastIndexAny(path, ".:"); i >= 0 {
		attributes, path = within(attributes, path[:i]), path[i+1:]
	}
	attributes[path] = v
}

// within gives the value of a complex attribute, which it makes if need be.
func within(attributes document.Object, name string) document.Object {
	inner, ok := attributes[name].(document.Object)
	if !ok {
		inner = document.Object{}
		attributes[name] = inner
	}
	return inner
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// takeCustom takes what stands among a vendor's custom attributes under a name
// that can only mean one attribute: those of the enterprise extension, and whole
// extensions by their URIs. What is of another type there means something else:
// such attributes are the customer's. All others are for the source's rules.
func takeCustom(attributes document.Object, custom fields) {
	for _, p := range customTexts() {
		switch custom.object[p[0]].(type) {
		case string, json.Number:
			put(attributes, p[1], orNil(custom.text(p[0])))
		}
	}
	for name, v := range custom.object {
		if extension, ok := v.(document.Object); ok && strings.HasPrefix(name, "urn:") {
			maps.Copy(within(attributes, name), extension)
		}
	}
}

func customTexts() [][2]string {
	return [][2]string{
		{"employee_number", enterprise + "employeeNumber"},
		{"cost_center", enterprise + "costCenter"},
		{"division", enterprise + "division"},
		{"department", enterprise + "department"},
		{"manager", enterprise + "manager"},
	}
}
