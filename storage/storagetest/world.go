package storagetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // "pgx", for a look at the tables

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

// world is an organization of its own for a test.
type world struct {
	Engine
	root  *storage.Store
	dsn   string
	actor access.Actor
	store scimresource.Store // of the default directory
	hub   *scimresource.Hub
}

func newWorld(t *testing.T, e Engine, root *storage.Store, dsn string) *world {
	t.Helper()
	org, err := root.CreateOrganization(t.Context(), "org "+rand.Text())
	must(t, err)
	dir, err := root.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	actor := access.Actor{OrganizationID: org.ID, DirectoryID: dir.ID}
	return &world{
		Engine: e, root: root, dsn: dsn, actor: actor, store: root.Bind(actor),
		hub: scimresource.NewHub(scimresource.Config{
			Registry: root.Registry, Bind: root.Bind, BaseURL: root.BaseURL, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		}),
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustFault(t testing.TB, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got error %v, want a fault of kind %d", err, kind)
	}
}

func (w *world) user() *schema.ResourceType  { return w.root.Registry.Type(schema.User) }
func (w *world) group() *schema.ResourceType { return w.root.Registry.Type(schema.Group) }

// resource makes a resource that is not stored yet.
func (w *world) resource(t testing.TB, typ *schema.ResourceType, body string) *scimresource.Resource {
	t.Helper()
	in, err := document.Decode([]byte(body))
	must(t, err)
	obj, err := document.Normalize(typ, in)
	must(t, err)
	externalID, _ := obj["externalId"].(string)
	delete(obj, "externalId")
	must(t, document.Settle(typ, obj))
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &scimresource.Resource{
		Type: typ, ID: uuid.Must(uuid.NewV7()).String(), DirectoryID: w.actor.DirectoryID, ExternalID: externalID,
		Document: document.Append(nil, typ, obj), Attributes: obj, Version: 1, Sequence: 1,
		State: scimresource.Live, Created: now, LastModified: now,
	}
}

// create stores a resource with one event.
func (w *world) create(t testing.TB, typ *schema.ResourceType, body string) *scimresource.Resource {
	t.Helper()
	r := w.resource(t, typ, body)
	must(t, w.apply(t, scimresource.Change{After: r, Events: []event.Event{w.event(r)}}))
	return r
}

// createUser stores a user of that name.
func (w *world) createUser(t testing.TB, name string) *scimresource.Resource {
	t.Helper()
	return w.create(t, w.user(), `{"userName":`+quote(name)+`}`)
}

// createGroup stores a group with members.
func (w *world) createGroup(t testing.TB, name string, members ...*scimresource.Resource) *scimresource.Resource {
	t.Helper()
	g := w.create(t, w.group(), `{"displayName":`+quote(name)+`}`)
	return w.addMembers(t, g, members...)
}

func (w *world) addMembers(t testing.TB, g *scimresource.Resource, members ...*scimresource.Resource) *scimresource.Resource {
	t.Helper()
	after := next(g)
	change := scimresource.Change{Before: g, After: after, Events: []event.Event{w.event(after)}}
	for _, m := range members {
		change.AddMembers = append(change.AddMembers, scimresource.Member{ID: m.ID, Type: m.Type.Name})
	}
	must(t, w.apply(t, change))
	return after
}

// rewrite changes the document of a resource.
func (w *world) rewrite(t testing.TB, before *scimresource.Resource, body string) *scimresource.Resource {
	t.Helper()
	after := next(before)
	r := w.resource(t, before.Type, body)
	after.Document, after.Attributes, after.ExternalID = r.Document, r.Attributes, r.ExternalID
	return after
}

// offboard ends a user.
func (w *world) offboard(t testing.TB, before *scimresource.Resource) {
	t.Helper()
	must(t, w.apply(t, w.offboarding(before)))
}

func (w *world) offboarding(before *scimresource.Resource) scimresource.Change {
	after := next(before)
	after.State = scimresource.Offboarded
	return scimresource.Change{Before: before, After: after, Events: []event.Event{w.event(after)}}
}

// next gives a copy of a resource as its next version.
func next(r *scimresource.Resource) *scimresource.Resource {
	after := *r
	after.Version++
	after.Sequence++
	return &after
}

func (w *world) event(r *scimresource.Resource) event.Event {
	return event.Event{
		ID: access.NewID("evt"), Type: event.UserUpdated, Version: event.Version, Timestamp: event.Timestamp(r.LastModified),
		OrganizationID: w.actor.OrganizationID, DirectoryID: w.actor.DirectoryID, Sequence: r.Sequence,
		Data: event.UserData{UserID: r.ID, ResourceVersion: r.Version}, ResourceType: r.Type.Name, ResourceID: r.ID,
	}
}

// apply runs one change in a transaction of its own.
func (w *world) apply(t testing.TB, c scimresource.Change) error {
	t.Helper()
	return w.store.Update(t.Context(), func(tx scimresource.Tx) error { return tx.Apply(t.Context(), c) })
}

// get reads a resource that is there.
func (w *world) get(t testing.TB, r *scimresource.Resource, inc scimresource.Include) *scimresource.Resource {
	t.Helper()
	got, err := w.store.Get(t.Context(), r.Type, r.ID, inc)
	must(t, err)
	return got
}

// find gives the ids that a filter selects, in order.
func (w *world) find(t testing.TB, typ *schema.ResourceType, text string) []string {
	t.Helper()
	return findIn(t, w.store, typ, text)
}

func findIn(t testing.TB, store scimresource.Store, typ *schema.ResourceType, text string) []string {
	t.Helper()
	q := scimresource.Query{Type: typ, Limit: 1000}
	if text != "" {
		expr, err := filter.ParseExpr(typ, text)
		must(t, err)
		q.Filter = expr
	}
	page, err := store.List(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	list := ids(page.Resources)
	if page.Total != len(list) {
		t.Errorf("%s: total %d, but %d resources", text, page.Total, len(list))
	}
	return list
}

func ids(list []*scimresource.Resource) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.ID
	}
	return out
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func quote(s string) string {
	data, _ := json.Marshal(s) // strings always encode
	return string(data)
}

// raw opens a connection that the store knows nothing of, which works for an
// organization.
func (w *world) raw(t testing.TB, organizationID string) *sql.Conn {
	t.Helper()
	driver, dsn := "pgx", w.dsn
	if path, ok := strings.CutPrefix(w.dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", path
	}
	db, err := sql.Open(driver, dsn)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	must(t, err)
	if driver == "sqlite" {
		_, err := conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 10000")
		must(t, err)
	}
	if driver == "pgx" && organizationID != "" {
		_, err := conn.ExecContext(t.Context(), "SELECT set_config('scimhub.organization_id', $1, false)", organizationID)
		must(t, err)
	}
	return conn
}

// strings runs a query of one text column.
func queryStrings(ctx context.Context, t testing.TB, conn *sql.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.QueryContext(ctx, query, args...)
	must(t, err)
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		list = append(list, s)
	}
	must(t, rows.Err())
	return list
}
