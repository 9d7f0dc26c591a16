package storage

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// Deliveries implements webhooks.Store. Those that are not done with are in the
// queue, the others are known by their last attempt.
func (o *outbound) Deliveries(ctx context.Context, q webhooks.DeliveryQuery) ([]webhooks.Delivery, error) {
	if _, err := o.Subscription(ctx, q.SubscriptionID); err != nil {
		return nil, err
	}
	var list []webhooks.Delivery
	if q.Status != webhooks.DeliveryDelivered && q.Status != webhooks.DeliveryDead {
		queued, err := o.queuedDeliveries(ctx, q)
		if err != nil {
			return nil, o.failed(ctx, "list deliveries", err)
		}
		list = queued
	}
	if q.Status != webhooks.DeliveryPending && q.Status != webhooks.DeliveryRetrying {
		finished, err := o.finishedDeliveries(ctx, q)
		if err != nil {
			return nil, o.failed(ctx, "list deliveries", err)
		}
		list = append(list, finished...)
	}
	slices.SortFunc(list, func(a, b webhooks.Delivery) int { return cmp.Compare(b.Position, a.Position) })
	// A delivery that was recorded between the two reads is in both.
	list = slices.CompactFunc(list, func(a, b webhooks.Delivery) bool { return a.Position == b.Position })
	return list[:min(len(list), q.Limit)], nil
}

// ofConsumer is the condition that both tables of deliveries share.
func (o *outbound) ofConsumer(q webhooks.DeliveryQuery) fragment {
	where := sqlf("organization_id = %s AND consumer_id = %s", param(o.organization), param(q.SubscriptionID))
	if q.Before > 0 {
		where = sqlf("%s AND position < %s", where, param(q.Before))
	}
	if q.EventType != "" {
		where = sqlf("%s AND event_type = %s", where, param(string(q.EventType)))
	}
	return where
}

func (o *outbound) queuedDeliveries(ctx context.Context, q webhooks.DeliveryQuery) ([]webhooks.Delivery, error) {
	where := o.ofConsumer(q)
	switch q.Status {
	case webhooks.DeliveryPending:
		where = sqlf("%s AND attempts = 0", where)
	case webhooks.DeliveryRetrying:
		where = sqlf("%s AND attempts > 0", where)
	default: // both
	}
	return collect(o.engine.read(o.as(ctx)), sqlf(`SELECT position, event_id, event_type, attempts, next_at, replay, queued_at
		FROM delivery_queue WHERE %s ORDER BY position DESC LIMIT %s`, where, param(q.Limit)), scanQueued(q.SubscriptionID))
}

func scanQueued(subscriptionID string) func(*sql.Rows) (webhooks.Delivery, error) {
	return func(rows *sql.Rows) (webhooks.Delivery, error) {
		d := webhooks.Delivery{SubscriptionID: subscriptionID, Status: webhooks.DeliveryPending}
		var nextAt, queuedAt int64
		err := rows.Scan(&d.Position, &d.EventID, &d.EventType, &d.Attempts, &nextAt, &d.Replay, &queuedAt)
		d.QueuedAt = instant(queuedAt)
		if nextAt > 0 {
			d.NextAt = instant(nextAt)
		}
		if d.Attempts > 0 {
			d.Status = webhooks.DeliveryRetrying
		}
		return d, err
	}
}

func (o *outbound) finishedDeliveries(ctx context.Context, q webhooks.DeliveryQuery) ([]webhooks.Delivery, error) {
	outcomes := "outcome IN ('delivered', 'dead')"
	switch q.Status {
	case webhooks.DeliveryDelivered:
		outcomes = "outcome = 'delivered'"
	case webhooks.DeliveryDead:
		outcomes = "outcome = 'dead'"
	default: // both
	}
	return collect(o.engine.read(o.as(ctx)), sqlf(`SELECT position, event_id, event_type, number, replay, queued_at, started_at, duration, outcome
		FROM delivery_attempts WHERE %s AND %s ORDER BY position DESC LIMIT %s`, o.ofConsumer(q), outcomes, param(q.Limit)), scanFinished(q.SubscriptionID))
}

func scanFinished(subscriptionID string) func(*sql.Rows) (webhooks.Delivery, error) {
	return func(rows *sql.Rows) (webhooks.Delivery, error) {
		d := webhooks.Delivery{SubscriptionID: subscriptionID}
		var queuedAt, startedAt, duration int64
		err := rows.Scan(&d.Position, &d.EventID, &d.EventType, &d.Attempts, &d.Replay, &queuedAt, &startedAt, &duration, &d.Status)
		d.QueuedAt, d.FinishedAt = instant(queuedAt), instant(startedAt+duration)
		return d, err
	}
}

// Delivery implements webhooks.Store.
func (o *outbound) Delivery(ctx context.Context, ref webhooks.DeliveryRef) (webhooks.Delivery, error) {
	// The attempts first: one that ends meanwhile is found in the queue or, if it
	// left it before, by another look at the attempts.
	list, err := o.deliveryAt(ctx, ref)
	if err == nil && list == nil {
		err = fault.New(fault.NotFound, "there is no delivery with this id; retention may have removed it")
	}
	if err != nil {
		return webhooks.Delivery{}, o.failed(ctx, "read delivery", err)
	}
	d := list[0]
	d.History, err = o.attempts(ctx, ref)
	return d, o.failed(ctx, "read attempts", err)
}

func (o *outbound) deliveryAt(ctx context.Context, ref webhooks.DeliveryRef) ([]webhooks.Delivery, error) {
	q := webhooks.DeliveryQuery{SubscriptionID: ref.SubscriptionID, Before: ref.Position + 1, Limit: 1}
	for _, read := range []func(context.Context, webhooks.DeliveryQuery) ([]webhooks.Delivery, error){
		o.queuedDeliveries, o.finishedDeliveries,
	} {
		list, err := read(ctx, q)
		if err != nil || len(list) == 1 && list[0].Position == ref.Position {
			return list, err
		}
	}
	return nil, nil
}

func (o *outbound) attempts(ctx context.Context, ref webhooks.DeliveryRef) ([]webhooks.Attempt, error) {
	return collect(o.engine.read(o.as(ctx)), sqlf(`SELECT number, started_at, duration, status_code, failure, error, response_head, outcome, next_at
		FROM delivery_attempts WHERE organization_id = %s AND consumer_id = %s AND position = %s ORDER BY number`,
		param(o.organization), param(ref.SubscriptionID), param(ref.Position)), scanAttempt)
}

func scanAttempt(rows *sql.Rows) (webhooks.Attempt, error) {
	var a webhooks.Attempt
	var startedAt, duration int64
	var nextAt *int64
	err := rows.Scan(&a.Number, &startedAt, &duration, &a.StatusCode, &a.Failure, &a.Error, &a.ResponseHead, &a.Outcome, &nextAt)
	a.At, a.Duration, a.NextAt = instant(startedAt), time.Duration(duration)*time.Microsecond, optionalInstant(nextAt)
	return a, err
}

// Redeliver implements webhooks.Store. A delivery that still waits in the queue
// is tried at once.
func (o *outbound) Redeliver(ctx context.Context, ref webhooks.DeliveryRef) (webhooks.Delivery, error) {
	d, err := o.Delivery(ctx, ref)
	if err != nil {
		return d, err
	}
	var again webhooks.Delivery
	err = o.changeLog(ctx, "queue a delivery again", func(tx *gorm.DB, s session) error {
		hurried, err := o.hurry(tx, ref)
		if err != nil || hurried {
			again = d
			again.NextAt = time.Time{}
			return err
		}
		events, err := o.eventsByID(tx, d.EventID)
		if err != nil {
			return err
		}
		queued, err := o.replay(tx, s, ref.SubscriptionID, events)
		if err == nil {
			again = queued[0]
		}
		return err
	})
	again.History = nil
	return again, err
}

// hurry makes a delivery that is in the queue due. ok is false where it isn't.
func (o *outbound) hurry(tx *gorm.DB, ref webhooks.DeliveryRef) (ok bool, err error) {
	result := tx.Exec("UPDATE delivery_queue SET next_at = 0 WHERE organization_id = ? AND consumer_id = ? AND position = ?",
		o.organization, ref.SubscriptionID, ref.Position)
	if result.Error != nil || result.RowsAffected == 0 {
		return false, result.Error
	}
	return true, o.rouse(tx, ref.SubscriptionID)
}

// rouse makes a consumer ready.
func (o *outbound) rouse(tx *gorm.DB, id string) error {
	return tx.Exec("UPDATE consumers SET ready_at = 0, generation = generation + 1 WHERE organization_id = ? AND id = ?", o.organization, id).Error
}

// loggedEvent is an event as it is queued.
type loggedEvent struct {
	position   int64
	id         string
	typ        event.Type
	resourceID string
}

func scanLogged(rows *sql.Rows) (e loggedEvent, err error) {
	return e, rows.Scan(&e.position, &e.id, &e.typ, &e.resourceID)
}

func (o *outbound) eventsByID(tx *gorm.DB, id string) ([]loggedEvent, error) {
	list, err := collect(tx, sqlf("SELECT position, id, type, resource_id FROM events WHERE organization_id = %s AND id = %s AND position IS NOT NULL",
		param(o.organization), param(id)), scanLogged)
	return list, missing(len(list), err, fault.New(fault.Gone, "the event was removed by retention and can't be delivered again"))
}

// replay queues events for a subscription under fresh positions.
func (o *outbound) replay(tx *gorm.DB, s session, subscriptionID string, events []loggedEvent) ([]webhooks.Delivery, error) {
	sub, err := o.findSubscription(tx, subscriptionID)
	if err != nil {
		return nil, err
	}
	if !sub.Active {
		return nil, fault.New(fault.Conflict, "the subscription is %s; set active to true first", sub.Status())
	}
	if len(events) == 0 {
		return nil, nil
	}
	first, err := advance(tx, len(events))
	if err != nil {
		return nil, err
	}
	now := o.Now()
	queue := make([]queueRecord, len(events))
	deliveries := make([]webhooks.Delivery, len(events))
	for i, e := range events {
		position := first + int64(i)
		queue[i] = queueRecord{o.organization, sub.ID, position, e.id, string(e.typ), sub.Lane(e.resourceID, e.id), true}
		deliveries[i] = webhooks.Delivery{
			Position: position, SubscriptionID: sub.ID, EventID: e.id, EventType: e.typ,
			Status: webhooks.DeliveryPending, Replay: true, QueuedAt: now.UTC().Truncate(time.Microsecond),
		}
	}
	return deliveries, o.enqueue(tx, s, queue, [][2]string{{o.organization, sub.ID}}, 0)
}

// Recover implements webhooks.Store.
func (o *outbound) Recover(ctx context.Context, r webhooks.Recovery) (step webhooks.RecoveryStep, err error) {
	err = o.changeLog(ctx, "recover deliveries", func(tx *gorm.DB, s session) error {
		sub, err := o.findSubscription(tx, r.SubscriptionID)
		if err != nil {
			return err
		}
		events, err := o.window(tx, r)
		if err != nil {
			return err
		}
		step = webhooks.RecoveryStep{}
		if len(events) == recoveryStep {
			step.Next = events[recoveryStep-1].position
		}
		events = slices.DeleteFunc(events, func(e loggedEvent) bool { return !sub.Selects(e.typ) })
		queued, err := o.replay(tx, s, sub.ID, events)
		step.Queued = len(queued)
		return err
	})
	return step, err
}

// recoveryStep is how many events a step of a recovery looks at.
const recoveryStep = 1000

// window reads the next events that a recovery asks for.
func (o *outbound) window(tx *gorm.DB, r webhooks.Recovery) ([]loggedEvent, error) {
	where := sqlf("e.organization_id = %s AND e.created_at >= %s AND e.created_at < %s AND e.position > %s AND e.audience IS NULL",
		param(o.organization), param(micros(r.Since)), param(micros(r.Until)), param(r.After))
	if r.Undelivered {
		where = sqlf("%s AND NOT EXISTS (%s) AND NOT EXISTS (%s)", where,
			o.alreadyIn("delivery_queue", r.SubscriptionID, "TRUE"), o.alreadyIn("delivery_attempts", r.SubscriptionID, "d.outcome = 'delivered'"))
	}
	return collect(tx, sqlf("SELECT e.position, e.id, e.type, e.resource_id FROM events e WHERE %s ORDER BY e.position LIMIT %s",
		where, param(recoveryStep)), scanLogged)
}

// alreadyIn selects the deliveries of the event e in a table: the one that was
// queued under the event's own position, and replays.
func (o *outbound) alreadyIn(table, subscriptionID, condition string) fragment {
	return sqlf("SELECT 1 FROM "+table+" d WHERE d.organization_id = %s AND d.consumer_id = %s AND (d.position = e.position OR d.replay AND d.event_id = e.id) AND "+condition,
		param(o.organization), param(subscriptionID))
}

// Tell implements webhooks.Store.
func (o *outbound) Tell(ctx context.Context, subscriptionID string, e event.Event) (d webhooks.Delivery, err error) {
	err = o.changeLog(ctx, "tell a subscription", func(tx *gorm.DB, s session) error {
		position, err := advance(tx, 1)
		if err != nil {
			return err
		}
		insert, err := insertEvent(e, &position, &subscriptionID)
		if err != nil {
			return err
		}
		if err := s.execute(tx.Statement.Context, []statement{insert}); err != nil {
			return err
		}
		now := o.Now()
		d = webhooks.Delivery{
			Position: position, SubscriptionID: subscriptionID, EventID: e.ID, EventType: e.Type,
			Status: webhooks.DeliveryPending, QueuedAt: now.UTC().Truncate(time.Microsecond),
		}
		return o.enqueue(tx, s, []queueRecord{{o.organization, subscriptionID, position, e.ID, string(e.Type), e.ID, false}},
			[][2]string{{o.organization, subscriptionID}}, 0)
	})
	return d, err
}
