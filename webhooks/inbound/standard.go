package inbound

import (
	"cmp"
	"context"
	"strings"

	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks"
)

// standard understands messages signed by Standard Webhooks that have a SCIM
// resource as their data, and the events of a hub (docs/events.md), so that one
// hub can feed another. A mapping's Upstream is the directory_id or the
// organization_id of the message, where it has one.
type standard struct{ scimReader }

// Verify checks the signature of Standard Webhooks.
func (standard) Verify(_ context.Context, s Source, r Request) error { return verifyWebhook(s, r) }

// Messages gives the one event that a body is (Standard Webhooks 1.0.0, "Payload
// structure").
func (standard) Messages(_ Source, r Request) ([]Message, error) {
	f, err := decodeFields(r.Body)
	if err != nil {
		return nil, err
	}
	m := Message{
		UpstreamID:   cmp.Or(f.text("id"), r.Header.Get(webhooks.HeaderID), digest(r.Body)),
		Type:         f.need("type"),
		Organization: f.text("organization_id"),
		Directory:    f.text("directory_id"),
		OccurredAt:   occurred(f.text("timestamp"), r.At),
		Body:         r.Body,
	}
	m.Object = standardObject(m.Type, f.inner("data"))
	return cut(f, m)
}

// standardObject gives what an event is about.
func standardObject(typ string, data fields) Object {
	switch noun, _, _ := strings.Cut(typ, "."); noun {
	case "user":
		return Object{schema.User, cmp.Or(data.text("user_id"), data.text("id"))}
	case "group":
		return Object{schema.Group, cmp.Or(data.text("group_id"), data.text("id"))}
	default:
		return Object{}
	}
}

// Read gives what an event means. A resource is applied as scimUpsert says; what
// the type says of active goes before what the resource does, which may be the
// user as he was. An event too large to have its resource means to fetch it.
func (standard) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	data := f.inner("data")
	if m.Object.Type != "" && m.Object.ID == "" {
		data.need("id")
	}
	c := Change{Object: m.Object}
	switch m.Type {
	case "user.created", "user.updated", "user.restored", "user.offboarding_started", "group.created", "group.updated":
		c = standardUpsert(m, data)
	case "user.deactivated", "user.reactivated":
		c = standardActive(m, data)
	case "user.deleted", "user.offboarded", "group.deleted":
		c.Action = Delete
	case "group.membership_updated":
		c = standardMembers(m, data)
	case "subscription.ping", "subscription.deactivated":
		c = ignore("it is about the subscription by which the messages come")
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

// standardUpsert gives the upsert of the resource of an event: its data, or of a
// hub's event what stands there as the resource.
func standardUpsert(m Message, data fields) Change {
	own := data.has("user_id") || data.has("group_id")
	switch {
	case !own:
		return scimUpsert(m.Object, data)
	case data.has("resource"):
		return scimUpsert(m.Object, data.inner("resource"))
	default:
		return Change{Action: Fetch, Object: m.Object}
	}
}

// standardActive gives the upsert of a user who was switched on or off, for whom
// nothing else is needed.
func standardActive(m Message, data fields) Change {
	c := standardUpsert(m, data)
	if c.Action == Fetch {
		c = Change{Action: Upsert, Object: m.Object, Record: data.object, Attributes: map[string]any{}}
	}
	if name := data.text("user_name"); name != "" {
		c.Attributes["userName"] = name
	}
	c.Attributes["active"] = m.Type == "user.reactivated"
	return c
}

// standardMembers gives a change of members, or the whole membership where the
// data is a group.
func standardMembers(m Message, data fields) Change {
	if data.has("members") {
		return scimUpsert(m.Object, data)
	}
	return Change{
		Action: Members, Object: m.Object,
		Add: data.texts("added_members"), Remove: data.texts("removed_members"),
	}
}
