package main

import (
	"cmp"

	"github.com/scimhub/scimhub/scimresource/event"
)

// told is what listen and the demo read of an event in format scimhub.
type told struct {
	ID       string     `json:"id"`
	Type     event.Type `json:"type"`
	Sequence int64      `json:"sequence"`
	Data     struct {
		UserID         string   `json:"user_id"`
		UserName       string   `json:"user_name"`
		GroupID        string   `json:"group_id"`
		DisplayName    string   `json:"display_name"`
		SubscriptionID string   `json:"subscription_id"`
		URL            string   `json:"url"`
		ChangedFields  []string `json:"changed_fields"`
		AddedMembers   []string `json:"added_members"`
		RemovedMembers []string `json:"removed_members"`
	} `json:"data"`
}

// who names whom or what the event is about.
func (t told) who() string {
	return cmp.Or(t.Data.UserName, t.Data.DisplayName, t.Data.URL, t.resource())
}

// resource gives the id of what the event is about.
func (t told) resource() string {
	return cmp.Or(t.Data.UserID, t.Data.GroupID, t.Data.SubscriptionID)
}
