package webhooks

import (
	"encoding/binary"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

// The statuses of a delivery.
const (
	DeliveryPending   DeliveryStatus = "pending"   // not tried yet
	DeliveryRetrying  DeliveryStatus = "retrying"  // failed, and will be tried again
	DeliveryDelivered DeliveryStatus = "delivered" // answered with 2xx
	DeliveryDead      DeliveryStatus = "dead"      // given up
)

// DeliveryStatuses gives all statuses in a fixed order.
func DeliveryStatuses() []DeliveryStatus {
	return []DeliveryStatus{DeliveryPending, DeliveryRetrying, DeliveryDelivered, DeliveryDead}
}

// Delivery is one event on its way to one subscription.
type Delivery struct {
	Position       int64 // its place in the order of the subscription's deliveries
	SubscriptionID string
	EventID        string
	EventType      event.Type
	Status         DeliveryStatus
	Attempts       int
	NextAt         time.Time // of a pending or retrying one; zero: at once
	Replay         bool      // it was asked for again
	QueuedAt       time.Time
	FinishedAt     time.Time // of a delivered or dead one

	// History has the attempts, the oldest first, where they were asked for.
	History []Attempt
}

// ID gives the delivery's id.
func (d Delivery) ID() string { return DeliveryRef{d.SubscriptionID, d.Position}.String() }

// Outcome is what came of an attempt.
type Outcome string

// The outcomes of an attempt.
const (
	OutcomeDelivered Outcome = "delivered"
	OutcomeRetry     Outcome = "retry" // it failed, and another follows
	OutcomeDead      Outcome = "dead"  // it failed, and was the last
)

// FailureKind says where an attempt failed.
type FailureKind string

// The kinds of failure. The zero value is none.
const (
	FailureRefused   FailureKind = "refused"   // the address may not be sent to
	FailureTransport FailureKind = "transport" // there was no answer
	FailureTimeout   FailureKind = "timeout"   // there was no answer in time
	FailureStatus    FailureKind = "status"    // the answer was not 2xx
	FailurePayload   FailureKind = "payload"   // there is nothing to send
)

// Attempt is one try to deliver.
type Attempt struct {
	Number       int // from 1
	At           time.Time
	Duration     time.Duration
	StatusCode   int // of the answer; 0: there was none
	Failure      FailureKind
	Error        string // what failed, for people
	ResponseHead string // the beginning of the answer's body, at most MaxResponseHead bytes
	Outcome      Outcome
	NextAt       time.Time // of the next attempt, if Outcome is OutcomeRetry
}

// MaxResponseHead is how many bytes of an answer are kept.
const MaxResponseHead = 4 << 10

// DeliveryRef names a delivery: by what it is delivered to and its place there.
// The id of a delivery says no more, so that none has to be stored.
type DeliveryRef struct {
	SubscriptionID string
	Position       int64
}

// The prefixes of ids, and how many bytes a subscription's id stands for.
const (
	deliveryPrefix     = "dlv"
	subscriptionPrefix = "sub"
	subscriptionBytes  = 16
)

// String gives the delivery's id: "dlv_" and the two parts, in base32.
func (r DeliveryRef) String() string {
	subscription, _ := access.DecodeID(subscriptionPrefix, r.SubscriptionID)
	return access.EncodeID(deliveryPrefix, binary.BigEndian.AppendUint64(subscription, uint64(r.Position))) //nolint:gosec // positions are never negative
}

// ParseDeliveryID reads a delivery's id. Anything else is a fault of kind
// NotFound: there can be no such delivery.
func ParseDeliveryID(id string) (DeliveryRef, error) {
	raw, ok := access.DecodeID(deliveryPrefix, id)
	if !ok || len(raw) != subscriptionBytes+8 {
		return DeliveryRef{}, fault.New(fault.NotFound, "there is no such delivery")
	}
	position := binary.BigEndian.Uint64(raw[subscriptionBytes:])
	return DeliveryRef{
		SubscriptionID: access.EncodeID(subscriptionPrefix, raw[:subscriptionBytes]),
		Position:       int64(position), //nolint:gosec // no delivery has a negative one
	}, nil
}
