package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// failed gives an error of the database as callers see it: a fault stays what it
// is, an end of the context too, a database that can't be reached is
// Unavailable, anything else says what was being done.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	switch s.engine.judge(err) {
	case unreachable:
		return fault.Wrap(fmt.Errorf("%s: %w", doing, err), fault.Unavailable, "the database can't be reached; try again later")
	case transient:
		return fault.Wrap(fmt.Errorf("%s: %w", doing, err), fault.Unavailable, "too many changes at once; try again later")
	case unknown, duplicate, dangling:
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// notFound is the fault for a resource that is not there. It does not repeat
// the id, which the client made up perhaps.
func notFound(t *schema.ResourceType) error {
	return fault.New(fault.NotFound, "no %s has this id; it may have been deleted", t.Name)
}
