package storage

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Update implements scimresource.Store. Within an open transaction it is a part
// of that.
func (t *tenant) Update(ctx context.Context, fn func(tx scimresource.Tx) error) error {
	if t.open != nil {
		return fn(&transaction{tenant: t, session: t.open})
	}
	tenantCtx := t.as(ctx)
	var tx *transaction
	err := t.retry(ctx, func() error {
		return t.engine.transact(tenantCtx, func(s session) error {
			tx = &transaction{tenant: t, session: s}
			return fn(tx)
		})
	})
	if err == nil && tx.announced {
		t.committed()
	}
	return t.failed(ctx, "change resources", err)
}

// transaction implements scimresource.Tx.
//
// On PostgreSQL it is READ COMMITTED: what must not change is locked, and a
// statement that had to wait for a lock reads the row as it is then.
type transaction struct {
	*tenant
	session
	announced bool // events were written
}

// Lock implements scimresource.Tx. The external id is read by a statement of
// its own: joined with the row, it could be older than the row is after a wait.
func (tx *transaction) Lock(ctx context.Context, typ *schema.ResourceType, id string) (*scimresource.Resource, error) {
	tbl, err := tableOf(typ)
	if err != nil {
		return nil, err
	}
	if !isID(id) {
		return nil, notFound(typ)
	}
	ctx = tx.as(ctx)
	found, err := collect(tx.query(ctx), sqlf("SELECT %s FROM %s r WHERE r.organization_id = %s AND r.id = %s AND %s%s",
		tbl.columns(), tbl.name, param(tx.organization), param(id), tbl.live, tx.engine.forUpdate()), scanBase)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound(typ)
	}
	external, err := tx.strings(ctx, sqlf("SELECT external_id FROM external_ids WHERE organization_id = %s AND resource_id = %s AND directory_id = %s AND live",
		param(tx.organization), param(id), param(tx.directory)))
	if err != nil {
		return nil, err
	}
	r, err := found[0].resource(typ)
	if err == nil && len(external) == 1 {
		r.ExternalID = external[0]
	}
	return r, err
}

func scanBase(rows *sql.Rows) (resourceRow, error) {
	row := resourceRow{}
	return row, rows.Scan(row.base()...)
}

// Find implements scimresource.Tx. Rows are locked in the order of their ids,
// so that two transactions that find the same ones don't deadlock.
func (tx *transaction) Find(ctx context.Context, ids []string) ([]scimresource.Member, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, share := tx.list(ids), tx.engine.forShare()
	return collect(tx.query(tx.as(ctx)), sqlf(`WITH found_users AS (
			SELECT id, COALESCE(display_name, user_name) AS display FROM users
			WHERE organization_id = %s AND state = 'live' AND id IN (%s) ORDER BY id%s
		), found_groups AS (
			SELECT id, display_name AS display FROM groups
			WHERE organization_id = %s AND id IN (%s) ORDER BY id%s
		) SELECT id, 'User', display FROM found_users UNION ALL SELECT id, 'Group', display FROM found_groups`,
		param(tx.organization), list, share, param(tx.organization), list, share), scanMember)
}

// MembersAmong implements scimresource.Tx.
func (tx *transaction) MembersAmong(ctx context.Context, groupID string, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return tx.strings(ctx, sqlf("SELECT member_id FROM group_members WHERE organization_id = %s AND group_id = %s AND ended_at IS NULL AND member_id IN (%s)",
		param(tx.organization), param(groupID), tx.list(ids)))
}

// Members implements scimresource.Tx.
func (tx *transaction) Members(ctx context.Context, groupID string) ([]scimresource.Member, error) {
	return collect(tx.query(tx.as(ctx)), sqlf(`SELECT m.member_id, m.member_type, %s FROM group_members m %s
		WHERE m.organization_id = %s AND m.group_id = %s AND m.ended_at IS NULL ORDER BY m.member_id`,
		memberDisplay, tx.memberNames(), param(tx.organization), param(groupID)), scanMember)
}

// Parents implements scimresource.Tx.
func (tx *transaction) Parents(ctx context.Context, id string) ([]string, error) {
	return tx.strings(ctx, sqlf("SELECT group_id FROM group_members WHERE organization_id = %s AND member_id = %s AND ended_at IS NULL ORDER BY group_id",
		param(tx.organization), param(id)))
}

// strings runs a query of one column.
func (tx *transaction) strings(ctx context.Context, q fragment) ([]string, error) {
	return collect(tx.query(tx.as(ctx)), q, scanString)
}

// list is a query of the ids. They are one parameter, so that the statement is
// the same however many they are.
func (tx *transaction) list(ids []string) fragment { return with(tx.engine.values(), jsonList(ids)) }

// jsonList gives a JSON array of values that can't fail to encode.
func jsonList[T any](list []T) string {
	data, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings, numbers and booleans always encode
	}
	return string(data)
}
