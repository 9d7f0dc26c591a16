package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/storage/storagetest"
)

// TestSQLiteFilesArePrivate checks every file of a database, whose name needs
// escapes in a URI.
func TestSQLiteFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a b?c#d%41.db")
	d := newDirectory(t, storagetest.Open(t, storage.Config{DSN: "sqlite:" + path}))
	d.fill(t, 1, 1)
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 3 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("files %v", entries)
	}
	for _, e := range entries {
		info, err := e.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
}

// TestSQLiteSharedFile lets two programs, as it were, write to one file.
func TestSQLiteSharedFile(t *testing.T) {
	dsn := storagetest.SQLiteDSN(t)
	first := newDirectory(t, storagetest.Open(t, storage.Config{DSN: dsn}))
	second := &directory{store: storagetest.Open(t, storage.Config{DSN: dsn}), actor: first.actor}
	const each = 30
	var wg sync.WaitGroup
	for i, d := range []*directory{first, second} {
		wg.Go(func() {
			for n := range each {
				r := d.resource(t, schema.User, fmt.Sprintf(`{"userName":"%d-%d"}`, i, n))
				err := d.bound().Update(t.Context(), func(tx scimresource.Tx) error {
					return tx.Apply(t.Context(), scimresource.Change{After: r})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	page, err := first.bound().List(t.Context(), scimresource.Query{Type: first.store.Registry.Type(schema.User)})
	must(t, err)
	if page.Total != 2*each {
		t.Errorf("%d users, want %d", page.Total, 2*each)
	}
}

// TestSQLiteManyStatements runs more statements than a connection keeps.
func TestSQLiteManyStatements(t *testing.T) {
	d := newDirectory(t, storagetest.Open(t, storage.Config{DSN: storagetest.SQLiteDSN(t), MaxConnections: 1}))
	d.fill(t, 3, 0)
	typ := d.store.Registry.Type(schema.User)
	for n := range 400 {
		expr, err := filter.ParseExpr(typ, strings.Repeat(`userName pr and `, n%100)+`userName eq "user1@example.com"`)
		must(t, err)
		page, err := d.bound().List(t.Context(), scimresource.Query{Type: typ, Filter: expr, Limit: 10})
		if err != nil || page.Total != 1 || page.Resources[0].ID != d.users[1] {
			t.Fatalf("filter %d: total %d, error %v", n, page.Total, err)
		}
	}
}
