package webhooks

import (
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// firstupEvent is an event as Firstup posts it (Firstup, "User management
// syncing"): a hint which user to read, without what changed. Its id is in the
// header of the delivery alone.
//
// Types of events keep their names, Firstup's own three being the same as ours.
// Those that Firstup doesn't have take the same shape, with the id of what they
// are about.
type firstupEvent struct {
	Event     event.Type  `json:"event"`
	Timestamp string      `json:"timestamp"` // whole seconds
	Data      firstupData `json:"data"`
}

// firstupData has user_id in events of users, group_id in those of groups and
// subscription_id in those of subscriptions.
type firstupData struct {
	UserID         string   `json:"user_id,omitempty"`
	GroupID        string   `json:"group_id,omitempty"`
	SubscriptionID string   `json:"subscription_id,omitempty"`
	ChangedFields  []string `json:"changed_fields,omitempty"`
	AddedMembers   []string `json:"added_members,omitempty"`
	RemovedMembers []string `json:"removed_members,omitempty"`
	Reason         string   `json:"reason,omitempty"`
}

// firstup gives an event in Firstup's form.
func firstup(e stored) firstupEvent {
	return firstupEvent{
		Event:     e.Type,
		Timestamp: e.Timestamp.UTC().Format(time.RFC3339),
		Data: firstupData{
			UserID: e.Data.UserID, GroupID: e.Data.GroupID, SubscriptionID: e.Data.SubscriptionID,
			ChangedFields: e.Data.ChangedFields,
			AddedMembers:  e.Data.AddedMembers, RemovedMembers: e.Data.RemovedMembers,
			Reason: e.Data.Reason,
		},
	}
}
