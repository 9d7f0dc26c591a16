package storage_test

import (
	"testing"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/storage/storagetest"
)

// onEngines runs a benchmark on both engines, among a thousand users.
func onEngines(b *testing.B, bench func(b *testing.B, d *directory)) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": storagetest.SQLiteDSN, "Postgres": storagetest.PostgresDSN} {
		b.Run(name, func(b *testing.B) {
			d := newDirectory(b, storagetest.Open(b, storage.Config{DSN: dsn(b)}))
			d.fill(b, 1000, 100)
			b.ReportAllocs()
			bench(b, d)
		})
	}
}

func BenchmarkStoreGet(b *testing.B) {
	onEngines(b, func(b *testing.B, d *directory) {
		store, typ := d.bound(), d.store.Registry.Type(schema.User)
		for b.Loop() {
			_, err := store.Get(b.Context(), typ, d.users[0], scimresource.Include{Groups: true})
			must(b, err)
		}
	})
}

func BenchmarkStorePage(b *testing.B) {
	onEngines(b, func(b *testing.B, d *directory) { benchmarkList(b, d, "") })
}

func BenchmarkStoreUserName(b *testing.B) {
	onEngines(b, func(b *testing.B, d *directory) { benchmarkList(b, d, `userName eq "user500@example.com"`) })
}

func benchmarkList(b *testing.B, d *directory, text string) {
	q := scimresource.Query{Type: d.store.Registry.Type(schema.User), Limit: 100, Include: scimresource.Include{Groups: true}}
	if text != "" {
		expr, err := filter.ParseExpr(q.Type, text)
		must(b, err)
		q.Filter = expr
	}
	store := d.bound()
	for b.Loop() {
		_, err := store.List(b.Context(), q)
		must(b, err)
	}
}

func BenchmarkStoreCreate(b *testing.B) {
	onEngines(b, func(b *testing.B, d *directory) {
		store := d.bound()
		for b.Loop() {
			r := d.resource(b, schema.User, `{"userName":"`+access.NewID("u")+`","emails":[{"value":"a@example.com","type":"work"}]}`)
			must(b, store.Update(b.Context(), func(tx scimresource.Tx) error {
				return tx.Apply(b.Context(), scimresource.Change{After: r, Events: []event.Event{d.event(r)}})
			}))
		}
	})
}

func BenchmarkStoreAddMember(b *testing.B) {
	onEngines(b, func(b *testing.B, d *directory) {
		store, typ, i := d.bound(), d.store.Registry.Type(schema.Group), 0
		for b.Loop() {
			i++
			must(b, store.Update(b.Context(), func(tx scimresource.Tx) error { return d.toggle(b, tx, typ, d.groups[0], d.users[i%len(d.users)]) }))
		}
	})
}

// toggle adds a member to a group, or removes it if it is one.
func (d *directory) toggle(b *testing.B, tx scimresource.Tx, typ *schema.ResourceType, group, user string) error {
	before, err := tx.Lock(b.Context(), typ, group)
	must(b, err)
	after := *before
	after.Version++
	after.Sequence++
	change := scimresource.Change{Before: before, After: &after, Events: []event.Event{d.event(&after)}}
	among, err := tx.MembersAmong(b.Context(), group, []string{user})
	must(b, err)
	if len(among) > 0 {
		change.RemoveMembers = among
	} else {
		change.AddMembers, err = tx.Find(b.Context(), []string{user})
		must(b, err)
	}
	return tx.Apply(b.Context(), change)
}

func (d *directory) event(r *scimresource.Resource) event.Event {
	return event.Event{
		ID: access.NewID("evt"), Type: event.UserUpdated, Version: event.Version, Timestamp: event.Timestamp(r.LastModified),
		OrganizationID: d.actor.OrganizationID, DirectoryID: d.actor.DirectoryID, Sequence: r.Sequence,
		Data: event.UserData{UserID: r.ID, Resource: r.Document}, ResourceType: r.Type.Name, ResourceID: r.ID,
	}
}
