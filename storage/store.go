package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
)

// Store is a database of the hub. It may be used by many goroutines, and many
// hubs may use one PostgreSQL database at a time.
type Store struct {
	Config
	engine engine
	sealer sealer
}

// Open opens a database; SQLite's file is made where there is none. The schema
// is not touched: see Migrate.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("storage configuration: %w", err)
	}
	s := &Store{Config: cfg}
	if s.sealer, err = newSealer(cfg.EncryptionKey); err != nil {
		return nil, fmt.Errorf("storage configuration: %w", err)
	}
	if path, sqlite := cfg.sqlitePath(); sqlite {
		s.engine, err = openSQLite(ctx, path, cfg.MaxConnections)
	} else {
		s.engine, err = openPostgres(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}

// Close closes all connections. No request may be in flight.
func (s *Store) Close() error { return s.engine.close() }

// Bind gives the part of the database that an actor may touch.
func (s *Store) Bind(actor access.Actor) scimresource.Store {
	return &tenant{Store: s, organization: actor.OrganizationID, directory: actor.DirectoryID}
}

// tenant is the database as one organization sees it, with the external ids of
// one of its directories. Its methods are in the files named for what they do.
type tenant struct {
	*Store
	organization string
	directory    string
	open         session // nil, or the transaction that all is part of
}

// db gives a handle for reads.
func (t *tenant) db(ctx context.Context) *gorm.DB {
	if t.open != nil {
		return t.open.query(t.as(ctx))
	}
	return t.engine.read(t.as(ctx))
}

// as marks a context as working for the tenant.
func (t *tenant) as(ctx context.Context) context.Context { return withTenant(ctx, t.organization) }
