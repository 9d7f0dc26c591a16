package patch

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// prepare takes roles apart that Entra ID sends as JSON text in "value". What
// can't be taken apart stays as it is.
func prepare(a *schema.Attr, raw any) any {
	switch a.Path {
	case "roles":
		return unpackRoles(raw)
	case "roles.value":
		if role := roleText(raw); role != nil {
			return role["value"]
		}
	}
	return raw
}

func unpackRoles(raw any) any {
	list, ok := raw.([]any)
	if !ok {
		return unpackRole(raw)
	}
	out := make([]any, len(list))
	for i, elem := range list {
		out[i] = unpackRole(elem)
	}
	return out
}

// unpackRole gives the element that a role as sent stands for. What the element
// itself says beside the text goes before what the text says.
func unpackRole(raw any) any {
	elem, ok := raw.(document.Object)
	if !ok {
		elem = document.Object{"value": raw}
	}
	text, _ := lookup(elem, "value")
	role := roleText(text)
	if role == nil {
		return raw
	}
	out := document.Object{"value": role["value"]}
	for name, sub := range map[string]string{"displayName": "display", "type": "type"} {
		if text, ok := role[name].(string); ok {
			out[sub] = text
		}
	}
	for name, v := range elem {
		if !strings.EqualFold(name, "value") && v != nil {
			out[strings.ToLower(name)] = v
		}
	}
	return out
}

// roleText reads a role from JSON text, or gives nil.
func roleText(v any) document.Object {
	text, ok := v.(string)
	if !ok || !strings.HasPrefix(text, "{") {
		return nil
	}
	role, err := document.Decode([]byte(text))
	if value, ok := role["value"].(string); err != nil || !ok || value == "" {
		return nil
	}
	return role
}
