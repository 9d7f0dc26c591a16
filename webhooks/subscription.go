package webhooks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// Subscription is somebody's wish to be told of events at a URL.
type Subscription struct {
	ID             string // "sub_…"
	OrganizationID string
	Name           string
	URL            string
	Active         bool // events are queued and delivered
	Events         []Selector
	Format         Format
	Ordering       Ordering
	OnExhausted    OnExhausted
	Signature      Signature
	RateLimit      int // deliveries per second at the most; 0: no limit
	Credentials    Credentials

	// DeactivatedAt and DeactivatedReason say when and why the hub itself, not
	// its owner, ended the subscription; zero if it didn't.
	DeactivatedAt     time.Time
	DeactivatedReason string

	Sequence  int64 // counts the events about the subscription itself
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Credentials are what a delivery is authenticated by. They are sealed where
// they are stored, and never logged.
type Credentials struct {
	Secrets             []Secret `json:"secrets"` // newest first; at least one
	AuthorizationHeader string   `json:"authorization_header,omitempty"`
}

// Secret is a key that deliveries are signed with.
type Secret struct {
	Key       string    `json:"key"`                 // "whsec_…" for v1, "whsk_…" for v1a
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: it is the current one
}

// Live gives the secrets that sign at a time, the newest first.
func (c Credentials) Live(now time.Time) []Secret {
	return slices.DeleteFunc(slices.Clone(c.Secrets), func(s Secret) bool {
		return !s.ExpiresAt.IsZero() && !now.Before(s.ExpiresAt)
	})
}

// Selector selects events by name: "user.updated", "user.*" or "*".
type Selector struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Matches reports whether the selector selects events of a type.
func (s Selector) Matches(t event.Type) bool {
	prefix, wild := strings.CutSuffix(s.Name, "*")
	return s.Name == string(t) || wild && strings.HasPrefix(string(t), prefix)
}

// Format is the form of a payload.
type Format string

// The formats of payloads.
const (
	FormatScimhub  Format = "scimhub"
	FormatFirstup  Format = "firstup"
	FormatScalekit Format = "scalekit"
	FormatSET      Format = "scim-set" // RFC 9967 events as RFC 8417 tokens
)

// Formats gives all formats in a fixed order.
func Formats() []Format { return []Format{FormatScimhub, FormatFirstup, FormatScalekit, FormatSET} }

// Ordering says which deliveries wait for each other.
type Ordering string

// The orderings of a subscription.
const (
	OrderByResource Ordering = "resource" // those of one resource
	OrderFIFO       Ordering = "fifo"     // all
	OrderNone       Ordering = "none"     // none
)

// Orderings gives all orderings in a fixed order.
func Orderings() []Ordering { return []Ordering{OrderByResource, OrderFIFO, OrderNone} }

// OnExhausted says what becomes of a delivery that failed as often as the
// retry schedule allows.
type OnExhausted string

// What can become of an exhausted delivery.
const (
	ExhaustedSkip  OnExhausted = "skip"  // it is dead, and those behind it go on
	ExhaustedBlock OnExhausted = "block" // it is tried at the last interval for good
)

// Signature is a signature scheme of Standard Webhooks.
type Signature string

// The signature schemes.
const (
	SignatureHMAC    Signature = "v1"  // HMAC-SHA256
	SignatureEd25519 Signature = "v1a" // ed25519
)

// Status says in a word whether a subscription delivers.
type Status string

// The statuses of a subscription.
const (
	StatusActive      Status = "active"
	StatusInactive    Status = "inactive"    // its owner turned it off
	StatusDeactivated Status = "deactivated" // the hub turned it off
)

// Status gives the status.
func (s Subscription) Status() Status {
	switch {
	case s.Active:
		return StatusActive
	case s.DeactivatedAt.IsZero():
		return StatusInactive
	default:
		return StatusDeactivated
	}
}

// Wants reports whether events of a type are delivered to the subscription.
func (s Subscription) Wants(t event.Type) bool {
	return s.Active && s.Selects(t)
}

// Selects reports whether the subscription's selectors name events of a type.
func (s Subscription) Selects(t event.Type) bool {
	return slices.ContainsFunc(s.Events, func(sel Selector) bool { return sel.Matches(t) })
}

// Lane gives what must stay in order: deliveries of one lane are sent one after
// another, and one that failed keeps those behind it waiting.
func (s Subscription) Lane(resourceID, eventID string) string {
	switch s.Ordering {
	case OrderFIFO:
		return "all"
	case OrderNone:
		return eventID
	default:
		return resourceID
	}
}

// Fingerprint is the same for subscriptions that would send the same events to
// the same place in the same form.
func (s Subscription) Fingerprint() string {
	names := make([]string, len(s.Events))
	for i, sel := range s.Events {
		names[i] = sel.Name + " " + sel.Version
	}
	slices.Sort(names)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", s.URL, s.Format, slices.Compact(names)))
	return hex.EncodeToString(sum[:])
}
