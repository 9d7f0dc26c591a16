package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/webhooks"
)

// Locks that the hubs of one database share, see session.lock.
const (
	sequencerLock = 0x5c1_4b00_7002 // over event_log and what is queued
	retentionLock = 0x5c1_4b00_7003
	keysLock      = 0x5c1_4b00_7004
)

// queueChannel is where hubs tell each other what was queued.
const queueChannel = "scimhub_queue"

// sequencePass is how many events a pass gives positions to.
const sequencePass = 500

// unsequenced is an event without a position.
type unsequenced struct {
	number       int64
	organization string
	loggedEvent
}

func scanUnsequenced(rows *sql.Rows) (e unsequenced, err error) {
	return e, rows.Scan(&e.number, &e.organization, &e.id, &e.typ, &e.resourceID)
}

// Sequence implements webhooks.Queue.
//
// The events are read once, after the lock is held, and from then on named one
// by one: whatever commits meanwhile is left to the next pass. Changes of one
// resource wait for each other, so their events have rising numbers and become
// visible in that order.
func (s *Store) Sequence(ctx context.Context, firstDelay time.Duration) (done webhooks.Sequenced, err error) {
	waiting, err := collect(s.engine.read(withSystem(ctx)), with("SELECT number FROM events WHERE position IS NULL LIMIT 1"), scanInt)
	if err != nil || len(waiting) == 0 {
		return done, s.failed(ctx, "look for events without a position", err)
	}
	err = s.change(ctx, system, "give events their positions", func(tx *gorm.DB, session session) error {
		if err := session.lock(tx.Statement.Context, sequencerLock); err != nil {
			return err
		}
		events, err := collect(tx, sqlf("SELECT number, organization_id, id, type, resource_id FROM events WHERE position IS NULL ORDER BY number LIMIT %s",
			param(sequencePass)), scanUnsequenced)
		done = webhooks.Sequenced{Events: len(events), More: len(events) == sequencePass}
		if err != nil || len(events) == 0 {
			return err
		}
		if err := s.position(tx, events); err != nil {
			return err
		}
		done.Consumers, err = s.fanOut(tx, session, events, firstDelay)
		return err
	})
	return done, err
}

// position gives events the next positions.
func (s *Store) position(tx *gorm.DB, events []unsequenced) error {
	first, err := advance(tx, len(events))
	if err != nil {
		return err
	}
	records := make([][2]int64, len(events))
	for i := range events {
		events[i].position = first + int64(i)
		records[i] = [2]int64{events[i].number, events[i].position}
	}
	number, position := s.bigint(0), s.bigint(1)
	result := tx.Exec("UPDATE events SET position = "+position+" FROM "+s.engine.records()+" WHERE events.number = "+number+" AND events.position IS NULL", jsonList(records))
	if result.Error == nil && result.RowsAffected != int64(len(events)) {
		return fmt.Errorf("%d of %d events were given positions", result.RowsAffected, len(events))
	}
	return result.Error
}

// bigint is a field of records as a number.
func (s *Store) bigint(i int) string { return "CAST(" + s.engine.field(i) + " AS BIGINT)" }

// advance takes the next n positions and gives the first. The caller holds the
// sequencer's lock.
func advance(tx *gorm.DB, n int) (int64, error) {
	last, err := collect(tx, sqlf("UPDATE event_log SET position = position + %s RETURNING position", param(n)), scanInt)
	if err != nil {
		return 0, err
	}
	return last[0] - int64(n) + 1, nil
}

// fanOut queues events for the subscriptions that want them and gives the ids
// of those.
func (s *Store) fanOut(tx *gorm.DB, session session, events []unsequenced, delay time.Duration) ([]string, error) {
	interested, err := s.interested(tx, events)
	if err != nil || len(interested) == 0 {
		return nil, s.announceAll(tx, session, nil, err)
	}
	var queue []queueRecord
	var consumers [][2]string
	for _, sub := range interested {
		before := len(queue)
		for _, e := range events {
			if e.organization == sub.OrganizationID && sub.Wants(e.typ) {
				queue = append(queue, queueRecord{e.organization, sub.ID, e.position, e.id, string(e.typ), sub.Lane(e.resourceID, e.id), false})
			}
		}
		if len(queue) > before {
			consumers = append(consumers, [2]string{sub.OrganizationID, sub.ID})
		}
	}
	return idsOf(consumers), s.enqueue(tx, session, queue, consumers, delay)
}

// announceAll tells other hubs that the feed has grown.
func (s *Store) announceAll(tx *gorm.DB, session session, consumers [][2]string, err error) error {
	if err != nil {
		return err
	}
	return session.notify(tx.Statement.Context, queueChannel, strings.Join(idsOf(consumers), " "))
}

func idsOf(consumers [][2]string) []string {
	ids := make([]string, len(consumers))
	for i := range consumers {
		ids[i] = consumers[i][1]
	}
	return ids
}

// interested gives the active subscriptions of the organizations of events,
// without their credentials.
func (s *Store) interested(tx *gorm.DB, events []unsequenced) ([]webhooks.Subscription, error) {
	var organizations []string
	for _, e := range events {
		organizations = append(organizations, e.organization)
	}
	slices.Sort(organizations)
	return collect(tx, sqlf("SELECT organization_id, id, events, ordering FROM subscriptions WHERE active AND organization_id IN (%s)",
		with(s.engine.values(), jsonList(slices.Compact(organizations)))), scanInterested)
}

func scanInterested(rows *sql.Rows) (webhooks.Subscription, error) {
	sub := webhooks.Subscription{Active: true}
	var events []byte
	if err := rows.Scan(&sub.OrganizationID, &sub.ID, &events, &sub.Ordering); err != nil {
		return sub, err
	}
	return sub, json.Unmarshal(events, &sub.Events)
}

// queueRecord is a row to be queued.
type queueRecord struct {
	organization, consumer string
	position               int64
	event, typ, lane       string
	replay                 bool
}

// MarshalJSON gives the array that enqueue reads.
func (r queueRecord) MarshalJSON() ([]byte, error) {
	replay := 0
	if r.replay {
		replay = 1
	}
	return json.Marshal([]any{r.organization, r.consumer, r.position, r.event, r.typ, r.lane, replay})
}

// enqueue queues deliveries, wakes their consumers and tells other hubs.
func (s *Store) enqueue(tx *gorm.DB, session session, queue []queueRecord, consumers [][2]string, delay time.Duration) error {
	if len(queue) == 0 {
		return s.announceAll(tx, session, nil, nil)
	}
	e, now, nextAt := s.engine, s.Now(), int64(0)
	if delay > 0 {
		nextAt = micros(now.Add(delay))
	}
	list := []statement{
		{fragment: sqlf("UPDATE consumers SET generation = generation + 1, ready_at = 0 WHERE (organization_id, id) IN (SELECT %s, %s FROM %s)",
			e.field(0), e.field(1), with(e.records(), jsonList(consumers)))},
		{fragment: sqlf(`INSERT INTO delivery_queue (organization_id, consumer_id, position, event_id, event_type, lane, replay, queued_at, next_at)
			SELECT %s, %s, %s, %s, %s, %s, CAST(CAST(%s AS INTEGER) AS %s), %s, %s FROM %s`,
			e.field(0), e.field(1), s.bigint(2), e.field(3), e.field(4), e.field(5), e.field(6), e.boolean(),
			with("CAST(? AS BIGINT)", micros(now)), with("CAST(? AS BIGINT)", nextAt), with(e.records(), jsonList(queue)))},
	}
	if err := session.execute(tx.Statement.Context, list); err != nil {
		return err
	}
	return s.announceAll(tx, session, consumers, nil)
}

// insertEvent is the statement that writes an event; nil for the position is
// none yet, and for the audience everybody.
func insertEvent(e event.Event, position *int64, audience *string) (statement, error) {
	payload, err := event.Encode(e)
	if err != nil {
		return statement{}, fmt.Errorf("encode event %s: %w", e.Type, err)
	}
	return statement{fragment: sqlf("INSERT INTO events (organization_id, id, directory_id, type, resource_type, resource_id, sequence, payload, created_at, position, audience) VALUES (%s)",
		params(e.OrganizationID, e.ID, e.DirectoryID, string(e.Type), e.ResourceType, e.ResourceID, e.Sequence, string(payload),
			micros(time.Time(e.Timestamp)), position, audience))}, nil
}

// Listen calls fn with the ids of subscriptions that any hub queued something
// for, and with none when everything should be looked at, until the context is
// done. Where it can't listen, callers must look by themselves now and then.
func (s *Store) Listen(ctx context.Context, fn func(subscriptions []string)) {
	s.listenOn(ctx, queueChannel, fn)
}

func (s *Store) listenOn(ctx context.Context, channel string, fn func(ids []string)) {
	for ctx.Err() == nil {
		err := s.engine.listen(ctx, channel, func(text string) { fn(strings.Fields(text)) })
		if ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "not listening for notifications of other hubs", "error", err)
			_ = pause(ctx, listenAgain) // its only error is the end of the context
		}
	}
}

// listenAgain is the wait before a lost connection is made anew.
const listenAgain = time.Second
