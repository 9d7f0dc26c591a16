package storage

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// Webhooks gives the events and subscriptions of an organization.
func (s *Store) Webhooks(organizationID string) webhooks.Store {
	return &outbound{Store: s, organization: organizationID}
}

// outbound implements webhooks.Store. Its methods are in the files named for
// what they do.
type outbound struct {
	*Store
	organization string
}

func (o *outbound) as(ctx context.Context) context.Context { return withTenant(ctx, o.organization) }

// change runs fn in a transaction that works for the organization.
func (o *outbound) change(ctx context.Context, doing string, fn func(*gorm.DB, session) error) error {
	return o.Store.change(ctx, o.organization, doing, fn)
}

// change of the log of events: nobody else gives positions meanwhile.
func (o *outbound) changeLog(ctx context.Context, doing string, fn func(tx *gorm.DB, s session) error) error {
	return o.change(ctx, doing, func(tx *gorm.DB, s session) error {
		if err := s.lock(tx.Statement.Context, sequencerLock); err != nil {
			return err
		}
		return fn(tx, s)
	})
}

// Head implements webhooks.Store.
func (o *outbound) Head(ctx context.Context) (int64, error) {
	list, err := collect(o.engine.read(o.as(ctx)), with("SELECT position FROM event_log"), scanInt)
	if err != nil {
		return 0, o.failed(ctx, "read the head of the feed", err)
	}
	return list[0], nil
}

// Events implements webhooks.Store. All parts are of one statement, so of one
// snapshot: what the head says has a position is in the page or was not asked
// for.
func (o *outbound) Events(ctx context.Context, q webhooks.FeedQuery) (webhooks.FeedPage, error) {
	where := sqlf("e.organization_id = %s AND e.position > %s AND e.audience IS NULL", param(o.organization), param(q.After))
	if q.ResourceID != "" {
		where = sqlf("%s AND e.resource_id = %s", where, param(q.ResourceID))
	}
	if len(q.Types) > 0 {
		where = sqlf("%s AND e.type IN (%s)", where, with(o.engine.values(), jsonList(q.Types)))
	}
	statement := sqlf(`SELECT l.position, COALESCE(f.position, 0), e.position, e.id, e.type, e.payload
		FROM event_log l LEFT JOIN event_floors f ON f.organization_id = %s LEFT JOIN (
			SELECT e.position, e.id, e.type, e.payload FROM events e WHERE %s ORDER BY e.position LIMIT %s
		) e ON TRUE ORDER BY e.position`, param(o.organization), where, param(q.Limit))
	rows, err := collect(o.engine.read(o.as(ctx)), statement, scanFeedRow)
	if err != nil {
		return webhooks.FeedPage{}, o.failed(ctx, "read the feed", err)
	}
	return feedPage(q, rows)
}

// feedRow is an event with what the feed is like at the time; without an event
// its position is NULL.
type feedRow struct {
	head, floor       int64
	position          *int64
	id, typ, document *string
}

func scanFeedRow(rows *sql.Rows) (r feedRow, err error) {
	return r, rows.Scan(&r.head, &r.floor, &r.position, &r.id, &r.typ, &r.document)
}

// feedPage makes a page of rows, of which there is always one.
func feedPage(q webhooks.FeedQuery, rows []feedRow) (webhooks.FeedPage, error) {
	if q.After > 0 && q.After < rows[0].floor {
		return webhooks.FeedPage{}, fault.New(fault.Gone,
			"events behind this cursor were removed by retention; read the directory anew, and the feed from its beginning")
	}
	page := webhooks.FeedPage{Next: max(q.After, rows[0].head)}
	for _, r := range rows {
		if r.position == nil {
			return page, nil
		}
		page.Events = append(page.Events, webhooks.FeedEvent{
			Position: *r.position, ID: *r.id, Type: event.Type(*r.typ), Payload: []byte(*r.document),
		})
	}
	if len(page.Events) == q.Limit {
		page.Next = page.Events[q.Limit-1].Position
	}
	return page, nil
}

// Retain removes what is older than the cutoff: events, attempts, and deliveries
// that waited that long, which are recorded as dead. It works in steps, so that
// nobody waits long for it.
func (s *Store) Retain(ctx context.Context, cutoff time.Time) error {
	for _, step := range []struct {
		doing string
		fn    func(tx *gorm.DB, cutoff int64) (int64, error)
	}{
		{"give up deliveries of removed events", s.expireDeliveries},
		{"remove old attempts", s.removeAttempts},
		{"remove old events", s.removeEvents},
	} {
		for removed := int64(retentionStep); removed >= retentionStep; {
			err := s.change(ctx, system, step.doing, func(tx *gorm.DB, session session) error {
				if err := session.lock(tx.Statement.Context, retentionLock); err != nil {
					return err
				}
				var err error
				removed, err = step.fn(tx, micros(cutoff))
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// retentionStep is how many rows are removed in a transaction.
const retentionStep = 2000

// expiredError is the error of the attempt that ends a delivery which retention
// overtook.
const expiredError = "the delivery waited until its event was removed by retention"

func (s *Store) expireDeliveries(tx *gorm.DB, cutoff int64) (int64, error) {
	old := `SELECT organization_id, consumer_id, position FROM delivery_queue WHERE queued_at < ? LIMIT ?`
	err := tx.Exec(`INSERT INTO delivery_attempts (organization_id, consumer_id, position, number, event_id, event_type, replay, queued_at,
			started_at, duration, status_code, failure, error, response_head, outcome)
		SELECT organization_id, consumer_id, position, attempts + 1, event_id, event_type, replay, queued_at, ?, 0, 0, ?, ?, '', 'dead'
		FROM delivery_queue WHERE (organization_id, consumer_id, position) IN (`+old+`)`,
		micros(s.Now()), string(webhooks.FailurePayload), expiredError, cutoff, retentionStep).Error
	if err != nil {
		return 0, err
	}
	result := tx.Exec("DELETE FROM delivery_queue WHERE (organization_id, consumer_id, position) IN ("+old+")", cutoff, retentionStep)
	return result.RowsAffected, result.Error
}

func (s *Store) removeAttempts(tx *gorm.DB, cutoff int64) (int64, error) {
	result := tx.Exec(`DELETE FROM delivery_attempts WHERE (organization_id, consumer_id, position, number) IN (
		SELECT organization_id, consumer_id, position, number FROM delivery_attempts WHERE started_at < ? LIMIT ?)`, cutoff, retentionStep)
	return result.RowsAffected, result.Error
}

// removeEvents notes how far each feed is removed before it removes.
func (s *Store) removeEvents(tx *gorm.DB, cutoff int64) (int64, error) {
	old := "SELECT number FROM events WHERE created_at < ? AND position IS NOT NULL ORDER BY created_at, number LIMIT ?"
	err := tx.Exec(`INSERT INTO event_floors (organization_id, position)
		SELECT organization_id, MAX(position) FROM events WHERE created_at < ? AND number IN (`+old+`) GROUP BY organization_id
		ON CONFLICT (organization_id) DO UPDATE SET position = excluded.position WHERE excluded.position > event_floors.position`,
		cutoff, cutoff, retentionStep).Error
	if err != nil {
		return 0, err
	}
	result := tx.Exec("DELETE FROM events WHERE created_at < ? AND number IN ("+old+")", cutoff, cutoff, retentionStep)
	return result.RowsAffected, result.Error
}

// scanInt reads a row of one number.
func scanInt(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }

// noSubscription is the fault for a subscription that is not there.
func noSubscription() error {
	return fault.New(fault.NotFound, "there is no subscription with this id; it may have been deleted")
}

// missing gives err where there is one, and otherwise the fault unless there is
// exactly one row.
func missing(rows int, err, absent error) error {
	if err == nil && rows != 1 {
		return absent
	}
	return err
}

// place names a row for its seal.
func place(table string, key ...string) string {
	return table + " " + strings.Join(key, " ")
}
