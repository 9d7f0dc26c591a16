package document

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// isMembers reports whether a is the attribute members of a group, which is
// kept beside the documents.
func isMembers(a *schema.Attr) bool { return a.Path == "members" && a.Type == schema.Complex }

// normalizeMember gives a member as {value, type}, the type only if it was sent.
func normalizeMember(a *schema.Attr, v any) (any, error) {
	v, err := normalizeComplex(a, v)
	if err != nil {
		return nil, err
	}
	in, _ := v.(Object)
	id, _ := in["value"].(string)
	if id == "" {
		id = lastSegment(in["$ref"])
	}
	if id == "" {
		return nil, fault.New(fault.InvalidValue, "each of members needs the id of a user or group as its value")
	}
	out := Object{"value": id}
	if kind, ok := in["type"]; ok {
		out["type"] = kind
	}
	return out, nil
}

// lastSegment gives the last segment of the path of a URI: the id in a $ref.
func lastSegment(ref any) string {
	s, _ := ref.(string)
	s, _, _ = strings.Cut(s, "?")
	s = strings.TrimRight(s, "/")
	return s[strings.LastIndexByte(s, '/')+1:]
}
