package inbound

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks/remote"
)

// okta understands Okta's event hooks (Okta, "Event hooks", "Event types"). They
// say who was concerned, and little more: records are read from Okta's API. A
// hook belongs to one Okta organization, which it doesn't name: the mapping is
// that with an empty Upstream.
type okta struct{ upstreams *Upstreams }

// Verify checks that the Authorization header is the secret that the hook was
// given.
func (okta) Verify(_ context.Context, s Source, r Request) error { return verifyAuthorization(s, r) }

// Challenge answers the one request that Okta verifies a hook by, with what it
// sent.
func (okta) Challenge(h http.Header) (body any, ok bool) {
	v := h.Get("X-Okta-Verification-Challenge")
	return struct {
		Verification string `json:"verification"`
	}{v}, v != ""
}

// Messages gives a message for each thing that each event of a body is about:
// one event may have several users or groups as its targets.
func (okta) Messages(_ Source, r Request) ([]Message, error) {
	var body struct {
		Data struct {
			Events []json.RawMessage `json:"events"`
		} `json:"data"`
	}
	if _, err := document.Decode(r.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.Body, &body); err != nil || body.Data.Events == nil {
		return nil, fault.New(fault.InvalidSyntax, "the body can't be read: data.events must be an array of events")
	}
	messages := make([]Message, 0, len(body.Data.Events))
	for _, raw := range body.Data.Events {
		of, err := oktaMessages(raw, r)
		if err != nil {
			return nil, err
		}
		messages = append(messages, of...)
	}
	return messages, nil
}

// oktaMessages gives the messages of one event.
func oktaMessages(raw json.RawMessage, r Request) ([]Message, error) {
	f, err := decodeFields(raw)
	if err != nil {
		return nil, err
	}
	m := Message{
		UpstreamID: cmp.Or(f.text("uuid"), digest(raw)),
		Type:       f.need("eventType"),
		OccurredAt: occurred(f.text("published"), r.At),
		Body:       raw,
	}
	objects := oktaObjects(m.Type, f)
	if len(objects) == 1 {
		m.Object = objects[0]
		return cut(f, m)
	}
	messages := make([]Message, len(objects))
	for i, o := range objects {
		messages[i] = m
		messages[i].UpstreamID += "/" + o.ID
		messages[i].Object = o
	}
	return cut(f, messages...)
}

// oktaObjects gives what an event is about; there is at least one.
func oktaObjects(typ string, f fields) []Object {
	object, target := "", ""
	switch {
	case strings.HasPrefix(typ, "user.lifecycle."), typ == "user.account.update_profile":
		object, target = schema.User, oktaUser
	case strings.HasPrefix(typ, "group.lifecycle."), typ == "group.profile.update", strings.HasPrefix(typ, "group.user_membership."):
		object, target = schema.Group, oktaGroup
	default:
		return []Object{{}}
	}
	var objects []Object
	for _, id := range oktaTargets(f, target) {
		objects = append(objects, Object{object, id})
	}
	if objects == nil {
		return []Object{{object, ""}}
	}
	return objects
}

// The types of targets.
const (
	oktaUser  = "User"
	oktaGroup = "UserGroup"
)

// oktaTargets gives the ids of an event's targets of a type.
func oktaTargets(f fields, typ string) []string {
	var ids []string
	for _, t := range f.list("target") {
		if t.text("type") == typ {
			ids = append(ids, t.need("id"))
		}
	}
	return ids
}

// Read gives what an event means. Access that ends is ended at once; what made a
// user or group other than it was is read from Okta.
func (okta) Read(_ Source, m Message) (Change, error) {
	f, err := decodeFields(m.Body)
	if err != nil {
		return Change{}, err
	}
	if result := f.inner("outcome").text("result"); result == "FAILURE" || result == "DENY" || result == "SKIPPED" {
		return ignore("it did not happen: its outcome is " + result), f.fault()
	}
	if m.Object.Type != "" && m.Object.ID == "" {
		f.keep("target", "has no "+map[string]string{schema.User: oktaUser, schema.Group: oktaGroup}[m.Object.Type])
	}
	c := Change{Object: m.Object}
	switch m.Type {
	case "user.lifecycle.create", "user.lifecycle.activate", "user.lifecycle.reactivate", "user.lifecycle.unsuspend",
		"user.account.update_profile", "group.lifecycle.create", "group.profile.update":
		c.Action = Fetch
	case "user.lifecycle.deactivate", "user.lifecycle.suspend":
		c.Action, c.Attributes = Upsert, oktaLeaver(f, m.Object.ID)
	case "user.lifecycle.delete.initiated", "group.lifecycle.delete":
		c.Action = Delete
	case "group.user_membership.add":
		c.Action, c.Add = Members, oktaMembers(f)
	case "group.user_membership.remove":
		c.Action, c.Remove = Members, oktaMembers(f)
	default:
		c = unknown(m)
	}
	return c, f.fault()
}

func oktaMembers(f fields) []string {
	ids := oktaTargets(f, oktaUser)
	if ids == nil {
		f.keep("target", "has no "+oktaUser)
	}
	return ids
}

// oktaLeaver gives the attributes of a user whose access ended: with the login,
// for one who isn't known yet.
func oktaLeaver(f fields, id string) document.Object {
	attributes := document.Object{"active": false}
	for _, t := range f.list("target") {
		if login := t.text("alternateId"); t.text("id") == id && login != "" && login != "unknown" {
			attributes["userName"] = login
		}
	}
	return attributes
}

// Fetch reads a user or group from Okta's API. That it isn't there is believed
// only of an answer that is Okta's.
func (o okta) Fetch(ctx context.Context, s Source, of Object) (Change, error) {
	reader, err := o.upstreams.Reader(s)
	if err != nil {
		return Change{}, err
	}
	record, err := reader.Object(ctx, "/api/v1/"+strings.ToLower(of.Type)+"s/"+url.PathEscape(of.ID), nil)
	if fault.Is(err, fault.NotFound) {
		if e, ok := errors.AsType[*remote.StatusError](err); ok && e.Type == oktaNotFound {
			return Change{Action: Delete, Object: of}, nil
		}
		return Change{}, notThere(err)
	}
	if err != nil {
		return Change{}, err
	}
	f := newFields(record)
	if of.Type == schema.Group {
		return oktaGroupOf(of, f), f.fault()
	}
	return oktaUserOf(of, f), f.fault()
}

// oktaNotFound is the errorCode of an object that Okta doesn't have (Okta, "Error
// codes").
const oktaNotFound = "E0000007"

func oktaGroupOf(o Object, f fields) Change {
	return Change{
		Action: Upsert, Object: o, Record: f.object,
		Attributes: document.Object{"displayName": f.inner("profile").need("name")},
	}
}

// oktaUserOf gives the upsert of a user whose record was read. Okta leaves out
// what has no value, so all that its base profile may have is set or cleared;
// the customer's own attributes are for the source's rules.
func oktaUserOf(o Object, f fields) Change {
	profile := f.inner("profile")
	attributes := document.Object{
		"userName": profile.need("login"), "active": oktaActive(f.need("status")),
		"emails": nil, "phoneNumbers": nil, "addresses": nil,
	}
	for _, p := range oktaTexts() {
		put(attributes, p[1], orNil(profile.text(p[0])))
	}
	if emails := oktaValues(profile, [][2]string{{"email", "work"}, {"secondEmail", "other"}}); emails != nil {
		attributes["emails"] = emails
	}
	if phones := oktaValues(profile, [][2]string{{"primaryPhone", "work"}, {"mobilePhone", "mobile"}}); phones != nil {
		attributes["phoneNumbers"] = phones
	}
	address := document.Object{}
	profile.take(address, [][2]string{
		{"streetAddress", "streetAddress"},
		{"city", "locality"},
		{"state", "region"},
		{"zipCode", "postalCode"},
		{"countryCode", "country"},
	})
	if len(address) > 0 {
		address["type"] = "work"
		attributes["addresses"] = []any{address}
	}
	return Change{Action: Upsert, Object: o, Attributes: attributes, Record: f.object}
}

// oktaActive reports whether a user of a status has access, or had if it weren't
// for a password (Okta, "User status").
func oktaActive(status string) bool {
	switch status {
	case "ACTIVE", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT":
		return true
	default: // STAGED, SUSPENDED, DEPROVISIONED
		return false
	}
}

// oktaValues gives the values of a multi-valued attribute, the first of which is
// the primary one. pairs are of a field's name and a type.
func oktaValues(profile fields, pairs [][2]string) []any {
	var values []any
	for _, p := range pairs {
		if v := profile.text(p[0]); v != "" {
			values = append(values, document.Object{"value": v, "type": p[1], "primary": values == nil})
		}
	}
	return values
}

// oktaTexts gives the attributes of the base profile's fields that are texts
// (Okta, "User profile").
func oktaTexts() [][2]string {
	return [][2]string{
		{"firstName", "name.givenName"},
		{"lastName", "name.familyName"},
		{"middleName", "name.middleName"},
		{"honorificPrefix", "name.honorificPrefix"},
		{"honorificSuffix", "name.honorificSuffix"},
		{"displayName", "displayName"},
		{"nickName", "nickName"},
		{"profileUrl", "profileUrl"},
		{"title", "title"},
		{"userType", "userType"},
		{"preferredLanguage", "preferredLanguage"},
		{"locale", "locale"},
		{"timezone", "timezone"},
		{"employeeNumber", enterprise + "employeeNumber"},
		{"costCenter", enterprise + "costCenter"},
		{"organization", enterprise + "organization"},
		{"division", enterprise + "division"},
		{"department", enterprise + "department"},
	}
}
