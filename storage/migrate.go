package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// migrationSet says how an engine migrates.
type migrationSet struct {
	dialect goose.Dialect
	files   fs.FS
	options []goose.ProviderOption
}

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: pending
}

func (s *Store) provider() (*goose.Provider, error) {
	set, err := s.migrations()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	pool, err := s.write.DB()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(set.dialect, pool, set.files, set.options...)
}

// Migrate brings the schema up to what this hub needs. Several hubs may do so
// at once.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return s.fault(err, "migrate the database")
}

// MigrationStatus gives all migrations in order.
func (s *Store) MigrationStatus(ctx context.Context) ([]Migration, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	status, err := p.Status(ctx)
	if err != nil {
		return nil, s.fault(err, "read the state of migrations")
	}
	list := make([]Migration, len(status))
	for i, m := range status {
		list[i] = Migration{Version: m.Source.Version, Name: m.Source.Path, AppliedAt: m.AppliedAt}
	}
	return list, nil
}

// errNotMigrated says what to do about a schema that is not current.
var errNotMigrated = errors.New("the database schema is not what this version needs; run: scimhub migrate")

// CheckMigrated reports whether the schema is what this hub needs.
func (s *Store) CheckMigrated(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return s.fault(err, "read the state of migrations")
	}
	if pending {
		return errNotMigrated
	}
	return nil
}
