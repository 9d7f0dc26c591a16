package inbound

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// workos understands the Directory Sync events of WorkOS (WorkOS, "Events",
// "Directory Sync"). A mapping's Upstream is the id of a directory
// (directory_…) or an organization (org_…); events of both name both.
type workos struct{}

// Verify checks WorkOS-Signature, in the window of WorkOS's own libraries.
func (workos) Verify(_ context.Context, s Source, r Request) error {
	return stamped{headers: []string{"WorkOS-Signature"}, name: "v1", tolerance: 180 * time.Second}.verify(s, r)
}

// Messages gives the one event that a body is.
func (workos) Messages(_ Source, r Request) ([]Message, error) {
	f, err := decodeFields(r.Body)
	if err != nil {
		return nil, err
	}
	data := f.inner("data")
	m := Message{
		UpstreamID:   cmp.Or(f.text("id"), digest(r.Body)),
		Type:         f.need("event"),
		Organization: cmp.Or(data.text("organization_id"), f.text("organization_id")),
		Directory:    data.text("directory_id"),
		OccurredAt:   occurred(f.text("created_at"), r.At),
		Body:         r.Body,
	}
	m.Object = workosObject(m.Type, data)
	return cut(f, m)
}

// workosObject gives what an event is about. One of a membership is about the
// group.
func workosObject(typ string, data fields) Object {
	switch {
	case strings.HasPrefix(typ, "dsync.user."):
		return Object{schema.User, data.text("id")}
	case strings.HasPrefix(typ, "dsync.group.user_"):
		return Object{schema.Group, data.inner("group").text("id")}
	case strings.HasPrefix(typ, "dsync.group."):
		return Object{schema.Group, data.text("id")}
	default:
		return Object{}
	}
}

// Read gives what an event means. An event of a user has all that WorkOS knows:
// what it doesn't name stays, and what it names without a value is cleared. Who
// is in which group is told by events of its own.
func (workos) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	data := f.inner("data")
	c := Change{Object: m.Object}
	switch m.Type {
	case "dsync.user.created", "dsync.user.updated":
		c = workosUser(data)
	case "dsync.group.created", "dsync.group.updated":
		c = workosGroup(data)
	case "dsync.user.deleted", "dsync.group.deleted":
		c.Action = Delete
		data.need("id")
	case "dsync.group.user_added":
		c.Action, c.Add = Members, []string{data.inner("user").need("id")}
		data.inner("group").need("id")
	case "dsync.group.user_removed":
		c.Action, c.Remove = Members, []string{data.inner("user").need("id")}
		data.inner("group").need("id")
	case "dsync.activated":
		c = ignore("a directory was connected at WorkOS; its users come with messages of their own")
	case "dsync.deleted":
		c = ignore("a directory was removed at WorkOS; an administrator must decide what becomes of its users")
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

// workosUser gives the upsert of a user.
func workosUser(data fields) Change {
	attributes, custom := document.Object{}, data.inner("custom_attributes")
	email := workosEmail(attributes, data)
	if name := cmp.Or(email, data.text("username"), data.text("idp_id")); name != "" {
		attributes["userName"] = name
	}
	if state := data.text("state"); state != "" {
		attributes["active"] = state == "active" // or inactive, or suspended
	}
	data.take(attributes, [][2]string{
		{"first_name", "name.givenName"},
		{"last_name", "name.familyName"},
		{"job_title", "title"},
	})
	workosRoles(attributes, data)
	takeCustom(attributes, custom)
	takeCustomTexts(attributes, custom, [][2]string{
		{"job_title", "title"},
		{"employee_type", "userType"},
		{"cost_center_name", enterprise + "costCenter"},
		{"division_name", enterprise + "division"},
		{"department_name", enterprise + "department"},
	})
	return Change{
		Action: Upsert, Object: Object{schema.User, data.need("id")},
		Attributes: attributes, Record: data.object,
	}
}

// workosEmail takes the address, or in older events the addresses, and gives
// that which counts.
func workosEmail(attributes document.Object, data fields) string {
	if email := data.text("email"); email != "" || !data.has("emails") {
		data.takeValue(attributes, "email", "emails", "work")
		return email
	}
	var preferred string
	emails := []any{}
	for _, e := range data.list("emails") {
		address, typ := e.need("value"), cmp.Or(e.text("type"), "work")
		primary, _ := e.boolean("primary")
		if primary || preferred == "" {
			preferred = address
		}
		emails = append(emails, document.Object{"value": address, "type": typ, "primary": primary})
	}
	attributes["emails"] = emails
	return preferred
}

// workosRoles takes the roles, or the one role that there was before.
func workosRoles(attributes document.Object, data fields) {
	if !data.has("roles") && !data.has("role") {
		return
	}
	list := data.list("roles")
	if role := data.inner("role"); list == nil && len(role.object) > 0 {
		list = []fields{role}
	}
	roles := []any{}
	for _, role := range list {
		roles = append(roles, document.Object{"value": role.need("slug")})
	}
	attributes["roles"] = roles
}

// workosGroup gives the upsert of a group.
func workosGroup(data fields) Change {
	attributes := document.Object{}
	if name := data.text("name"); name != "" {
		attributes["displayName"] = name
	}
	return Change{
		Action: Upsert, Object: Object{schema.Group, data.need("id")},
		Attributes: attributes, Record: data.object,
	}
}
