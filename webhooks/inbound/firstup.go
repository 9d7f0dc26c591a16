package inbound

import (
	"cmp"
	"context"
	"strings"

	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks"
)

// firstup understands Firstup's webhooks (Firstup, "User management syncing").
// They bear no signature but a fixed header, so that each is only a hint whose
// record to read; what the upstream's SCIM API says is applied. A message names
// no organization: the mapping is that with an empty Upstream.
type firstup struct{ scimReader }

// firstupDelivery is the header with the id of a delivery.
const firstupDelivery = "X-Socialchorus-Delivery"

// Verify checks that the Authorization header is what the subscription was given
// as its authorization_header.
func (firstup) Verify(_ context.Context, s Source, r Request) error { return verifyAuthorization(s, r) }

// Messages gives the one event that a body is. Its name is in event, as the guide
// shows, or in name, and is "user.updated" or "user_updated".
func (firstup) Messages(_ Source, r Request) ([]Message, error) {
	f, err := decodeFields(r.Body)
	if err != nil {
		return nil, err
	}
	m := Message{
		UpstreamID: cmp.Or(r.Header.Get(firstupDelivery), f.text("id"), r.Header.Get(webhooks.HeaderID), digest(r.Body)),
		Type:       cmp.Or(f.text("event"), f.text("name")),
		OccurredAt: occurred(f.text("timestamp"), r.At),
		Body:       r.Body,
	}
	if m.Type == "" {
		f.need("event")
	}
	m.Object = firstupObject(m.Type, f)
	return cut(f, m)
}

// firstupObject gives what an event is about.
func firstupObject(typ string, f fields) Object {
	data := f
	if f.has("data") {
		data = f.inner("data")
	}
	switch noun, _, _ := strings.Cut(strings.ReplaceAll(typ, "_", "."), "."); noun {
	case "user":
		return Object{schema.User, data.text("user_id")}
	case "group": // Firstup has none; format firstup of the hub does
		return Object{schema.Group, data.text("group_id")}
	default:
		return Object{}
	}
}

// Read tells to fetch the record, whatever happened to it. A ping is ignored.
func (firstup) Read(_ Source, m Message) (Change, error) {
	switch {
	case strings.HasSuffix(m.Type, "ping"):
		return ignore("a test of the connection"), nil
	case m.Object.Type == "":
		return unknown(m), nil
	case m.Object.ID == "":
		f, err := decodeFields(m.Body)
		if err == nil {
			f.inner("data").need(strings.ToLower(m.Object.Type) + "_id")
			err = f.fault()
		}
		return Change{}, err
	}
	return Change{Action: Fetch, Object: m.Object}, nil
}
