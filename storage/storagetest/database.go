package storagetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

// BaseURL is the BaseURL of stores that Open opens, where the Config has none.
const BaseURL = "https://hub.example.com/scim/v2"

// SQLiteDSN names a SQLite database of its own for a test.
func SQLiteDSN(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "scimhub.db")
}

// PostgresDSN makes an empty PostgreSQL database for a test on the server of
// SCIMHUB_TEST_POSTGRES, and drops it afterwards. Its owner, whom the DSN names,
// is no superuser, so that row-level security counts. Without a server the test
// fails.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	server := serverURL(t)
	name, password := "scimhub_test_"+strings.ToLower(rand.Text()[:12]), rand.Text()
	run(t, server.String(), fmt.Sprintf("CREATE ROLE %s LOGIN NOSUPERUSER PASSWORD '%s'", name, password))
	t.Cleanup(func() { run(t, server.String(), "DROP ROLE "+name) })
	run(t, server.String(), fmt.Sprintf("CREATE DATABASE %s OWNER %s", name, name))
	t.Cleanup(func() { run(t, server.String(), "DROP DATABASE "+name+" WITH (FORCE)") })
	own := *server
	own.User, own.Path = url.UserPassword(name, password), "/"+name
	return own.String()
}

func serverURL(t testing.TB) *url.URL {
	t.Helper()
	dsn := os.Getenv("SCIMHUB_TEST_POSTGRES")
	if dsn == "" {
		t.Fatal("SCIMHUB_TEST_POSTGRES names no PostgreSQL server; run the tests by: make test")
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" {
		t.Fatal("SCIMHUB_TEST_POSTGRES must be a URL: postgres://USER:PASSWORD@HOST:PORT/postgres")
	}
	return u
}

// run runs a statement on a connection of its own.
func run(t testing.TB, dsn, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // cleanups come after the end of t's
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("PostgreSQL server of SCIMHUB_TEST_POSTGRES: %v", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was written that a close could lose
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", strings.Join(strings.Fields(statement)[:2], " "), err)
	}
}

// Open opens a store for a test and migrates its database. What cfg leaves out
// but the DSN is filled in.
func Open(t testing.TB, cfg storage.Config) *storage.Store {
	t.Helper()
	store := OpenOnly(t, cfg)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// OpenOnly is Open without migrating.
func OpenOnly(t testing.TB, cfg storage.Config) *storage.Store {
	t.Helper()
	if cfg.Registry == nil {
		cfg.Registry = coreRegistry(t)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.BaseURL == "" {
		cfg.BaseURL = BaseURL
	}
	if cfg.EncryptionKey == nil {
		cfg.EncryptionKey = make([]byte, storage.KeySize)
	}
	store, err := storage.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func coreRegistry(t testing.TB) *schema.Registry {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	return registry
}
