package inbound

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// polis understands the directory sync events of Ory Polis, formerly BoxyHQ
// Jackson (Ory Polis, "Directory Sync", "Events"). A mapping's Upstream is the id
// of a directory, or a tenant.
type polis struct{}

func polisSignature() stamped {
	return stamped{headers: []string{"Ory-Polis-Signature", "BoxyHQ-Signature"}, name: "s", tolerance: 5 * time.Minute}
}

// Verify checks the signature, under either of the names that it has had.
func (polis) Verify(_ context.Context, s Source, r Request) error {
	return polisSignature().verify(s, r)
}

// Messages gives the events of a body, which is one or an array of them. They
// have neither ids nor times: both are those of the signature, the id with the
// place in the array.
func (polis) Messages(_ Source, r Request) ([]Message, error) {
	signed, err := polisSignature().read(r.Header)
	if err != nil { // nobody verified the request
		return nil, fault.Wrap(err, fault.InvalidSyntax, "the events have no id")
	}
	events, err := elements(r.Body)
	if err != nil {
		return nil, err
	}
	messages := make([]Message, len(events))
	for i, body := range events {
		f, err := decodeFields(body)
		if err != nil {
			return nil, err
		}
		typ := f.need("event")
		messages[i] = Message{
			UpstreamID:   "t=" + signed.time + ",s=" + signed.signatures[0] + "/" + strconv.Itoa(i),
			Type:         typ,
			Organization: f.text("tenant"),
			Directory:    f.text("directory_id"),
			Object:       polisObject(typ, f.inner("data")),
			OccurredAt:   signed.at,
			Body:         body,
		}
		if _, err := cut(f, messages[i]); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

// elements gives the elements of a JSON array, or the one value that stands for
// it, as they were sent.
func elements(body []byte) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(body)
	if !bytes.HasPrefix(body, []byte("[")) {
		return []json.RawMessage{body}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fault.New(fault.InvalidSyntax, "the body is not a JSON array of events")
	}
	return list, nil
}

// polisObject gives what an event is about. One of a membership is about the
// group.
func polisObject(typ string, data fields) Object {
	switch {
	case strings.HasPrefix(typ, "user."):
		return Object{schema.User, data.text("id")}
	case strings.HasPrefix(typ, "group.user_"):
		return Object{schema.Group, data.inner("group").text("id")}
	case strings.HasPrefix(typ, "group."):
		return Object{schema.Group, data.text("id")}
	default:
		return Object{}
	}
}

// Read gives what an event means. What it doesn't name stays.
func (polis) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	data := f.inner("data")
	c := Change{Object: m.Object}
	switch m.Type {
	case "user.created", "user.updated":
		c = polisUser(data)
	case "group.created", "group.updated":
		c = workosGroup(data)
	case "user.deleted", "group.deleted":
		c.Action = Delete
		data.need("id")
	case "group.user_added":
		c.Action, c.Add = Members, []string{data.need("id")}
		data.inner("group").need("id")
	case "group.user_removed":
		c.Action, c.Remove = Members, []string{data.need("id")}
		data.inner("group").need("id")
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

// polisUser gives the upsert of a user: what the directory sent to Polis, where
// that was SCIM, and over it what Polis made of it.
func polisUser(data fields) Change {
	c := Change{Attributes: document.Object{}}
	raw := data.inner("raw")
	if raw.has("userName") {
		c = scimUpsert(Object{}, raw)
	}
	email := data.text("email")
	if name := cmp.Or(raw.text("userName"), email); name != "" {
		c.Attributes["userName"] = name
	}
	data.takeActive(c.Attributes, "active")
	data.take(c.Attributes, [][2]string{{"first_name", "name.givenName"}, {"last_name", "name.familyName"}})
	if _, ok := c.Attributes["emails"]; !ok {
		data.takeValue(c.Attributes, "email", "emails", "work")
	}
	return Change{
		Action: Upsert, Object: Object{schema.User, data.need("id")},
		Attributes: c.Attributes, Record: data.object,
	}
}
