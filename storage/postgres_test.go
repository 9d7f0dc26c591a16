package storage_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // "pgx", for a look at the tables

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/storage/storagetest"
)

// TestRowLevelSecurity looks at the tables by statements that forget to name
// the organization.
func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	dsn := storagetest.PostgresDSN(t)
	store := storagetest.Open(t, storage.Config{DSN: dsn})
	d := newDirectory(t, store)
	d.fill(t, 1, 1)
	must(t, store.CreateToken(t.Context(), access.Token{ID: "tok_1", OrganizationID: d.actor.OrganizationID, Name: "t", Hash: []byte("h")}))
	other, err := store.CreateOrganization(t.Context(), "other")
	must(t, err)

	db, err := sql.Open("pgx", dsn)
	must(t, err)
	defer db.Close()
	conn, err := db.Conn(t.Context())
	must(t, err)
	count := func(table string) (n int) {
		must(t, conn.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n))
		return n
	}
	var superuser bool
	must(t, conn.QueryRowContext(t.Context(), "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&superuser))
	if superuser {
		t.Fatal("the role of the test isn't bound by row-level security")
	}
	tables := []string{"organizations", "directories", "tokens", "users", "user_emails", "groups", "group_members", "external_ids", "events"}
	for _, table := range tables {
		if n := count(table); n != 0 {
			t.Errorf("without an organization %d rows of %s are seen", n, table)
		}
	}
	enter := func(tenant string) {
		_, err := conn.ExecContext(t.Context(), "SELECT set_config('scimhub.organization_id', $1, false)", tenant)
		must(t, err)
	}
	enter(d.actor.OrganizationID)
	for _, table := range tables {
		if n := count(table); n == 0 && table != "events" {
			t.Errorf("the organization sees no rows of %s", table)
		}
	}
	enter(other.ID)
	for _, table := range tables[2:] {
		if n := count(table); n != 0 {
			t.Errorf("another organization sees %d rows of %s", n, table)
		}
		if _, err := conn.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
			t.Error(err)
		}
	}
	_, err = conn.ExecContext(t.Context(), "INSERT INTO group_members (organization_id, group_id, member_id, member_type) VALUES ($1, 'g', 'm', 'User')", d.actor.OrganizationID)
	if err == nil {
		t.Error("another organization added a member")
	}
	enter(d.actor.OrganizationID)
	if count("users") != 1 || count("tokens") != 1 {
		t.Error("another organization deleted rows")
	}
}

// TestRoleWithoutFence looks for the warning of a role that row-level security
// doesn't bind, such as that of most servers for tests.
func TestRoleWithoutFence(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{storagetest.PostgresDSN(t), os.Getenv("SCIMHUB_TEST_POSTGRES")} {
		db, err := sql.Open("pgx", dsn)
		must(t, err)
		defer db.Close()
		var unbound bool
		must(t, db.QueryRowContext(t.Context(), "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&unbound))

		var log bytes.Buffer
		storagetest.OpenOnly(t, storage.Config{DSN: dsn, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if warned := strings.Contains(log.String(), "row-level security has no effect"); warned != unbound {
			t.Errorf("unbound by row-level security: %t, warned: %t", unbound, warned)
		}
	}
}

// TestOneConnectionManyOrganizations makes organizations share one connection,
// and the pool open it anew while requests wait for it.
func TestOneConnectionManyOrganizations(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, storagetest.PostgresDSN(t))
	store := storagetest.Open(t, storage.Config{DSN: proxy.dsn, MaxConnections: 1})
	var all []*directory
	for _, name := range []string{"a", "b", "c"} {
		org, err := store.CreateOrganization(t.Context(), name)
		must(t, err)
		dir, err := store.Directory(t.Context(), org.ID, access.DefaultDirectory)
		must(t, err)
		d := &directory{store: store, actor: access.Actor{OrganizationID: org.ID, DirectoryID: dir.ID}}
		d.fill(t, 1, 1)
		all = append(all, d)
	}
	var wg sync.WaitGroup
	for _, d := range all {
		for range 4 {
			wg.Go(func() {
				for range 25 {
					page, err := d.bound().List(t.Context(), scimresource.Query{Type: store.Registry.Type(schema.User), Limit: 10})
					if fault.Is(err, fault.Unavailable) {
						continue // the connection was cut in the middle
					}
					if err != nil || page.Total != 1 || page.Resources[0].ID != d.users[0] {
						t.Errorf("total %d, error %v", page.Total, err)
					}
				}
			})
		}
	}
	for range 5 {
		proxy.cut()
	}
	wg.Wait()
}

// TestLostConnection cuts the way to the server and mends it.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, storagetest.PostgresDSN(t))
	d := newDirectory(t, storagetest.Open(t, storage.Config{DSN: proxy.dsn, MaxConnections: 2}))
	d.fill(t, 1, 0)
	typ := d.store.Registry.Type(schema.User)
	err := d.bound().Update(t.Context(), func(tx scimresource.Tx) error {
		proxy.refuse(true)
		_, err := tx.Lock(t.Context(), typ, d.users[0])
		return err
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("cut in a transaction: %v", err)
	}
	for range 3 { // one for each connection in the pool, and one to dial
		if _, err := d.bound().Get(t.Context(), typ, d.users[0], scimresource.Include{}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("read: %v", err)
		}
	}
	if err := d.store.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("ping: %v", err)
	}
	proxy.refuse(false)
	_, err = d.bound().Get(t.Context(), typ, d.users[0], scimresource.Include{})
	must(t, err)
	must(t, d.store.Ping(t.Context()))
}

// proxy stands between a store and its server.
type proxy struct {
	dsn     string
	server  string
	mu      sync.Mutex
	refuses bool
	open    []net.Conn
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	p := &proxy{server: u.Host}
	u.Host = ln.Addr().String()
	p.dsn = u.String()
	go func() {
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				p.serve(context.WithoutCancel(t.Context()), conn)
			}
		}
	}()
	return p
}

func (p *proxy) serve(ctx context.Context, conn net.Conn) {
	server, err := new(net.Dialer).DialContext(ctx, "tcp", p.server)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.refuses {
		_ = conn.Close()
		if err == nil {
			_ = server.Close()
		}
		return
	}
	p.open = append(p.open, conn, server)
	for _, pair := range [][2]net.Conn{{conn, server}, {server, conn}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1]) // ends when either is closed
			_ = pair[0].Close()
		}()
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.open {
		_ = conn.Close()
	}
	p.open = nil
}

// refuse ends all connections and turns new ones away, or lets them in again.
func (p *proxy) refuse(yes bool) {
	p.mu.Lock()
	p.refuses = yes
	p.mu.Unlock()
	p.cut()
}
