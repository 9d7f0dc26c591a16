package inbound

import (
	"net/http"
	"time"
)

// Request is what was posted to a source.
type Request struct {
	Header http.Header
	Body   []byte // as it came
	At     time.Time
}

// Message is one event of a vendor, as it is kept in the inbox.
type Message struct {
	ID         string // "msg_…"
	SourceID   string
	UpstreamID string // unique in the source: what was seen before is not taken again
	Type       string // as the vendor names it
	// Organization and Directory are the vendor's ids of where it happened; ""
	// where the vendor doesn't say.
	Organization string
	Directory    string
	// Object is the vendor's thing that the message is about. Messages of one
	// object are applied in order.
	Object     Object
	OccurredAt time.Time // at the vendor; the time of receipt where it doesn't say
	ReceivedAt time.Time
	Body       []byte // of this event alone, JSON

	// What became of it.
	OrganizationID string // whose directory it went to, or the source's own
	Status         Status
	Attempts       int
	NextAt         time.Time // of the next attempt, while it is pending
	Early          bool      // it waits for its object to come, and holds up nothing
	Detail         string    // why it has this status, for people
	ResourceID     string    // the user or group that it changed or found
	FinishedAt     time.Time
	Number         int64 // counts the messages of the hub
}

// Object names a user or group of a vendor.
type Object struct {
	Type string // schema.User or schema.Group; "": the message is about neither
	ID   string // the vendor's
}

// Lane gives what must stay in order.
func (o Object) Lane() string { return o.Type + " " + o.ID }

// Status is what became of a message.
type Status string

// The statuses of a message.
const (
	Pending    Status = "pending"    // not applied yet, or to be tried again
	Applied    Status = "applied"    // the directory says what it says
	Superseded Status = "superseded" // a later message of the object was applied before
	Ignored    Status = "ignored"    // it says nothing about users and groups
	Unmapped   Status = "unmapped"   // no mapping fits
	Conflict   Status = "conflict"   // the user exists already, and may not be linked
	Failed     Status = "failed"     // it can't be applied
)

// Statuses gives all statuses in a fixed order.
func Statuses() []Status {
	return []Status{Pending, Applied, Superseded, Ignored, Unmapped, Conflict, Failed}
}

// Again reports whether a message of the status may be applied again by hand.
func (s Status) Again() bool { return s != Pending }
