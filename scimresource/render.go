package scimresource

import (
	"bytes"
	"maps"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// timeLayout is the form of meta.created and meta.lastModified: RFC 3339 in UTC
// with the microseconds that are stored.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// ETag gives the entity tag of a version (RFC 7644 §3.14), which is also
// meta.version.
func ETag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// Location gives the absolute URI of a resource, which is also meta.location.
func (h *Hub) Location(r *Resource) string { return h.BaseURL + r.Type.Endpoint + "/" + r.ID }

// Append appends the SCIM JSON of a resource: the stored document with id,
// externalId, meta, groups and members around it. Unless the projection asks
// for less or more than usual, or the document has attributes that can't be
// shown, the stored bytes are copied as they are.
func (h *Hub) Append(dst []byte, r *Resource, p document.Projection) ([]byte, error) {
	if p.Default(r.Type) && !document.HasForeign(r.Type, r.Document) {
		return h.splice(dst, r)
	}
	attrs, err := r.Decoded()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "stored document of %s", r.ID)
	}
	return document.Append(dst, r.Type, p.Apply(r.Type, h.whole(r, attrs))), nil
}

// splice appends a resource without parsing its document.
func (h *Hub) splice(dst []byte, r *Resource) ([]byte, error) {
	// A document begins with its schemas, whose URIs hold no "]".
	end := bytes.IndexByte(r.Document, ']') + 1
	if end == 0 {
		return nil, fault.New(fault.Internal, "stored document of %s has no schemas", r.ID)
	}
	dst = append(dst, r.Document[:end]...)
	dst = appendMember(dst, "id", r.ID)
	if r.ExternalID != "" {
		dst = appendMember(dst, "externalId", r.ExternalID)
	}
	dst = h.appendMeta(dst, r)
	dst = append(dst, r.Document[end:len(r.Document)-1]...)
	dst = h.appendGroups(dst, r.Groups, r.Type)
	dst = h.appendMembers(dst, r.Members)
	return append(dst, '}'), nil
}

func (h *Hub) appendMeta(dst []byte, r *Resource) []byte {
	dst = append(dst, `,"meta":{"resourceType":"`...)
	dst = append(dst, r.Type.Name...)
	dst = append(dst, `","created":"`...)
	dst = r.Created.AppendFormat(dst, timeLayout)
	dst = append(dst, `","lastModified":"`...)
	dst = r.LastModified.AppendFormat(dst, timeLayout)
	dst = append(dst, '"')
	dst = appendMember(dst, "location", h.Location(r))
	dst = appendMember(dst, "version", ETag(r.Version))
	return append(dst, '}')
}

// appendGroups appends the groups of a user; of a group, SCIM shows none.
func (h *Hub) appendGroups(dst []byte, groups []GroupRef, t *schema.ResourceType) []byte {
	if len(groups) == 0 || t.Name != schema.User {
		return dst
	}
	dst = append(dst, `,"groups":[`...)
	for i, g := range groups {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"value":"`...)
		dst = append(dst, g.ID...)
		dst = append(dst, '"')
		dst = appendMember(dst, "$ref", h.ref(schema.Group, g.ID))
		dst = appendMember(dst, "display", g.Display)
		dst = appendMember(dst, "type", membershipType(g))
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (h *Hub) appendMembers(dst []byte, members []Member) []byte {
	if len(members) == 0 {
		return dst
	}
	dst = append(dst, `,"members":[`...)
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"value":"`...)
		dst = append(dst, m.ID...)
		dst = append(dst, '"')
		dst = appendMember(dst, "$ref", h.ref(m.Type, m.ID))
		dst = appendMember(dst, "type", m.Type)
		if m.Display != "" {
			dst = appendMember(dst, "display", m.Display)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// whole gives a resource with all its attributes as an object.
func (h *Hub) whole(r *Resource, attrs document.Object) document.Object {
	obj := make(document.Object, len(attrs)+5)
	maps.Copy(obj, attrs)
	obj["schemas"] = document.Schemas(r.Type, attrs)
	obj["id"] = r.ID
	if r.ExternalID != "" {
		obj["externalId"] = r.ExternalID
	}
	obj["meta"] = document.Object{
		"resourceType": r.Type.Name,
		"created":      r.Created.Format(timeLayout),
		"lastModified": r.LastModified.Format(timeLayout),
		"location":     h.Location(r),
		"version":      ETag(r.Version),
	}
	if groups := h.groupObjects(r); len(groups) > 0 {
		obj["groups"] = groups
	}
	if members := h.memberObjects(r); len(members) > 0 {
		obj["members"] = members
	}
	return obj
}

func (h *Hub) groupObjects(r *Resource) []any {
	var list []any
	for _, g := range r.Groups {
		if r.Type.Name == schema.User {
			list = append(list, document.Object{
				"value": g.ID, "$ref": h.ref(schema.Group, g.ID), "display": g.Display, "type": membershipType(g),
			})
		}
	}
	return list
}

func (h *Hub) memberObjects(r *Resource) []any {
	var list []any
	for _, m := range r.Members {
		obj := document.Object{"value": m.ID, "$ref": h.ref(m.Type, m.ID), "type": m.Type}
		if m.Display != "" {
			obj["display"] = m.Display
		}
		list = append(list, obj)
	}
	return list
}

// ref gives the URI of a resource by the name of its type.
func (h *Hub) ref(typeName, id string) string {
	t := h.Registry.Type(typeName)
	if t == nil {
		return ""
	}
	return h.BaseURL + t.Endpoint + "/" + id
}

// membershipType gives RFC 7643 §4.1.2's label of a group of a user.
func membershipType(g GroupRef) string {
	if g.Direct {
		return "direct"
	}
	return "indirect"
}

// appendMember appends a comma and a string member of an object.
func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	dst, _ = jsontext.AppendQuote(dst, value) // its only error is invalid UTF-8, which it replaces
	return dst
}
