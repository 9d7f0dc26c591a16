// Package event defines what the hub tells others about a change: the types of
// events and their payloads, version 1. It knows neither how events are stored
// nor how they are sent.
package event

import (
	"bytes"
	"encoding/json"
	"time"
)

// Type names what happened.
type Type string

// The types of events. docs/events.md says when each is emitted.
const (
	UserCreated            Type = "user.created"
	UserUpdated            Type = "user.updated"
	UserDeactivated        Type = "user.deactivated"
	UserReactivated        Type = "user.reactivated"
	UserOffboardingStarted Type = "user.offboarding_started"
	UserOffboarded         Type = "user.offboarded"
	UserRestored           Type = "user.restored"
	UserDeleted            Type = "user.deleted"
	GroupCreated           Type = "group.created"
	GroupUpdated           Type = "group.updated"
	GroupMembershipUpdated Type = "group.membership_updated"
	GroupDeleted           Type = "group.deleted"

	SubscriptionPing        Type = "subscription.ping"        // to one subscription, when its owner asks for it
	SubscriptionDeactivated Type = "subscription.deactivated" // the hub gave up on an endpoint
)

// Types gives all types in a fixed order.
func Types() []Type {
	return []Type{
		UserCreated, UserUpdated, UserDeactivated, UserReactivated, UserOffboardingStarted, UserOffboarded,
		UserRestored, UserDeleted, GroupCreated, GroupUpdated, GroupMembershipUpdated, GroupDeleted,
		SubscriptionPing, SubscriptionDeactivated,
	}
}

// Version is the version of every payload below.
const Version = "1"

// MaxMembers is the most member ids that one event carries, added and removed
// together. A larger change is several events of one transaction.
const MaxMembers = 1000

// Event is one event, as it is stored and sent. Its JSON form is the payload
// that subscribers get.
type Event struct {
	ID             string    `json:"id"` // "evt_…", the key to deduplicate by
	Type           Type      `json:"type"`
	Version        string    `json:"version"`
	Timestamp      Timestamp `json:"timestamp"`
	OrganizationID string    `json:"organization_id"`
	DirectoryID    string    `json:"directory_id"` // the directory whose client made the change; external ids in Data are its own
	Sequence       int64     `json:"sequence"`     // rises without reuse for one resource
	Data           any       `json:"data"`         // UserData, GroupData or SubscriptionData

	ResourceType string `json:"-"`
	ResourceID   string `json:"-"`
}

// UserData is the data of a user event.
type UserData struct {
	UserID          string          `json:"user_id"`
	UserName        string          `json:"user_name"`
	ExternalID      *string         `json:"external_id"`
	ResourceVersion int64           `json:"resource_version"`
	ChangedFields   []string        `json:"changed_fields,omitempty"` // attribute paths, of user.updated
	Reason          string          `json:"reason,omitempty"`         // of user.deleted: retention or forgotten
	Resource        json.RawMessage `json:"resource,omitempty"`       // the SCIM resource after the change
}

// GroupData is the data of a group event.
type GroupData struct {
	GroupID         string          `json:"group_id"`
	DisplayName     string          `json:"display_name"`
	ExternalID      *string         `json:"external_id"`
	ResourceVersion int64           `json:"resource_version"`
	ChangedFields   []string        `json:"changed_fields,omitempty"`  // attribute paths, of group.updated
	AddedMembers    []string        `json:"added_members,omitempty"`   // of group.membership_updated
	RemovedMembers  []string        `json:"removed_members,omitempty"` // of group.membership_updated
	Resource        json.RawMessage `json:"resource,omitempty"`        // the SCIM resource after the change, without members
}

// SubscriptionData is the data of an event about a subscription.
type SubscriptionData struct {
	SubscriptionID string `json:"subscription_id"`
	Name           string `json:"name"`
	URL            string `json:"url"`
	Reason         string `json:"reason,omitempty"` // of subscription.deactivated
}

// SubscriptionResource is the ResourceType of events about subscriptions.
const SubscriptionResource = "Subscription"

// MaxPayload is the most bytes of an event's JSON form. Longer ones go without
// the resource, which receivers then read themselves.
const MaxPayload = 256 << 10

// Encode gives the JSON form of an event: without the escapes that only matter
// inside HTML, and within MaxPayload.
func Encode(e Event) ([]byte, error) {
	data, err := encode(e)
	if err != nil || len(data) <= MaxPayload {
		return data, err
	}
	switch d := e.Data.(type) {
	case UserData:
		d.Resource = nil
		e.Data = d
	case GroupData:
		d.Resource = nil
		e.Data = d
	}
	return encode(e)
}

func encode(e Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Timestamp is a time that stands in a payload in UTC with microseconds, of
// fixed width.
type Timestamp time.Time

// MarshalJSON gives the RFC 3339 form.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000000Z"`)), nil
}
