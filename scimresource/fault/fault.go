// Package fault is the one error type of the domain: a Kind that a protocol
// maps to its own status, and a Detail that tells the caller what to change.
// It knows no protocol.
package fault

import (
	"errors"
	"fmt"
)

// Kind classifies a fault. The zero value is Internal, so that an error nobody
// classified is never shown to a caller.
type Kind int

// The kinds of fault. Those named in RFC 7644 §3.12, Table 9 bear the names of
// their scimType.
const (
	Internal             Kind = iota // a fault of ours; its text is logged, not shown
	InvalidSyntax                    // the body is not what the schema of the message asks for
	InvalidFilter                    // a filter that can't be parsed or evaluated
	InvalidPath                      // a PATCH path that can't be parsed or names no attribute
	InvalidValue                     // a value of the wrong type, or a required one missing
	NoTarget                         // a PATCH path that selects nothing to operate on
	Mutability                       // a change that the attribute's mutability forbids
	Uniqueness                       // a value that must be unique is taken
	TooMany                          // more results than the server is willing to calculate
	InvalidVersion                   // an unknown protocol version
	Sensitive                        // sensitive information in a place where it may leak
	Unauthenticated                  // no token, or one that is unknown, expired or revoked
	Forbidden                        // the token lacks the scope, or the operation is closed to all
	NotFound                         // no such object, or none that the caller may see
	Gone                             // what was asked for was there once, and is removed for good
	MethodNotAllowed                 // the object exists but has no such operation
	NotAcceptable                    // the answer can't be given in a form the caller accepts
	Conflict                         // the state of the object forbids the operation now
	PreconditionFailed               // the version asked for is not the current one
	TooLarge                         // the request is larger than the configured limit
	UnsupportedMediaType             // the body is of a type the server doesn't read
	TooManyRequests                  // the caller's rate limit is used up
	NotImplemented                   // the operation is optional and not offered
	Unavailable                      // a dependency is down; the same request may succeed later
)

// Error is a classified fault.
type Error struct {
	Kind   Kind
	Detail string // for the caller: what is wrong and what to change
	Err    error  // for the log: the cause, if there is one
}

// New returns a fault whose Detail is formatted as by fmt.Sprintf.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault of the given kind with a cause that is logged, never shown.
func Wrap(err error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...), Err: err}
}

// Error gives the detail and, behind it, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Detail
	}
	return e.Detail + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf gives the kind of the first fault in err's chain, and Internal for
// any other error.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Kind
	}
	return Internal
}

// Is reports whether err is a fault of the given kind.
func Is(err error, kind Kind) bool {
	f, ok := errors.AsType[*Error](err)
	return ok && f.Kind == kind
}
