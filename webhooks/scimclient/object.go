package scimclient

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// spelling holds, in small letters, the names that readers of a resource look
// for before they know its schema.
var spelling = map[string]string{
	"id": "id", "externalid": "externalId", "meta": "meta", "schemas": "schemas",
	"username": "userName", "displayname": "displayName", "active": "active", "groups": "groups", "members": "members",
}

// resource brings a resource as it came to what callers rely on: common names
// are spelled as in RFC 7643, and id is a string. The rest is as it came.
func resource(obj document.Object) (document.Object, error) {
	for name, v := range obj {
		if proper, ok := spelling[strings.ToLower(name)]; ok && proper != name {
			delete(obj, name)
			obj[proper] = v
		}
	}
	id := text(obj["id"])
	if id == "" {
		return nil, fault.New(fault.InvalidValue, "the upstream gives a resource without an id")
	}
	obj["id"] = id
	return obj, nil
}

// field gives the value of a name in any case.
func field(obj document.Object, name string) any {
	if v, ok := obj[name]; ok {
		return v
	}
	for key, v := range obj {
		if strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// text gives a string, and a number as it was sent.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// count gives a number that isn't negative, also one in a string; ok is false
// where there is none.
func count(v any) (n int, ok bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text(v)), 64)
	if err != nil || f < 0 || f > 1<<40 {
		return 0, false
	}
	return int(f), true
}
