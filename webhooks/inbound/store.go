package inbound

import (
	"context"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/webhooks"
)

// Store keeps the sources and messages of one organization, for those who
// manage them. What it does not hold is a fault of kind NotFound.
type Store interface {
	// CreateSource adds a source. A taken slug is a fault of kind Conflict.
	CreateSource(ctx context.Context, s Source) error
	Source(ctx context.Context, id string) (Source, error)
	// Sources lists those with an id greater than after, in that order.
	Sources(ctx context.Context, after string, limit int) ([]Source, error)
	// UpdateSource changes a source to what fn makes of it, in one transaction, in
	// which fn may run more than once. Messages that no mapping fitted are tried
	// again.
	UpdateSource(ctx context.Context, id string, fn func(*Source) error) (Source, error)
	// DeleteSource removes a source and its messages. What it brought stays.
	DeleteSource(ctx context.Context, id string) error

	// Messages lists messages of a source, the latest first, without bodies.
	Messages(ctx context.Context, q MessageQuery) ([]Message, error)
	Message(ctx context.Context, sourceID, id string) (Message, error)
	// Replay makes messages pending again and gives how many.
	Replay(ctx context.Context, q MessageQuery) (int, error)
	// Waiting lists memberships that wait for their group or user, the oldest
	// first.
	Waiting(ctx context.Context, sourceID string, limit int) ([]Membership, error)
}

// MessageQuery selects messages of a source.
type MessageQuery struct {
	SourceID  string
	MessageID string // "": any
	Status    Status // "": any
	Type      string // "": any
	ObjectID  string // "": any
	Before    int64  // Number; 0: from the latest
	Limit     int
}

// Inbox is the database as the parts see it that take messages in and apply
// them: over all organizations.
type Inbox interface {
	webhooks.Leases

	// Find gives the source with a slug or id. None, or one that is not active, is
	// a fault of kind NotFound.
	Find(ctx context.Context, address string) (Source, error)

	// Receive keeps messages, all or none, and gives how many were not kept
	// before.
	Receive(ctx context.Context, s Source, list []Message) (accepted int, err error)

	// Rouse makes a source ready, after messages of it were kept.
	Rouse(ctx context.Context, c webhooks.Consumer) error

	// RouseForgotten makes sources ready that have messages to apply and are not.
	RouseForgotten(ctx context.Context) error

	// Due reads the next messages of a leased source in their order: those whose
	// time has come and that no earlier one of their object keeps waiting.
	Due(ctx context.Context, c webhooks.Consumer, limit int) (Batch, error)

	// Finish writes what became of a message that changed nothing.
	Finish(ctx context.Context, m Message) error

	// Within runs fn in a transaction in the directory of a mapping, in which fn
	// may run more than once. When fn gives nil and there is a message, it is
	// written in the same transaction as fn left it; with keep false, nothing is
	// written at all.
	Within(ctx context.Context, s Source, to Mapping, m *Message, keep bool, fn func(tx Tx) error) error

	// Unsettled gives mappings of a source in which there are memberships to
	// settle, whose group and user have both come.
	Unsettled(ctx context.Context, s Source) ([]Mapping, error)

	// Backlog measures what waits.
	Backlog(ctx context.Context) (Backlog, error)

	// Forget removes messages that were received before the cutoff and are done
	// with.
	Forget(ctx context.Context, cutoff time.Time) error
}

// Batch is what a source has to do next.
type Batch struct {
	Source     Source // as it is now
	Due        []Message
	Generation int64     // rises when the source is roused
	NextAt     time.Time // when the next of those that wait is due; zero: none waits
}

// Backlog is what waits to be done, over all sources.
type Backlog struct {
	Pending int64     // messages
	Oldest  time.Time // when the oldest of them was received; zero: none waits
	Failed  int64     // messages with status failed, unmapped or conflict
	// Memberships wait for their group or user, the oldest since then.
	Memberships      int64
	OldestMembership time.Time
}

// Tx is a transaction in the directory of a mapping.
type Tx interface {
	// Resources is the directory, whose changes are part of the transaction.
	Resources() scimresource.Store

	// Linked gives the resource that is linked to an object: that which has its id
	// as externalId in the directory. ok is false when there is none.
	Linked(ctx context.Context, o Object) (id string, ok bool, err error)

	// State gives what is known of an object and keeps others from changing it
	// until the transaction ends.
	State(ctx context.Context, o Object) (State, error)
	SetState(ctx context.Context, o Object, s State) error

	// Hurry makes messages due that waited for an object to come.
	Hurry(ctx context.Context, o Object) error

	// SetMemberships notes who the source says is a member of what. An older
	// statement doesn't replace a later one.
	SetMemberships(ctx context.Context, list []Membership) error

	// EndMemberships notes that those of a user, or of a group, have ended but for
	// the ones to keep: ids of groups, or of users.
	EndMemberships(ctx context.Context, o Object, keep []string, at time.Time) error

	// Settleable gives memberships that are not settled and whose group and user
	// have both come: those of an object, or with the zero Object all; in the
	// order of groups, no more than the limit. They stay locked.
	Settleable(ctx context.Context, o Object, limit int) ([]Settlement, error)

	// Settle notes that the directory says what the source does.
	Settle(ctx context.Context, list []Settlement) error
}

// State is what is known of a vendor's user or group.
type State struct {
	ChangedAt time.Time // at the vendor, by the latest message that was applied; zero: none was
	Deleted   bool      // it is gone there
}

// Membership is what a source says of a user and a group.
type Membership struct {
	GroupID, UserID string // the vendor's
	Member          bool
	ChangedAt       time.Time // at the vendor
	Since           time.Time // when the hub learned of it
}

// Settlement is a membership with the resources that it is about.
type Settlement struct {
	Membership
	GroupResource string
	UserResource  string
}
