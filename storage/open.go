package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Config is what a Store is made of. Registry, Now and Logger are needed.
type Config struct {
	DSN      string // sqlite:PATH or postgres://…
	Registry *schema.Registry
	BaseURL  string // of the SCIM API: the beginning of meta.location, for filters on it
	Now      func() time.Time
	Logger   *slog.Logger
	MaxConns int // of PostgreSQL, and of SQLite for reading; 0: 16
}

// Store is an open database.
type Store struct {
	Config
	engine
	read  *gorm.DB // reads outside of transactions
	write *gorm.DB // transactions that change something
}

// engine is what PostgreSQL and SQLite do differently.
type engine interface {
	dialect
	// open gives the pools to read from and to write to; they may be one.
	open(ctx context.Context, cfg Config) (read, write *gorm.DB, err error)
	// onConn runs fn on a connection of db that acts for an organization.
	onConn(ctx context.Context, db *gorm.DB, organization string, fn func(*gorm.DB) error) error
	// classify gives what a driver's error is.
	classify(err error) errorClass
	// migrations says how to migrate.
	migrations() (migrationSet, error)
}

// Open opens a database and checks that it can be reached. It changes nothing
// in it: see Migrate.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 16
	}
	s := &Store{Config: cfg}
	switch {
	case strings.HasPrefix(cfg.DSN, "sqlite:"):
		s.engine = &sqliteEngine{}
	case strings.HasPrefix(cfg.DSN, "postgres://"), strings.HasPrefix(cfg.DSN, "postgresql://"):
		s.engine = &postgresEngine{}
	default:
		return nil, errors.New("the database must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	var err error
	if s.read, s.write, err = s.open(ctx, cfg); err != nil {
		return nil, err
	}
	if err := s.reach(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*gorm.DB{s.read, s.write} {
		pool, err := db.DB()
		if err == nil {
			err = pool.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// reach checks that the database answers.
func (s *Store) reach(ctx context.Context) error {
	pool, err := s.read.DB()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return s.fault(pool.PingContext(ctx), "reach the database")
}

// Ping checks that the database answers and is migrated.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	return s.CheckMigrated(ctx)
}

// Bind gives the resources of the actor's organization, as its directory sees
// them.
func (s *Store) Bind(actor access.Actor) scimresource.Store {
	return &bound{store: s, organization: actor.OrganizationID, directory: actor.DirectoryID}
}

// now gives the time as it is stored.
func (s *Store) now() int64 { return s.Now().UnixMicro() }

// the hub itself, for look-ups before an organization is known.
const system = "*"

// onSystem runs fn for the hub itself.
func (s *Store) onSystem(ctx context.Context, fn func(*gorm.DB) error) error {
	return s.onConn(ctx, s.write, system, fn)
}

// gormConfig is common to both engines.
func gormConfig() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true, // transactions are explicit
		Logger:                 logger.Discard,
		NowFunc:                func() time.Time { return time.Time{} }, // never used: rows have no automatic times
	}
}

// pool sets the limits of a pool of connections.
func pool(db *gorm.DB, most int) (*sql.DB, error) {
	p, err := db.DB()
	if err != nil {
		return nil, err
	}
	p.SetMaxOpenConns(most)
	p.SetMaxIdleConns(most)
	p.SetConnMaxIdleTime(5 * time.Minute)
	return p, nil
}
