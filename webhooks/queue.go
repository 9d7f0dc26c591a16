package webhooks

import (
	"context"
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// Queue is the database as the engine that delivers sees it: over all
// organizations.
type Queue interface {
	Leases

	// Sequence gives the next committed events their positions, in the order in
	// which they were written, and queues deliveries to the subscriptions that
	// want them, to be tried after firstDelay. One pass runs at a time in all
	// hubs together.
	Sequence(ctx context.Context, firstDelay time.Duration) (Sequenced, error)

	// Due reads the next deliveries of a leased consumer in their order: those
	// whose time has come and that no earlier one of their lane keeps waiting.
	Due(ctx context.Context, c Consumer, limit int) (Batch, error)

	// Record writes what came of a batch and renews the lease, in one
	// transaction. When the lease is another's, nothing is written and ok is
	// false: the caller must stop.
	Record(ctx context.Context, c Consumer, owner string, r Results, d time.Duration) (ok bool, err error)

	// Backlog measures what waits.
	Backlog(ctx context.Context) (Backlog, error)

	// Retain removes events and attempts that are older than the cutoff, and ends
	// deliveries that waited since before it.
	Retain(ctx context.Context, cutoff time.Time) error
}

// Sequenced is what a pass of Queue.Sequence did.
type Sequenced struct {
	Events    int      // that were given positions
	Consumers []string // ids of those that something was queued for
	More      bool     // there may be more events to sequence
}

// Batch is what a consumer has to do next.
type Batch struct {
	Subscription Subscription // as it is now
	Health       Health
	Due          []QueuedDelivery
	Generation   int64     // rises whenever something is queued
	NextAt       time.Time // when the next of those that wait is due; zero: none waits
}

// Health is how a consumer's endpoint fared lately.
type Health struct {
	Failures     int       // transport failures since the last answer
	FailingSince time.Time // of the first failure since the last success; zero: none
	PausedUntil  time.Time // nothing is sent before; zero: it isn't paused
}

// QueuedDelivery is a delivery that is to be tried now.
type QueuedDelivery struct {
	Position  int64
	EventID   string
	EventType event.Type
	Lane      string
	Attempts  int // made so far
	Replay    bool
	QueuedAt  time.Time
	CreatedAt time.Time // of the event
	Payload   []byte    // in format scimhub; nil: retention removed the event
}

// Results is what came of a batch.
type Results struct {
	Attempts []Result
	Health   Health

	// Deactivate, if not nil, ends the subscription.
	Deactivate *Deactivation
}

// Deactivation is the end of a subscription on the hub's own decision.
type Deactivation struct {
	Reason string // for the owner
	// Event announces it, given the subscription as it is then.
	Event func(Subscription) event.Event
}

// Backlog is what waits to be done over all organizations.
type Backlog struct {
	Unsequenced int64     // events without a position
	Deliveries  int64     // queued
	Retrying    int64     // of those, how many failed before
	Oldest      time.Time // when the oldest of them was queued; zero: none waits
}

// Result is one attempt at one delivery.
type Result struct {
	Delivery QueuedDelivery
	Attempt  Attempt
}
