package inbound

import (
	"context"
	"iter"
	"net/http"
)

// Vendor understands the messages of a kind of source. Its methods have no
// effects, and no state between them.
type Vendor interface {
	// Verify checks that a request is the vendor's. A signature that is wrong or
	// missing, or a timestamp out of the window, is a fault of kind InvalidValue
	// whose Detail says which; it tells nothing of the secret. A source whose own
	// configuration makes it impossible is an error of no kind.
	Verify(ctx context.Context, s Source, r Request) error

	// Messages cuts a verified request into messages: UpstreamID, Type,
	// Organization, Directory, Object, OccurredAt and Body are set. A body that
	// can't be read is a fault of kind InvalidSyntax.
	Messages(s Source, r Request) ([]Message, error)

	// Read says what a message means. One of a type that is unknown, or doesn't
	// matter here, is a Change with Action Ignore; one that can't be read is a
	// fault of kind InvalidValue.
	Read(s Source, m Message) (Change, error)
}

// Fetcher is a Vendor whose messages say little, so that the upstream must be
// asked what is true now.
type Fetcher interface {
	// Fetch reads an object at the upstream. One that is not there is a Change
	// with Action Delete. A fault of kind Unavailable is worth another try.
	Fetch(ctx context.Context, s Source, o Object) (Change, error)
}

// Lister is a Vendor whose upstream can be read whole.
type Lister interface {
	// Users and Groups give all users and groups of a mapping, as upserts with
	// all that the upstream says; Groups have MemberIDs, or Users have Groups. A
	// non-empty cursor goes on where an earlier listing was: it is that of the
	// last Listed that came whole.
	Users(ctx context.Context, s Source, m Mapping, cursor string) iter.Seq2[Listed, error]
	Groups(ctx context.Context, s Source, m Mapping, cursor string) iter.Seq2[Listed, error]
}

// Listed is one page of a listing.
type Listed struct {
	Changes []Change
	Cursor  string // of the next page; "": this is the last
}

// Challenger is a Vendor that proves by a request of its own that the address is
// ours.
type Challenger interface {
	// Challenge answers a GET. ok is false when it is no challenge.
	Challenge(h http.Header) (body any, ok bool)
}

// Refuser is a Vendor that wants refusals in a form of its own.
type Refuser interface {
	// Refusal gives the status and body that tell the vendor of an error.
	Refusal(err error) (status int, body any)
	// Accepted gives the status for a request of which accepted messages are new.
	Accepted(accepted int) int
}
