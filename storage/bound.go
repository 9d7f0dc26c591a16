package storage

import (
	"context"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// bound is the part of a Store that one actor may touch. Every statement below
// it names the organization.
type bound struct {
	store        *Store
	organization string
	directory    string // the one that acts: whose external ids are seen
}

// table gives the table of a resource type, quoted, and the condition that its
// visible rows, under the alias r, satisfy.
func table(t *schema.ResourceType) (name, visible string) {
	if t.Name == schema.User {
		return "users", "r.state = 'live'"
	}
	return `"groups"`, "TRUE"
}

// columns are those of resourceRow; the placeholders are those of columnArgs.
const columns = `r.id, r.directory_id, r.document, r.version, r.sequence, r.created_at, r.updated_at,
	(SELECT e.external_id FROM external_ids e
	  WHERE e.organization_id = ? AND e.directory_id = ? AND e.resource_id = r.id AND e.live) AS external_id`

func (b *bound) columnArgs() []any { return []any{b.organization, b.directory} }

// Get implements scimresource.Store.
func (b *bound) Get(ctx context.Context, t *schema.ResourceType, id string, inc scimresource.Include) (*scimresource.Resource, error) {
	var r *scimresource.Resource
	err := b.store.onConn(ctx, b.store.read, b.organization, func(db *gorm.DB) error {
		var err error
		if r, err = b.get(db, t, id, ""); err != nil {
			return err
		}
		return b.include(db, []*scimresource.Resource{r}, inc)
	})
	return r, b.store.fault(err, "read a resource")
}

// get reads one live resource; lock is a locking clause or "".
func (b *bound) get(db *gorm.DB, t *schema.ResourceType, id, lock string) (*scimresource.Resource, error) {
	var rows []resourceRow
	if isUUID(id) {
		name, visible := table(t)
		query := "SELECT " + columns + " FROM " + name + " r WHERE r.organization_id = ? AND r.id = ? AND " + visible + lock
		if err := db.Raw(query, append(b.columnArgs(), b.organization, id)...).Scan(&rows).Error; err != nil {
			return nil, err
		}
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.NotFound, "no %s has the id %s", t.Name, brief(id))
	}
	return rows[0].resource(t), nil
}

// brief cuts what a client sent to what an error may repeat.
func brief(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// most attempts of a transaction that the engine asks to run again.
const maxAttempts = 10

// Update implements scimresource.Store.
func (b *bound) Update(ctx context.Context, fn func(scimresource.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := b.attempt(ctx, fn)
		if err == nil || attempt == maxAttempts || b.store.classify(err) != retryable {
			return b.store.fault(err, "change a resource")
		}
		if err := pause(ctx, attempt); err != nil {
			return b.store.fault(err, "change a resource")
		}
	}
}

func (b *bound) attempt(ctx context.Context, fn func(scimresource.Tx) error) error {
	return b.store.onConn(ctx, b.store.write, b.organization, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error { return fn(&tx{bound: b, db: db}) })
	})
}

// pause waits between attempts, longer each time and never in step with others.
func pause(ctx context.Context, attempt int) error {
	limit := time.Millisecond << min(attempt, 8)
	timer := time.NewTimer(rand.N(limit)) //nolint:gosec // spreads attempts, guards nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
