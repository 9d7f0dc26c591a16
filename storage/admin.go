package storage

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// change runs fn in a transaction that works for an organization, or for the
// system.
func (s *Store) change(ctx context.Context, organization, doing string, fn func(*gorm.DB, session) error) error {
	ctx = withTenant(ctx, organization)
	err := s.retry(ctx, func() error {
		return s.engine.transact(ctx, func(tx session) error { return fn(tx.query(ctx), tx) })
	})
	return s.failed(ctx, doing, err)
}

// taken turns the violation of a unique index into a fault with that detail.
func (s *Store) taken(err error, detail string) error {
	if s.engine.judge(err) == duplicate {
		return fault.Wrap(err, fault.Uniqueness, "%s", detail)
	}
	return err
}

// maxName is how many characters the name of an organization, directory or
// token may have.
const maxName = 200

// checkName refuses names that can't be told apart or printed on one line.
func checkName(of, name string) error {
	switch {
	case name == "" || strings.TrimSpace(name) != name:
		return fault.New(fault.InvalidValue, "the name of the %s must not be empty, nor begin or end with a blank", of)
	case utf8.RuneCountInString(name) > maxName:
		return fault.New(fault.InvalidValue, "the name of the %s has more than %d characters", of, maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fault.New(fault.InvalidValue, "the name of the %s must be printable text", of)
	}
	return nil
}
