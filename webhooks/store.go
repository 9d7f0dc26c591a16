package webhooks

import (
	"context"
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// Store is the part of the database that holds the events and subscriptions of
// one organization. What it does not hold is a fault of kind NotFound.
type Store interface {
	// Events reads the feed. A position behind which events were removed by
	// retention is a fault of kind Gone.
	Events(ctx context.Context, q FeedQuery) (FeedPage, error)

	// Head gives the position of the latest event.
	Head(ctx context.Context) (int64, error)

	// CreateSubscription adds a subscription. One with the same Fingerprint is a
	// fault of kind Conflict.
	CreateSubscription(ctx context.Context, s Subscription) error

	Subscription(ctx context.Context, id string) (Subscription, error)

	// Subscriptions lists those with an id greater than after, in that order.
	Subscriptions(ctx context.Context, after string, limit int) ([]Subscription, error)

	// UpdateSubscription changes a subscription to what fn makes of it, in one
	// transaction, in which fn may run more than once. One that becomes active is
	// tried at once.
	UpdateSubscription(ctx context.Context, id string, fn func(*Subscription) error) (Subscription, error)

	// DeleteSubscription removes a subscription and what is queued for it.
	DeleteSubscription(ctx context.Context, id string) error

	// Deliveries lists deliveries of a subscription, the latest first.
	Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error)

	// Delivery gives a delivery with its History.
	Delivery(ctx context.Context, ref DeliveryRef) (Delivery, error)

	// Redeliver queues the event of a delivery once more, as a replay. An event
	// that retention removed is a fault of kind Gone.
	Redeliver(ctx context.Context, ref DeliveryRef) (Delivery, error)

	// Recover queues events of a window of time once more, as replays, in their
	// order and in steps.
	Recover(ctx context.Context, r Recovery) (RecoveryStep, error)

	// Tell queues an event for one subscription alone, as a delivery that waits
	// for no other. The feed doesn't show it.
	Tell(ctx context.Context, subscriptionID string, e event.Event) (Delivery, error)
}

// DeliveryQuery selects deliveries of a subscription.
type DeliveryQuery struct {
	SubscriptionID string
	Status         DeliveryStatus // "": any
	EventType      event.Type     // "": any
	Before         int64          // position; 0: from the latest
	Limit          int
}

// Recovery asks for events of a window of time to be delivered again.
type Recovery struct {
	SubscriptionID string
	Since, Until   time.Time // of the events; Until is not in the window
	// Undelivered leaves out those that were delivered, or wait to be.
	Undelivered bool
	After       int64 // position, of the step before
}

// RecoveryStep is what one step of a recovery did.
type RecoveryStep struct {
	Queued int
	Next   int64 // the position for the next step; 0: the recovery is complete
}

// KeyStore keeps the keys that the hub itself signs with, the same for all hubs
// of a database.
type KeyStore interface {
	// SigningKeys gives the keys, the newest first. Where there are none, it adds
	// the one that create makes; of several hubs that do so at once one succeeds,
	// and all get its key.
	SigningKeys(ctx context.Context, create func() (SigningKey, error)) ([]SigningKey, error)
}

// SigningKey is a private key of the hub.
type SigningKey struct {
	ID        string // "key_…", the kid of the tokens it signs
	Private   []byte // PKCS #8, DER; sealed where it is stored
	CreatedAt time.Time
}
