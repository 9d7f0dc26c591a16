package storage

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Migration is a step in the history of the database schema.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not yet
}

// Migrate brings the schema up to date. On PostgreSQL several hubs may call it
// at once: one migrates, the others wait.
func (s *Store) Migrate(ctx context.Context) error {
	return s.migrating(ctx, "migrate the database", func(ctx context.Context, p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// MigrationStatus lists all migrations in order.
func (s *Store) MigrationStatus(ctx context.Context) (list []Migration, err error) {
	err = s.migrating(ctx, "read the status of migrations", func(ctx context.Context, p *goose.Provider) error {
		steps, err := p.Status(ctx)
		for _, step := range steps {
			list = append(list, Migration{Version: step.Source.Version, Name: migrationName(step.Source.Path), AppliedAt: step.AppliedAt.UTC()})
		}
		return err
	})
	return list, err
}

// CheckMigrated reports a schema that is not up to date, and what to do then. A
// schema that is newer than the program is none of that: while replicas are
// upgraded one by one, those of the version before go on working.
func (s *Store) CheckMigrated(ctx context.Context) error {
	return s.migrating(ctx, "check the schema of the database", func(ctx context.Context, p *goose.Provider) error {
		pending, err := p.HasPending(ctx)
		if err == nil && pending {
			return fault.New(fault.Unavailable, "the database schema is not up to date; run: scimhub migrate")
		}
		return err
	})
}

// Ping reports why the database can't be used now: it can't be reached, or its
// schema is not up to date.
func (s *Store) Ping(ctx context.Context) error { return s.CheckMigrated(ctx) }

func (s *Store) migrating(ctx context.Context, doing string, fn func(context.Context, *goose.Provider) error) error {
	provider, err := s.engine.migrator()
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	err = fn(withSystem(ctx), provider)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		err = fmt.Errorf("%s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
	}
	return s.failed(ctx, doing, err)
}

// migrationName gives of "00001_access.sql" what follows the number.
func migrationName(file string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
	return name
}
