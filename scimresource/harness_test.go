package scimresource_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

var cmpEmpty cmp.Option = cmpopts.EquateEmpty()

// testDirectory is a Directory on a real SQLite database, with short forms of
// its methods that fail the test where they fail.
type testDirectory struct {
	*scimresource.Directory
	t     *testing.T
	hub   *scimresource.Hub
	store *storage.Store
	actor access.Actor
	log   *eventLog
}

// eventLog keeps what was committed, in order.
type eventLog struct {
	mu     sync.Mutex
	events []event.Event
}

func newDirectory(t *testing.T) *testDirectory {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := storage.Open(t.Context(), storage.Config{
		DSN: "sqlite:" + filepath.Join(t.TempDir(), "hub.db"), Registry: registry, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	org, err := store.CreateOrganization(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	d := &testDirectory{t: t, store: store, log: &eventLog{}, actor: access.Actor{OrganizationID: org.ID}}
	d.hub = scimresource.NewHub(scimresource.Config{
		Registry: registry, Bind: d.bind, BaseURL: "http://hub.test/scim/v2", Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	return d.inDirectory("default")
}

// inDirectory gives the same hub as another directory sees it.
func (d *testDirectory) inDirectory(name string) *testDirectory {
	d.t.Helper()
	dir, err := d.store.Directory(d.t.Context(), d.actor.OrganizationID, name)
	if err != nil {
		dir, err = d.store.CreateDirectory(d.t.Context(), d.actor.OrganizationID, name)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	other := *d
	other.actor.DirectoryID = dir.ID
	other.Directory = d.hub.As(other.actor)
	return &other
}

// bind wraps the store so that the events of committed changes are seen.
func (d *testDirectory) bind(actor access.Actor) scimresource.Store {
	return listeningStore{d.store.Bind(actor), d.log}
}

type listeningStore struct {
	scimresource.Store
	log *eventLog
}

func (s listeningStore) Update(ctx context.Context, fn func(scimresource.Tx) error) error {
	var events []event.Event
	err := s.Store.Update(ctx, func(tx scimresource.Tx) error {
		events = nil
		return fn(listeningTx{tx, &events})
	})
	if err == nil {
		s.log.mu.Lock()
		defer s.log.mu.Unlock()
		s.log.events = append(s.log.events, events...)
	}
	return err
}

type listeningTx struct {
	scimresource.Tx
	events *[]event.Event
}

func (x listeningTx) Apply(ctx context.Context, c scimresource.Change) error {
	*x.events = append(*x.events, c.Events...)
	return x.Tx.Apply(ctx, c)
}

// applied gives the events so far: the type, then changed fields or how many
// members were added and removed.
func (d *testDirectory) applied() []string {
	var lines []string
	for _, e := range d.log.events {
		line := string(e.Type)
		switch data := e.Data.(type) {
		case event.UserData:
			line += " " + strings.Join(data.ChangedFields, ",")
		case event.GroupData:
			line += " " + strings.Join(data.ChangedFields, ",")
			if n := len(data.AddedMembers); n > 0 {
				line += fmt.Sprintf("+%d", n)
			}
			if n := len(data.RemovedMembers); n > 0 {
				line += fmt.Sprintf("-%d", n)
			}
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func (d *testDirectory) payloads() []string {
	d.t.Helper()
	var texts []string
	for _, e := range d.log.events {
		data, err := json.Marshal(e)
		if err != nil {
			d.t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	return texts
}

func (d *testDirectory) typ(name string) *schema.ResourceType { return d.hub.Registry.Type(name) }

func (d *testDirectory) decode(body string) document.Object {
	d.t.Helper()
	obj, err := document.Decode([]byte(body))
	if err != nil {
		d.t.Fatalf("decode %s: %v", body, err)
	}
	return obj
}

func (d *testDirectory) decoded(r *scimresource.Resource) document.Object {
	d.t.Helper()
	obj, err := r.Decoded()
	if err != nil {
		d.t.Fatal(err)
	}
	return obj
}

func (d *testDirectory) tryCreate(typeName, body string) (*scimresource.Resource, error) {
	return d.Create(d.t.Context(), d.typ(typeName), d.decode(body), scimresource.Include{})
}

func (d *testDirectory) create(typeName, body string) *scimresource.Resource {
	d.t.Helper()
	r, err := d.tryCreate(typeName, body)
	return d.must(r, err)
}

func (d *testDirectory) get(typeName, id string) *scimresource.Resource {
	d.t.Helper()
	r, err := d.Get(d.t.Context(), d.typ(typeName), id, scimresource.Include{Groups: true, Members: typeName == schema.Group})
	return d.must(r, err)
}

func (d *testDirectory) replace(typeName, id, body string) *scimresource.Resource {
	d.t.Helper()
	r, err := d.Replace(d.t.Context(), d.typ(typeName), id, d.decode(body), scimresource.Condition{}, scimresource.Include{})
	return d.must(r, err)
}

func (d *testDirectory) tryPatch(typeName, id, operations string) (*scimresource.Resource, error) {
	ops, err := patch.Parse(d.typ(typeName), d.decode(`{"Operations":[`+operations+`]}`))
	if err != nil {
		return nil, err
	}
	return d.Patch(d.t.Context(), d.typ(typeName), id, ops, scimresource.Condition{}, scimresource.Include{})
}

func (d *testDirectory) patch(typeName, id, operations string) *scimresource.Resource {
	d.t.Helper()
	r, err := d.tryPatch(typeName, id, operations)
	return d.must(r, err)
}

func (d *testDirectory) delete(typeName, id string) {
	d.t.Helper()
	if err := d.Delete(d.t.Context(), d.typ(typeName), id, scimresource.Condition{}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *testDirectory) must(r *scimresource.Resource, err error) *scimresource.Resource {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}
