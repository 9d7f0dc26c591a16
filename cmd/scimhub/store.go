package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

// administer runs fn on the database of a command that works on it directly,
// beside a running hub or without one.
func (p *program) administer(cmd *cobra.Command, fn func(ctx context.Context, store *storage.Store) error) error {
	return p.withStore(cmd, func(ctx context.Context, store *storage.Store) error {
		if err := store.CheckMigrated(ctx); err != nil {
			return err
		}
		return fn(ctx, store)
	})
}

// withStore opens the database of a command, which must exist, for fn.
func (p *program) withStore(cmd *cobra.Command, fn func(ctx context.Context, store *storage.Store) error) (err error) {
	cfg, err := p.config(cmd)
	if err != nil {
		return err
	}
	if err := mustExist(cfg.Database); err != nil {
		return err
	}
	return useStore(cmd.Context(), cfg, fn)
}

// useStore opens a database for fn. Its registry has the core schemas alone:
// fn touches no resources.
func useStore(ctx context.Context, cfg Config, fn func(ctx context.Context, store *storage.Store) error) (err error) {
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		return err
	}
	store, err := storage.Open(ctx, storeConfig(cfg, registry))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return fn(ctx, store)
}

// mustExist keeps a command in the wrong folder from making an empty SQLite
// database there.
func mustExist(dsn string) error {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		return nil
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database at %s; name it with --database, or make it with scimhub migrate", path)
	}
	return nil
}
