package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/api/eventtest"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// engine is a database that the tests run on.
type engine struct {
	name   string
	driver string                    // of database/sql, to look at the tables
	dsn    func(t testing.TB) string // of a fresh database, as --database has it
}

// engines gives both engines. Without a PostgreSQL server the tests fail: what
// was not tested there is not known to work there.
func engines(t testing.TB) []engine {
	t.Helper()
	if os.Getenv("SCIMHUB_TEST_POSTGRES") == "" {
		t.Fatal("SCIMHUB_TEST_POSTGRES is not set; run the tests with: make test")
	}
	return []engine{
		{name: "sqlite", driver: "sqlite", dsn: func(t testing.TB) string {
			return "sqlite:" + filepath.Join(t.TempDir(), "hub.db")
		}},
		{name: "postgres", driver: "pgx", dsn: freshPostgres},
	}
}

// freshPostgres makes a database that is dropped when the test ends.
func freshPostgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("SCIMHUB_TEST_POSTGRES")
	name := "hub_" + strings.TrimPrefix(access.NewID("t"), "t_")
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
		db.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("SCIMHUB_TEST_POSTGRES is no URL: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// testKey is the encryption key of hubs under test.
const testKey = "c2NpbWh1Yi10ZXN0LWtleS1vZi0zMi1ieXRlcy4uLi4="

// testHub is a hub, wired as serve wires it, on a fresh database.
type testHub struct {
	*app
	handler http.Handler
	token   string // with all scopes
	db      *sql.DB
}

func newTestHub(t testing.TB, e engine) *testHub {
	t.Helper()
	return newTestHubOf(t, e, func(*Config) {})
}

// newTestHubOf is newTestHub with some of the configuration changed.
func newTestHubOf(t testing.TB, e engine, change func(*Config)) *testHub {
	t.Helper()
	cfg := defaultConfig()
	cfg.Database = e.dsn(t)
	cfg.PublicURL = "http://hub.test"
	cfg.BootstrapToken = access.NewSecret()
	cfg.EncryptionKey = testKey
	cfg.Schemas = filepath.Join("testdata", "schemas")
	change(&cfg)
	hub, err := newHub(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	db := openDatabase(t, e, cfg.Database)
	if _, measures := t.(*testing.B); !measures {
		t.Cleanup(func() { storedEvents(t, db) }) // which checks them
	}
	return &testHub{app: hub, handler: hub.Handler(), token: cfg.BootstrapToken, db: db}
}

// openDatabase opens the database of a hub to look at its tables.
func openDatabase(t testing.TB, e engine, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.driver, strings.TrimPrefix(dsn, "sqlite:"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// actor is who a token is made for.
type actor struct {
	organization string // "": the first one
	directory    string // "": the default one
	scopes       []access.Scope
}

// newToken gives a token of an actor, whose organization and directory it makes
// if need be.
func (h *testHub) newToken(t testing.TB, a actor) string {
	t.Helper()
	ctx := t.Context()
	org, err := h.store.Organization(ctx, cmp.Or(a.organization, "default"))
	if fault.Is(err, fault.NotFound) {
		org, err = h.store.CreateOrganization(ctx, a.organization)
	}
	must(t, err)
	dir, err := h.store.Directory(ctx, org.ID, cmp.Or(a.directory, access.DefaultDirectory))
	if fault.Is(err, fault.NotFound) {
		dir, err = h.store.CreateDirectory(ctx, org.ID, a.directory)
	}
	must(t, err)
	secret := access.NewSecret()
	must(t, h.store.CreateToken(ctx, access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, DirectoryID: dir.ID, Name: "test",
		Hash: access.Hash(secret), Scopes: a.scopes, CreatedAt: time.Now(),
	}))
	return secret
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// storedEvent is an event as the tests look at it.
type storedEvent struct {
	Type       string
	Sequence   int
	ResourceID string
	Data       map[string]any
}

// ids gives a list of ids in the event's data.
func (e storedEvent) ids(name string) []string {
	list, _ := e.Data[name].([]any)
	ids := make([]string, len(list))
	for i := range list {
		ids[i], _ = list[i].(string)
	}
	return ids
}

// events gives all events in the order in which they were written.
func (h *testHub) events(t testing.TB) []storedEvent {
	t.Helper()
	return storedEvents(t, h.db)
}

// storedEvents gives all events of a database, each of which must be what the
// catalog says of its type.
func storedEvents(t testing.TB, db *sql.DB) []storedEvent {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), "SELECT resource_id, payload FROM events ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []storedEvent
	catalog := eventtest.Checker{}
	for rows.Next() {
		var e storedEvent
		var payload []byte
		if err := rows.Scan(&e.ResourceID, &payload); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(payload, &e); err != nil {
			t.Fatal(err)
		}
		catalog.Check(t, payload)
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}
