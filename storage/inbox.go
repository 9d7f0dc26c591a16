package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// messageRecord is a message as Receive writes it.
type messageRecord struct{ inbound.Message }

// MarshalJSON gives the array that Receive reads.
func (r messageRecord) MarshalJSON() ([]byte, error) {
	m := r.Message
	return json.Marshal([]any{
		m.ID, m.UpstreamID, m.Type, m.Organization, m.Directory, m.Object.Type, m.Object.ID,
		micros(m.OccurredAt), micros(m.ReceivedAt), string(m.Body), string(m.Status), m.Detail,
	})
}

// Receive implements inbound.Inbox. It is one statement.
func (s *Store) Receive(ctx context.Context, src inbound.Source, list []inbound.Message) (accepted int, err error) {
	records := make([]messageRecord, len(list))
	for i, m := range list {
		records[i] = messageRecord{m}
	}
	e := s.engine
	insert := sqlf(`INSERT INTO inbox_messages (organization_id, source_id, id, upstream_id, type, upstream_organization, upstream_directory,
			object_type, object_id, occurred_at, received_at, body, status, detail)
		SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s FROM %s WHERE TRUE
		ON CONFLICT (source_id, upstream_id) DO NOTHING`,
		textOf(src.OrganizationID), textOf(src.ID), e.field(0), e.field(1), e.field(2), e.field(3), e.field(4), e.field(5), e.field(6),
		s.bigint(7), s.bigint(8), e.field(9), e.field(10), e.field(11), with(e.records(), jsonList(records)))
	err = s.change(ctx, src.OrganizationID, "keep messages", func(tx *gorm.DB, _ session) error {
		result := tx.Exec(insert.sql, insert.args...)
		accepted = int(result.RowsAffected)
		return result.Error
	})
	return accepted, err
}

// Rouse implements inbound.Inbox.
func (s *Store) Rouse(ctx context.Context, c webhooks.Consumer) error {
	return s.change(ctx, c.OrganizationID, "rouse a source", func(tx *gorm.DB, session session) error {
		err := tx.Exec("UPDATE consumers SET ready_at = 0, generation = generation + 1 WHERE organization_id = ? AND id = ?", c.OrganizationID, c.ID).Error
		if err != nil {
			return err
		}
		return session.notify(tx.Statement.Context, inboxChannel, c.ID)
	})
}

// RouseForgotten implements inbound.Inbox.
func (s *Store) RouseForgotten(ctx context.Context) error {
	return s.change(ctx, system, "rouse forgotten sources", func(tx *gorm.DB, _ session) error {
		return tx.Exec(`UPDATE consumers SET ready_at = 0, generation = generation + 1 WHERE kind = ? AND ready_at > ? AND id IN (
			SELECT source_id FROM inbox_messages WHERE status = 'pending' AND next_at <= ?)`,
			string(webhooks.ConsumerSource), micros(s.Now()), micros(s.Now())).Error
	})
}

// inboxChannel is where hubs tell each other of sources that have messages.
const inboxChannel = "scimhub_inbox"

// ListenInbox is Listen for sources that were roused.
func (s *Store) ListenInbox(ctx context.Context, fn func(sources []string)) {
	s.listenOn(ctx, inboxChannel, fn)
}

// Due implements inbound.Inbox, for the inbox of the store.
func (b *inbox) Due(ctx context.Context, c webhooks.Consumer, limit int) (inbound.Batch, error) {
	batch, err := b.due(b.engine.read(withSystem(ctx)), c, limit)
	return batch, b.failed(ctx, "read due messages", err)
}

// inbox implements inbound.Inbox where its methods have the names of others.
type inbox struct{ *Store }

// Inbox gives the messages of all sources.
func (s *Store) Inbox() inbound.Inbox { return &inbox{s} }

func (b *inbox) due(db *gorm.DB, c webhooks.Consumer, limit int) (inbound.Batch, error) {
	generations, err := collect(db, sqlf("SELECT generation FROM consumers WHERE organization_id = %s AND id = %s",
		param(c.OrganizationID), param(c.ID)), scanInt)
	if err := missing(len(generations), err, noSource()); err != nil {
		return inbound.Batch{}, err
	}
	batch := inbound.Batch{Generation: generations[0]}
	if batch.Source, err = b.findSource(db, c.OrganizationID, c.ID); err != nil {
		return batch, err
	}
	now := micros(b.Now())
	if batch.Due, err = collect(db, dueMessages(c, now, limit), scanMessage); err != nil {
		return batch, err
	}
	next, err := collect(db, sqlf("SELECT MIN(next_at) FROM inbox_messages WHERE source_id = %s AND status = 'pending' AND next_at > 0 AND next_at > %s",
		param(c.ID), param(now)), scanOptionalInt)
	if err == nil {
		batch.NextAt = optionalInstant(next[0])
	}
	return batch, err
}

// dueMessages is to messages what dueStatement is to deliveries.
func dueMessages(c webhooks.Consumer, now int64, limit int) fragment {
	return sqlf(`SELECT `+messageColumns("m")+`, m.body FROM inbox_messages m
		WHERE m.source_id = %s AND m.status = 'pending' AND m.next_at <= %s AND NOT EXISTS (
			SELECT 1 FROM inbox_messages b WHERE b.source_id = m.source_id AND b.object_type = m.object_type AND b.object_id = m.object_id
				AND b.number < m.number AND b.status = 'pending' AND b.next_at > 0 AND b.next_at > %s AND NOT b.early
		) ORDER BY m.number LIMIT %s`, param(c.ID), param(now), param(now), param(limit))
}

// messageColumns are those that scanMessage reads, but for the body.
func messageColumns(alias string) string {
	return alias + ".number, " + alias + ".organization_id, " + alias + ".id, " + alias + ".source_id, " + alias + ".upstream_id, " + alias + ".type, " +
		alias + ".upstream_organization, " + alias + ".upstream_directory, " + alias + ".object_type, " + alias + ".object_id, " +
		alias + ".occurred_at, " + alias + ".received_at, " + alias + ".status, " + alias + ".attempts, " + alias + ".next_at, " +
		alias + ".early, " + alias + ".detail, " + alias + ".resource_id, " + alias + ".finished_at"
}

func scanMessage(rows *sql.Rows) (inbound.Message, error) {
	var m inbound.Message
	var occurredAt, receivedAt, nextAt int64
	var finishedAt *int64
	err := rows.Scan(&m.Number, &m.OrganizationID, &m.ID, &m.SourceID, &m.UpstreamID, &m.Type, &m.Organization, &m.Directory,
		&m.Object.Type, &m.Object.ID, &occurredAt, &receivedAt, &m.Status, &m.Attempts, &nextAt, &m.Early, &m.Detail, &m.ResourceID, &finishedAt, &m.Body)
	m.OccurredAt, m.ReceivedAt, m.FinishedAt = instant(occurredAt), instant(receivedAt), optionalInstant(finishedAt)
	if nextAt > 0 {
		m.NextAt = instant(nextAt)
	}
	return m, err
}

// Finish implements inbound.Inbox.
func (s *Store) Finish(ctx context.Context, m inbound.Message) error {
	return s.change(ctx, system, "record a message", func(tx *gorm.DB, _ session) error { return finish(tx, m) })
}

// finish writes what became of a message.
func finish(tx *gorm.DB, m inbound.Message) error {
	nextAt := int64(0)
	if !m.NextAt.IsZero() {
		nextAt = micros(m.NextAt)
	}
	result := tx.Exec(`UPDATE inbox_messages SET organization_id = ?, status = ?, attempts = ?, next_at = ?, early = ?, detail = ?, resource_id = ?, finished_at = ? WHERE id = ?`,
		m.OrganizationID, string(m.Status), m.Attempts, nextAt, m.Early, m.Detail, m.ResourceID, optionalMicros(m.FinishedAt), m.ID)
	return missing(int(result.RowsAffected), result.Error, noSource())
}

// Messages implements inbound.Store.
func (o *sources) Messages(ctx context.Context, q inbound.MessageQuery) ([]inbound.Message, error) {
	if _, err := o.Source(ctx, q.SourceID); err != nil {
		return nil, err
	}
	list, err := collect(o.engine.read(o.as(ctx)), sqlf("SELECT "+messageColumns("m")+", NULL FROM inbox_messages m WHERE %s ORDER BY m.number DESC LIMIT %s",
		o.selected(q), param(q.Limit)), scanMessage)
	return list, o.failed(ctx, "list messages", err)
}

// selected is the condition of a query of messages.
func (o *sources) selected(q inbound.MessageQuery) fragment {
	where := sqlf("m.organization_id = %s AND m.source_id = %s", param(o.organization), param(q.SourceID))
	for _, c := range []struct{ column, value string }{
		{"id", q.MessageID}, {"status", string(q.Status)}, {"type", q.Type}, {"object_id", q.ObjectID},
	} {
		if c.value != "" {
			where = sqlf("%s AND m."+c.column+" = %s", where, param(c.value))
		}
	}
	if q.Before > 0 {
		where = sqlf("%s AND m.number < %s", where, param(q.Before))
	}
	return where
}

// Message implements inbound.Store.
func (o *sources) Message(ctx context.Context, sourceID, id string) (inbound.Message, error) {
	list, err := collect(o.engine.read(o.as(ctx)), sqlf("SELECT "+messageColumns("m")+", m.body FROM inbox_messages m WHERE %s",
		o.selected(inbound.MessageQuery{SourceID: sourceID, MessageID: id})), scanMessage)
	if err := missing(len(list), err, fault.New(fault.NotFound, "the source has no message with this id; it may have been removed")); err != nil {
		return inbound.Message{}, o.failed(ctx, "read message", err)
	}
	return list[0], nil
}

// Replay implements inbound.Store.
func (o *sources) Replay(ctx context.Context, q inbound.MessageQuery) (n int, err error) {
	if _, err := o.Source(ctx, q.SourceID); err != nil {
		return 0, err
	}
	where := o.selected(q)
	err = o.change(ctx, o.organization, "replay messages", func(tx *gorm.DB, _ session) error {
		result := tx.Exec("UPDATE inbox_messages AS m SET status = 'pending', attempts = 0, next_at = 0, detail = '', finished_at = NULL WHERE status <> 'pending' AND "+where.sql, where.args...)
		n = int(result.RowsAffected)
		return result.Error
	})
	if err == nil && n > 0 {
		err = o.Rouse(ctx, webhooks.Consumer{ID: q.SourceID, OrganizationID: o.organization})
	}
	return n, err
}

// Waiting implements inbound.Store.
func (o *sources) Waiting(ctx context.Context, sourceID string, limit int) ([]inbound.Membership, error) {
	list, err := collect(o.engine.read(o.as(ctx)), sqlf(`SELECT group_id, user_id, member, changed_at, since FROM upstream_memberships
		WHERE organization_id = %s AND source_id = %s AND NOT settled AND member ORDER BY since LIMIT %s`,
		param(o.organization), param(sourceID), param(limit)), scanMembership)
	return list, o.failed(ctx, "list waiting memberships", err)
}

func scanMembership(rows *sql.Rows) (m inbound.Membership, err error) {
	var changedAt, since int64
	err = rows.Scan(&m.GroupID, &m.UserID, &m.Member, &changedAt, &since)
	m.ChangedAt, m.Since = instant(changedAt), instant(since)
	return m, err
}

// Backlog implements inbound.Inbox.
func (b *inbox) Backlog(ctx context.Context) (inbound.Backlog, error) {
	list, err := collect(b.engine.read(withSystem(ctx)), with(`SELECT COUNT(*), MIN(received_at),
		(SELECT COUNT(*) FROM inbox_messages WHERE status IN ('failed', 'unmapped', 'conflict')),
		(SELECT COUNT(*) FROM upstream_memberships WHERE NOT settled AND member),
		(SELECT MIN(since) FROM upstream_memberships WHERE NOT settled AND member)
		FROM inbox_messages WHERE status = 'pending'`), scanInboxBacklog)
	if err != nil {
		return inbound.Backlog{}, b.failed(ctx, "measure the inbox", err)
	}
	return list[0], nil
}

func scanInboxBacklog(rows *sql.Rows) (b inbound.Backlog, err error) {
	var oldest, membership *int64
	err = rows.Scan(&b.Pending, &oldest, &b.Failed, &b.Memberships, &membership)
	b.Oldest, b.OldestMembership = optionalInstant(oldest), optionalInstant(membership)
	return b, err
}

// Forget implements inbound.Inbox.
func (s *Store) Forget(ctx context.Context, cutoff time.Time) error {
	for removed := int64(retentionStep); removed >= retentionStep; {
		err := s.change(ctx, system, "remove old messages", func(tx *gorm.DB, _ session) error {
			result := tx.Exec("DELETE FROM inbox_messages WHERE id IN (SELECT id FROM inbox_messages WHERE received_at < ? AND status <> 'pending' LIMIT ?)",
				micros(cutoff), retentionStep)
			removed = result.RowsAffected
			return result.Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}
