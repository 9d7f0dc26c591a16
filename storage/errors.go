package storage

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// errorClass is what a driver's error means to us.
type errorClass int

const (
	unclassified errorClass = iota
	duplicate               // a unique index has the value already
	retryable               // the same transaction may succeed if it runs again
	unreachable             // the database can't be reached now
)

// fault gives a driver's error as the domain knows it. Faults of the domain
// pass through, and what the caller gave up stays a context error.
func (s *Store) fault(err error, doing string) error {
	var f *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	case s.classify(err) == unreachable, errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Wrap(err, fault.Unavailable, "%s: the database can't be reached now; try again later", doing)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// unique gives the fault of a value that is taken, where err says that one is.
func (s *Store) unique(err error, detail string) error {
	if err != nil && s.classify(err) == duplicate {
		return fault.Wrap(err, fault.Uniqueness, "%s", detail)
	}
	return err
}
