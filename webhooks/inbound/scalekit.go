package inbound

import (
	"cmp"
	"context"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks"
)

// scalekit understands Scalekit's directory events (Scalekit, "Directory
// events"), in the envelope of its reference and in that of its quick start. A
// mapping's Upstream is the id of a directory (dir_…) or an organization
// (org_…); Scalekit's own events of users name the latter alone.
type scalekit struct{}

// scalekitPrefix is what the types of directory events begin with.
const scalekitPrefix = "organization.directory."

// Verify checks the signature of Standard Webhooks.
func (scalekit) Verify(_ context.Context, s Source, r Request) error { return verifyWebhook(s, r) }

// Messages gives the one event that a body is. The quick start has the time in
// timestamp, and the organization in the data.
func (scalekit) Messages(_ Source, r Request) ([]Message, error) {
	f, err := decodeFields(r.Body)
	if err != nil {
		return nil, err
	}
	data := f.inner("data")
	m := Message{
		UpstreamID:   cmp.Or(f.text("id"), r.Header.Get(webhooks.HeaderID), digest(r.Body)),
		Type:         f.need("type"),
		Organization: cmp.Or(f.text("organization_id"), data.text("organization_id")),
		Directory:    cmp.Or(data.text("directory_id"), f.text("directory_id")),
		OccurredAt:   occurred(cmp.Or(f.text("occurred_at"), f.text("timestamp")), r.At),
		Body:         r.Body,
	}
	m.Object = scalekitObject(m.Type, data)
	return cut(f, m)
}

// scalekitObject gives what an event is about.
func scalekitObject(typ string, data fields) Object {
	name := strings.TrimPrefix(typ, scalekitPrefix)
	switch {
	case name == typ:
		return Object{}
	case strings.HasPrefix(name, "user_"):
		return Object{schema.User, data.text("id")}
	case strings.HasPrefix(name, "group_"):
		return Object{schema.Group, cmp.Or(data.text("id"), data.text("group_id"))}
	default:
		return Object{}
	}
}

// Read gives what an event means. An event of a user has all that Scalekit
// knows, but not all that a directory may hold: what it doesn't name stays, and
// what it names without a value is cleared. user_deleted, which Scalekit sends
// for a deactivation too, is a deletion; see Source.DeletesDeactivate.
func (scalekit) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	data := f.inner("data")
	c := Change{Object: m.Object}
	if m.Object.Type != "" && m.Object.ID == "" {
		data.need("id")
	}
	switch strings.TrimPrefix(m.Type, scalekitPrefix) {
	case "user_created", "user_updated":
		c = scalekitUser(data)
	case "group_created", "group_updated":
		c = scalekitGroup(data)
	case "user_deleted", "group_deleted":
		c.Action = Delete
	case "group_membership_updated":
		c.Action = Members
		c.Add, c.Remove = data.texts("added_members"), data.texts("removed_members")
	case "organization.directory_enabled", "organization.directory_disabled":
		c = ignore("a directory was switched on or off at Scalekit; its users are as they were")
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

// scalekitUser gives the upsert of a user.
func scalekitUser(data fields) Change {
	attributes := document.Object{}
	if name := cmp.Or(data.text("preferred_username"), data.text("email")); name != "" {
		attributes["userName"] = name
	}
	data.takeActive(attributes, "active")
	data.take(attributes, scalekitTexts())
	data.takeValue(attributes, "email", "emails", "work")
	data.takeValue(attributes, "phone_number", "phoneNumbers", "work")
	data.takeValue(attributes, "picture", "photos", "photo")
	scalekitAddress(attributes, data)
	scalekitRoles(attributes, data)
	takeCustom(attributes, data.inner("custom_attributes"))
	return Change{
		Action: Upsert, Object: Object{schema.User, data.need("id")},
		Attributes: attributes, Record: data.object, Groups: scalekitGroups(data),
	}
}

// scalekitTexts gives the attributes of the fields that are texts.
func scalekitTexts() [][2]string {
	return [][2]string{
		{"name", "displayName"},
		{"name", "name.formatted"},
		{"given_name", "name.givenName"},
		{"family_name", "name.familyName"},
		{"nickname", "nickName"},
		{"profile", "profileUrl"},
		{"title", "title"},
		{"user_type", "userType"},
		{"language", "preferredLanguage"},
		{"locale", "locale"},
		{"zoneinfo", "timezone"},
		{"employee_id", enterprise + "employeeNumber"},
		{"cost_center", enterprise + "costCenter"},
		{"organization", enterprise + "organization"},
		{"division", enterprise + "division"},
		{"department", enterprise + "department"},
	}
}

// scalekitAddress takes the address, whose fields are those of OpenID Connect
// Core 1.0 §5.1.1.
func scalekitAddress(attributes document.Object, data fields) {
	if !data.has("address") {
		return
	}
	address, from := document.Object{}, data.inner("address")
	from.take(address, [][2]string{
		{"formatted", "formatted"},
		{"street_address", "streetAddress"},
		{"locality", "locality"},
		{"region", "region"},
		{"postal_code", "postalCode"},
		{"country", "country"},
	})
	attributes["addresses"] = nil
	if len(address) > 0 {
		address["type"] = "work"
		attributes["addresses"] = []any{address}
	}
}

func scalekitRoles(attributes document.Object, data fields) {
	if !data.has("roles") {
		return
	}
	roles := []any{}
	for _, role := range data.list("roles") {
		roles = append(roles, document.Object{"value": role.need("role_name")})
	}
	attributes["roles"] = roles
}

// scalekitGroups gives the groups of a user, or nil where they aren't named.
func scalekitGroups(data fields) []GroupRef {
	list := data.list("groups")
	if list == nil {
		return nil
	}
	groups := make([]GroupRef, len(list))
	for i, g := range list {
		groups[i] = GroupRef{g.need("id"), g.text("name")}
	}
	return groups
}

// scalekitGroup gives the upsert of a group. Its members come with other events.
func scalekitGroup(data fields) Change {
	attributes := document.Object{}
	if name := cmp.Or(data.text("display_name"), data.text("name")); name != "" {
		attributes["displayName"] = name
	}
	return Change{
		Action: Upsert, Object: Object{schema.Group, data.need("id")},
		Attributes: attributes, Record: data.object,
	}
}
