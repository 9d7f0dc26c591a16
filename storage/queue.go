package storage

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/webhooks"
)

// never is the time at which a consumer is ready that has nothing to do.
const never = math.MaxInt64

// errLeaseLost ends a transaction of a hub whose lease is another's by now.
var errLeaseLost = errors.New("the lease is lost")

// Ready implements webhooks.Leases.
func (s *Store) Ready(ctx context.Context, kind webhooks.ConsumerKind, limit int) ([]webhooks.Consumer, error) {
	now := micros(s.Now())
	list, err := collect(s.engine.read(withSystem(ctx)), sqlf(`SELECT id, organization_id FROM consumers
		WHERE enabled AND kind = %s AND ready_at <= %s AND paused_until <= %s AND lease_until <= %s ORDER BY ready_at, id LIMIT %s`,
		param(string(kind)), param(now), param(now), s.engine.clock(), param(limit)), scanConsumer)
	return list, s.failed(ctx, "look for consumers", err)
}

func scanConsumer(rows *sql.Rows) (c webhooks.Consumer, err error) {
	return c, rows.Scan(&c.ID, &c.OrganizationID)
}

// changeConsumer runs fn in a transaction for a consumer. ok is false when fn
// failed because the lease is lost; then nothing was written.
func (s *Store) changeConsumer(ctx context.Context, c webhooks.Consumer, doing string, fn func(*gorm.DB, session) error) (ok bool, err error) {
	err = s.change(ctx, c.OrganizationID, doing, fn)
	if errors.Is(err, errLeaseLost) {
		return false, nil
	}
	return err == nil, err
}

// updateConsumer sets columns of a consumer that a condition holds for, and
// fails with errLeaseLost where it doesn't.
func updateConsumer(tx *gorm.DB, c webhooks.Consumer, set, condition fragment) error {
	f := sqlf("UPDATE consumers SET %s WHERE organization_id = %s AND id = %s AND %s", set, param(c.OrganizationID), param(c.ID), condition)
	result := tx.Exec(f.sql, f.args...)
	return missing(int(result.RowsAffected), result.Error, errLeaseLost)
}

// leaseFor is the end of a lease that begins now.
func (s *Store) leaseFor(d time.Duration) fragment {
	return sqlf("%s + %s", s.engine.clock(), with("CAST(? AS BIGINT)", d.Microseconds()))
}

// Lease implements webhooks.Leases. Leases go by the clock of the database, so
// that the clocks of hubs may differ.
func (s *Store) Lease(ctx context.Context, c webhooks.Consumer, owner string, d time.Duration) (bool, error) {
	return s.changeConsumer(ctx, c, "take a lease", func(tx *gorm.DB, _ session) error {
		return updateConsumer(tx, c, sqlf("lease_owner = %s, lease_until = %s", param(owner), s.leaseFor(d)),
			sqlf("enabled AND (lease_owner = %s OR lease_until <= %s)", param(owner), s.engine.clock()))
	})
}

// Release implements webhooks.Leases.
func (s *Store) Release(ctx context.Context, c webhooks.Consumer, owner string, generation int64, readyAt time.Time) (bool, error) {
	at := int64(never)
	if !readyAt.IsZero() {
		at = micros(readyAt)
	}
	return s.changeConsumer(ctx, c, "release a lease", func(tx *gorm.DB, _ session) error {
		return updateConsumer(tx, c, sqlf("lease_owner = '', lease_until = 0, ready_at = %s", param(at)),
			sqlf("lease_owner = %s AND generation = %s", param(owner), param(generation)))
	})
}

// consumerRow is what Due reads of a consumer.
type consumerRow struct {
	generation   int64
	failures     int
	failingSince *int64
	pausedUntil  int64
}

func scanConsumerRow(rows *sql.Rows) (r consumerRow, err error) {
	return r, rows.Scan(&r.generation, &r.failures, &r.failingSince, &r.pausedUntil)
}

// Due implements webhooks.Queue. The consumer is read first: what is queued
// behind its generation may be in the batch already, but nothing before it is
// missing.
func (s *Store) Due(ctx context.Context, c webhooks.Consumer, limit int) (webhooks.Batch, error) {
	batch, err := s.due(s.engine.read(withTenant(ctx, c.OrganizationID)), c, limit)
	return batch, s.failed(ctx, "read due deliveries", err)
}

func (s *Store) due(db *gorm.DB, c webhooks.Consumer, limit int) (webhooks.Batch, error) {
	rows, err := collect(db, sqlf("SELECT generation, failures, failing_since, paused_until FROM consumers WHERE organization_id = %s AND id = %s",
		param(c.OrganizationID), param(c.ID)), scanConsumerRow)
	if err := missing(len(rows), err, noSubscription()); err != nil {
		return webhooks.Batch{}, err
	}
	batch := webhooks.Batch{Generation: rows[0].generation, Health: webhooks.Health{
		Failures: rows[0].failures, FailingSince: optionalInstant(rows[0].failingSince),
	}}
	if rows[0].pausedUntil > 0 {
		batch.Health.PausedUntil = instant(rows[0].pausedUntil)
	}
	o := &outbound{Store: s, organization: c.OrganizationID}
	if batch.Subscription, err = o.findSubscription(db, c.ID); err != nil {
		return batch, err
	}
	now := micros(s.Now())
	if batch.Due, err = collect(db, dueStatement(c, now, limit), scanDue); err != nil {
		return batch, err
	}
	next, err := collect(db, sqlf("SELECT MIN(next_at) FROM delivery_queue WHERE organization_id = %s AND consumer_id = %s AND next_at > 0 AND next_at > %s",
		param(c.OrganizationID), param(c.ID), param(now)), scanOptionalInt)
	if err == nil {
		batch.NextAt = optionalInstant(next[0])
	}
	return batch, err
}

// dueStatement selects, in their order, deliveries whose time has come. One
// that was put off keeps those behind it in its lane waiting; once its time has
// come it is selected before them.
func dueStatement(c webhooks.Consumer, now int64, limit int) fragment {
	return sqlf(`SELECT q.position, q.event_id, q.event_type, q.lane, q.attempts, q.replay, q.queued_at, e.created_at, e.payload
		FROM delivery_queue q LEFT JOIN events e ON e.organization_id = q.organization_id AND e.id = q.event_id
		WHERE q.organization_id = %s AND q.consumer_id = %s AND q.next_at <= %s AND NOT EXISTS (
			SELECT 1 FROM delivery_queue b WHERE b.organization_id = q.organization_id AND b.consumer_id = q.consumer_id
				AND b.lane = q.lane AND b.position < q.position AND b.next_at > 0 AND b.next_at > %s
		) ORDER BY q.position LIMIT %s`,
		param(c.OrganizationID), param(c.ID), param(now), param(now), param(limit))
}

func scanDue(rows *sql.Rows) (webhooks.QueuedDelivery, error) {
	var d webhooks.QueuedDelivery
	var queuedAt int64
	var createdAt *int64
	err := rows.Scan(&d.Position, &d.EventID, &d.EventType, &d.Lane, &d.Attempts, &d.Replay, &queuedAt, &createdAt, &d.Payload)
	d.QueuedAt, d.CreatedAt = instant(queuedAt), optionalInstant(createdAt)
	return d, err
}

func scanOptionalInt(rows *sql.Rows) (n *int64, err error) { return n, rows.Scan(&n) }

// Record implements webhooks.Queue.
func (s *Store) Record(ctx context.Context, c webhooks.Consumer, owner string, r webhooks.Results, d time.Duration) (bool, error) {
	announced := false
	ok, err := s.changeConsumer(ctx, c, "record deliveries", func(tx *gorm.DB, session session) error {
		if err := s.renew(tx, c, owner, r.Health, d); err != nil {
			return err
		}
		if err := session.execute(tx.Statement.Context, results(c, s.engine, r.Attempts)); err != nil {
			return err
		}
		if r.Deactivate == nil {
			return nil
		}
		announced = true
		return s.deactivate(tx, session, c, *r.Deactivate)
	})
	if ok && announced {
		s.committed()
	}
	return ok, err
}

// renew extends the lease and writes how the endpoint fares. A subscription that
// was turned off meanwhile has what it was sent recorded all the same.
func (s *Store) renew(tx *gorm.DB, c webhooks.Consumer, owner string, h webhooks.Health, d time.Duration) error {
	paused := int64(0)
	if !h.PausedUntil.IsZero() {
		paused = micros(h.PausedUntil)
	}
	return updateConsumer(tx, c, sqlf("lease_until = %s, failures = %s, failing_since = %s, paused_until = %s",
		s.leaseFor(d), param(h.Failures), param(optionalMicros(h.FailingSince)), param(paused)),
		sqlf("lease_owner = %s", param(owner)))
}

// results are the statements that write what came of attempts.
func results(c webhooks.Consumer, e engine, list []webhooks.Result) []statement {
	if len(list) == 0 {
		return nil
	}
	key := sqlf("organization_id = %s AND consumer_id = %s", param(c.OrganizationID), param(c.ID))
	var done []int64
	var again [][3]int64
	attempts := make([][]any, len(list))
	for i, r := range list {
		attempts[i] = attemptRecord(r)
		if r.Attempt.Outcome == webhooks.OutcomeRetry {
			again = append(again, [3]int64{r.Delivery.Position, int64(r.Attempt.Number), micros(r.Attempt.NextAt)})
		} else {
			done = append(done, r.Delivery.Position)
		}
	}
	number := func(i int) string { return "CAST(" + e.field(i) + " AS BIGINT)" }
	statements := []statement{insertAttempts(c, e, attempts)}
	if len(done) > 0 {
		statements = append(statements, statement{fragment: sqlf("DELETE FROM delivery_queue WHERE %s AND position IN (SELECT CAST(%s AS BIGINT) FROM %s)",
			key, e.field(0), with(e.records(), jsonList(singles(done))))})
	}
	if len(again) > 0 {
		statements = append(statements, statement{fragment: sqlf("UPDATE delivery_queue SET attempts = "+number(1)+", next_at = "+number(2)+" FROM %s WHERE %s AND position = "+number(0),
			with(e.records(), jsonList(again)), key)})
	}
	return statements
}

// singles wraps each number in an array, as records are.
func singles(list []int64) [][1]int64 {
	out := make([][1]int64, len(list))
	for i, n := range list {
		out[i][0] = n
	}
	return out
}

// attemptColumns are those of delivery_attempts but for the consumer's, with
// their types.
var attemptColumns = [...]struct{ name, typ string }{
	{"position", "BIGINT"},
	{"number", "INTEGER"},
	{"event_id", "TEXT"},
	{"event_type", "TEXT"},
	{"replay", ""},
	{"queued_at", "BIGINT"},
	{"started_at", "BIGINT"},
	{"duration", "BIGINT"},
	{"status_code", "INTEGER"},
	{"failure", "TEXT"},
	{"error", "TEXT"},
	{"response_head", "TEXT"},
	{"outcome", "TEXT"},
	{"next_at", "BIGINT"},
}

func attemptRecord(r webhooks.Result) []any {
	d, a := r.Delivery, r.Attempt
	replay := 0
	if d.Replay {
		replay = 1
	}
	return []any{
		d.Position, a.Number, d.EventID, string(d.EventType), replay, micros(d.QueuedAt), micros(a.At), a.Duration.Microseconds(),
		a.StatusCode, string(a.Failure), a.Error, a.ResponseHead, string(a.Outcome), optionalMicros(a.NextAt),
	}
}

func insertAttempts(c webhooks.Consumer, e engine, attempts [][]any) statement {
	var names, values []fragment
	for i, column := range attemptColumns {
		names = append(names, fragment{sql: column.name})
		value := "CAST(" + e.field(i) + " AS " + column.typ + ")"
		if column.typ == "" {
			value = "CAST(CAST(" + e.field(i) + " AS INTEGER) AS " + e.boolean() + ")"
		}
		values = append(values, fragment{sql: value})
	}
	return statement{fragment: sqlf("INSERT INTO delivery_attempts (organization_id, consumer_id, %s) SELECT %s, %s, %s FROM %s",
		join(names, ", "), textOf(c.OrganizationID), textOf(c.ID), join(values, ", "), with(e.records(), jsonList(attempts)))}
}

// deactivate ends a subscription on the hub's own decision, and announces it.
func (s *Store) deactivate(tx *gorm.DB, session session, c webhooks.Consumer, d webhooks.Deactivation) error {
	o := &outbound{Store: s, organization: c.OrganizationID}
	before, err := o.lockSubscription(tx, c.ID)
	if err != nil {
		return err
	}
	after := before
	after.Active, after.DeactivatedAt, after.DeactivatedReason = false, s.Now(), d.Reason
	after.UpdatedAt = after.DeactivatedAt
	after.Sequence++
	if err := o.writeSubscription(tx, before, after); err != nil {
		return err
	}
	if err := updateConsumer(tx, c, sqlf("lease_owner = '', lease_until = 0"), sqlf("TRUE")); err != nil {
		return err
	}
	insert, err := insertEvent(d.Event(after), nil, nil)
	if err != nil {
		return err
	}
	return session.execute(tx.Statement.Context, []statement{insert})
}

// Backlog implements webhooks.Queue.
func (s *Store) Backlog(ctx context.Context) (webhooks.Backlog, error) {
	list, err := collect(s.engine.read(withSystem(ctx)), with(`SELECT
		(SELECT COUNT(*) FROM events WHERE position IS NULL),
		COUNT(*), MIN(queued_at), COALESCE(SUM(CASE WHEN attempts > 0 THEN 1 ELSE 0 END), 0) FROM delivery_queue`), scanBacklog)
	if err != nil {
		return webhooks.Backlog{}, s.failed(ctx, "measure the backlog", err)
	}
	return list[0], nil
}

func scanBacklog(rows *sql.Rows) (b webhooks.Backlog, err error) {
	var oldest *int64
	err = rows.Scan(&b.Unsequenced, &b.Deliveries, &oldest, &b.Retrying)
	b.Oldest = optionalInstant(oldest)
	return b, err
}

// SigningKeys implements webhooks.KeyStore.
func (s *Store) SigningKeys(ctx context.Context, create func() (webhooks.SigningKey, error)) (keys []webhooks.SigningKey, err error) {
	keys, err = s.signingKeys(s.engine.read(withSystem(ctx)))
	if err != nil || len(keys) > 0 {
		return keys, s.failed(ctx, "read signing keys", err)
	}
	err = s.change(ctx, system, "make a signing key", func(tx *gorm.DB, session session) error {
		if err := session.lock(tx.Statement.Context, keysLock); err != nil {
			return err
		}
		if keys, err = s.signingKeys(tx); err != nil || len(keys) > 0 {
			return err
		}
		key, err := create()
		if err != nil {
			return err
		}
		sealed, err := s.sealer.seal(place("signing key", key.ID), key.Private)
		if err != nil {
			return err
		}
		keys = []webhooks.SigningKey{key}
		return tx.Exec("INSERT INTO signing_keys (id, private, created_at) VALUES (?, ?, ?)", key.ID, sealed, micros(key.CreatedAt)).Error
	})
	return keys, err
}

func (s *Store) signingKeys(db *gorm.DB) ([]webhooks.SigningKey, error) {
	keys, err := collect(db, with("SELECT id, private, created_at FROM signing_keys ORDER BY id DESC"), scanSigningKey)
	for i := range keys {
		if err == nil {
			keys[i].Private, err = s.sealer.open(place("signing key", keys[i].ID), keys[i].Private)
		}
	}
	return keys, err
}

func scanSigningKey(rows *sql.Rows) (k webhooks.SigningKey, err error) {
	var createdAt int64
	err = rows.Scan(&k.ID, &k.Private, &createdAt)
	k.CreatedAt = instant(createdAt)
	return k, err
}

// committed tells whoever asked for it that events were written.
func (s *Store) committed() {
	if s.Committed != nil {
		s.Committed()
	}
}

var (
	_ webhooks.Queue    = (*Store)(nil)
	_ webhooks.KeyStore = (*Store)(nil)
)
