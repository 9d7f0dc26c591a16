package webhooks

import (
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
)

// SubscriptionEvent makes an event about a subscription, whose Sequence is that
// of the event.
func SubscriptionEvent(t event.Type, s Subscription, now time.Time) event.Event {
	return event.Event{
		ID: access.NewID("evt"), Type: t, Version: event.Version, Timestamp: event.Timestamp(now),
		OrganizationID: s.OrganizationID, Sequence: s.Sequence,
		Data:         event.SubscriptionData{SubscriptionID: s.ID, Name: s.Name, URL: s.URL, Reason: s.DeactivatedReason},
		ResourceType: event.SubscriptionResource, ResourceID: s.ID,
	}
}
