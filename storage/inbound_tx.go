package storage

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// errDiscard rolls a transaction back whose effects are not wanted.
var errDiscard = errors.New("the transaction is not to be kept")

// Within implements inbound.Inbox.
func (s *Store) Within(ctx context.Context, src inbound.Source, to inbound.Mapping, m *inbound.Message, keep bool, fn func(tx inbound.Tx) error) error {
	var announced bool
	err := s.change(ctx, to.OrganizationID, "apply a message", func(db *gorm.DB, session session) error {
		tx := &inboundTx{source: src, tenant: &tenant{Store: s, organization: to.OrganizationID, directory: to.DirectoryID, open: session}}
		if err := fn(tx); err != nil {
			return err
		}
		if !keep {
			return errDiscard
		}
		announced = true
		if m == nil {
			return nil
		}
		return finish(db, *m)
	})
	if errors.Is(err, errDiscard) {
		return nil
	}
	if err == nil && announced {
		s.committed()
	}
	return err
}

// inboundTx implements inbound.Tx.
type inboundTx struct {
	*tenant
	source inbound.Source
}

// Resources implements inbound.Tx.
func (tx *inboundTx) Resources() scimresource.Store { return tx.tenant }

// key is the condition that rows of the source share.
func (tx *inboundTx) key() fragment {
	return sqlf("organization_id = %s AND source_id = %s", param(tx.organization), param(tx.source.ID))
}

func (tx *inboundTx) exec(ctx context.Context, f fragment) error {
	return tx.db(ctx).Exec(f.sql, f.args...).Error
}

// Linked implements inbound.Tx.
func (tx *inboundTx) Linked(ctx context.Context, o inbound.Object) (id string, ok bool, err error) {
	list, err := collect(tx.db(ctx), sqlf("SELECT resource_id FROM external_ids WHERE organization_id = %s AND directory_id = %s AND resource_type = %s AND external_id = %s AND live",
		param(tx.organization), param(tx.directory), param(o.Type), param(o.ID)), scanString)
	if err != nil || len(list) == 0 {
		return "", false, err
	}
	return list[0], true, nil
}

// State implements inbound.Tx. The row is made if need be, so that there is one
// to lock.
func (tx *inboundTx) State(ctx context.Context, o inbound.Object) (inbound.State, error) {
	err := tx.exec(ctx, sqlf(`INSERT INTO upstream_objects (organization_id, source_id, type, upstream_id, changed_at, deleted) VALUES (%s, 0, FALSE)
		ON CONFLICT (organization_id, source_id, type, upstream_id) DO NOTHING`, params(tx.organization, tx.source.ID, o.Type, o.ID)))
	if err != nil {
		return inbound.State{}, err
	}
	list, err := collect(tx.db(ctx), sqlf("SELECT changed_at, deleted FROM upstream_objects WHERE %s AND type = %s AND upstream_id = %s"+tx.engine.forUpdate(),
		tx.key(), param(o.Type), param(o.ID)), scanState)
	if err != nil {
		return inbound.State{}, err
	}
	return list[0], nil
}

func scanState(rows *sql.Rows) (s inbound.State, err error) {
	var changedAt int64
	err = rows.Scan(&changedAt, &s.Deleted)
	if changedAt > 0 {
		s.ChangedAt = instant(changedAt)
	}
	return s, err
}

// SetState implements inbound.Tx.
func (tx *inboundTx) SetState(ctx context.Context, o inbound.Object, s inbound.State) error {
	return tx.exec(ctx, sqlf("UPDATE upstream_objects SET changed_at = %s, deleted = %s WHERE %s AND type = %s AND upstream_id = %s",
		param(micros(s.ChangedAt)), param(s.Deleted), tx.key(), param(o.Type), param(o.ID)))
}

// Hurry implements inbound.Tx.
func (tx *inboundTx) Hurry(ctx context.Context, o inbound.Object) error {
	return tx.exec(ctx, sqlf("UPDATE inbox_messages SET next_at = 0 WHERE source_id = %s AND object_type = %s AND object_id = %s AND status = 'pending' AND next_at > 0 AND early",
		param(tx.source.ID), param(o.Type), param(o.ID)))
}

// SetMemberships implements inbound.Tx. One that says what is known already
// only moves its time on.
func (tx *inboundTx) SetMemberships(ctx context.Context, list []inbound.Membership) error {
	if len(list) == 0 {
		return nil
	}
	records := make([][4]any, len(list))
	for i, m := range list {
		member := 0
		if m.Member {
			member = 1
		}
		records[i] = [4]any{m.GroupID, m.UserID, member, micros(m.ChangedAt)}
	}
	e := tx.engine
	source := with(e.records(), jsonList(records))
	err := tx.exec(ctx, sqlf(`INSERT INTO upstream_memberships (organization_id, source_id, group_id, user_id, member, changed_at, settled, since)
		SELECT %s, %s, %s, %s, CAST(CAST(%s AS INTEGER) AS %s), %s, FALSE, %s FROM %s WHERE TRUE
		ON CONFLICT (organization_id, source_id, group_id, user_id) DO UPDATE SET
			settled = upstream_memberships.settled AND upstream_memberships.member = excluded.member,
			since = CASE WHEN upstream_memberships.member = excluded.member THEN upstream_memberships.since ELSE excluded.since END,
			member = excluded.member, changed_at = excluded.changed_at
		WHERE upstream_memberships.changed_at <= excluded.changed_at`,
		textOf(tx.organization), textOf(tx.source.ID), e.field(0), e.field(1), e.field(2), e.boolean(), tx.bigint(3),
		with("CAST(? AS BIGINT)", micros(tx.Now())), source))
	if err != nil {
		return err
	}
	// What ended with its group or user before it was heard of waits for nobody.
	return tx.exec(ctx, sqlf(`UPDATE upstream_memberships SET member = FALSE, settled = TRUE
		WHERE %s AND member AND NOT settled AND (group_id, user_id) IN (SELECT %s, %s FROM %s) AND EXISTS (
			SELECT 1 FROM upstream_objects o WHERE o.organization_id = upstream_memberships.organization_id AND o.source_id = upstream_memberships.source_id
				AND o.deleted AND o.changed_at >= upstream_memberships.changed_at
				AND (o.type = 'User' AND o.upstream_id = upstream_memberships.user_id OR o.type = 'Group' AND o.upstream_id = upstream_memberships.group_id))`,
		tx.key(), e.field(0), e.field(1), source))
}

// EndMemberships implements inbound.Tx.
func (tx *inboundTx) EndMemberships(ctx context.Context, o inbound.Object, keep []string, at time.Time) error {
	mine, others := memberColumns(o)
	return tx.exec(ctx, sqlf(`UPDATE upstream_memberships SET member = FALSE, settled = FALSE, changed_at = %s, since = %s
		WHERE %s AND `+mine+` = %s AND member AND changed_at <= %s AND NOT `+others+` IN (%s)`,
		param(micros(at)), param(micros(tx.Now())), tx.key(), param(o.ID), param(micros(at)), with(tx.engine.values(), jsonList(orEmpty(keep)))))
}

// memberColumns gives the columns of an object and of what it is in a membership
// with.
func memberColumns(o inbound.Object) (mine, others string) {
	if o.Type == schema.Group {
		return "group_id", "user_id"
	}
	return "user_id", "group_id"
}

// orEmpty gives a list that is JSON's [] when it is empty.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// settleable is the query of memberships that can be settled, and their
// resources.
func (tx *inboundTx) settleable() fragment {
	return sqlf(`FROM upstream_memberships m
		JOIN external_ids g ON g.organization_id = m.organization_id AND g.directory_id = %s AND g.resource_type = 'Group' AND g.external_id = m.group_id AND g.live
		JOIN external_ids u ON u.organization_id = m.organization_id AND u.directory_id = %s AND u.resource_type = 'User' AND u.external_id = m.user_id AND u.live
		WHERE m.organization_id = %s AND m.source_id = %s AND NOT m.settled`,
		param(tx.directory), param(tx.directory), param(tx.organization), param(tx.source.ID))
}

// Settleable implements inbound.Tx.
func (tx *inboundTx) Settleable(ctx context.Context, o inbound.Object, limit int) ([]inbound.Settlement, error) {
	where := tx.settleable()
	if o.ID != "" {
		mine, _ := memberColumns(o)
		where = sqlf("%s AND m."+mine+" = %s", where, param(o.ID))
	}
	lock := ""
	if tx.engine.forUpdate() != "" {
		lock = tx.engine.forUpdate() + " OF m"
	}
	return collect(tx.db(ctx), sqlf("SELECT m.group_id, m.user_id, m.member, m.changed_at, m.since, g.resource_id, u.resource_id %s ORDER BY m.group_id, m.user_id LIMIT %s"+lock,
		where, param(limit)), scanSettlement)
}

func scanSettlement(rows *sql.Rows) (s inbound.Settlement, err error) {
	var changedAt, since int64
	err = rows.Scan(&s.GroupID, &s.UserID, &s.Member, &changedAt, &since, &s.GroupResource, &s.UserResource)
	s.ChangedAt, s.Since = instant(changedAt), instant(since)
	return s, err
}

// Settle implements inbound.Tx.
func (tx *inboundTx) Settle(ctx context.Context, list []inbound.Settlement) error {
	if len(list) == 0 {
		return nil
	}
	keys := make([][2]string, len(list))
	for i, s := range list {
		keys[i] = [2]string{s.GroupID, s.UserID}
	}
	return tx.exec(ctx, sqlf("UPDATE upstream_memberships SET settled = TRUE WHERE %s AND (group_id, user_id) IN (SELECT %s, %s FROM %s)",
		tx.key(), tx.engine.field(0), tx.engine.field(1), with(tx.engine.records(), jsonList(keys))))
}

// Unsettled implements inbound.Inbox.
func (s *Store) Unsettled(ctx context.Context, src inbound.Source) ([]inbound.Mapping, error) {
	var list []inbound.Mapping
	for _, to := range src.Mappings {
		tx := &inboundTx{source: src, tenant: &tenant{Store: s, organization: to.OrganizationID, directory: to.DirectoryID}}
		found, err := collect(tx.db(ctx), sqlf("SELECT 1 %s LIMIT 1", tx.settleable()), scanInt)
		if err != nil {
			return nil, s.failed(ctx, "look for unsettled memberships", err)
		}
		if len(found) > 0 {
			list = append(list, to)
		}
	}
	return list, nil
}
