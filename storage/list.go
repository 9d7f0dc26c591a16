package storage

import (
	"context"
	"database/sql"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// List implements scimresource.Store.
func (t *tenant) List(ctx context.Context, q scimresource.Query) (scimresource.Page, error) {
	r, err := t.listing(q)
	if err != nil {
		return scimresource.Page{}, err
	}
	var page scimresource.Page
	if q.Limit == 0 {
		page.Total, err = t.count(ctx, r.total)
	} else {
		page, err = t.fetch(ctx, q.Type, t.statement(r))
	}
	return page, t.failed(ctx, "list "+q.Type.Name, err)
}

func (t *tenant) count(ctx context.Context, total fragment) (int, error) {
	counts, err := collect(t.db(ctx), total, func(rows *sql.Rows) (n int, err error) {
		return n, rows.Scan(&n)
	})
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}

// listing compiles a query. The page is found by the narrow columns of an index
// and only then joined with the rest of its rows.
func (t *tenant) listing(q scimresource.Query) (reading, error) {
	tbl, err := tableOf(q.Type)
	if err != nil {
		return reading{}, err
	}
	c := compiler{tenant: t, typ: q.Type}
	where := sqlf("r.organization_id = %s AND %s", param(t.organization), tbl.live)
	if q.Filter != nil {
		condition, err := c.filter(q.Filter)
		if err != nil {
			return reading{}, err
		}
		where = sqlf("%s AND (%s)", where, condition)
	}
	r := reading{
		table:   tbl,
		total:   sqlf("SELECT COUNT(*) AS n FROM %s r WHERE %s", tbl.name, where),
		include: q.Include,
	}
	key, order := fragment{sql: "r.id"}, "r.id"
	if q.Sort != nil {
		k, err := c.sortKey(q.Sort.Path)
		if err != nil {
			return reading{}, err
		}
		key, r.sorted = sqlf("r.id, %s AS k", k), sortOrder(*q.Sort)
		order = "k " + r.sorted + ", r.id"
	}
	r.page = sqlf("SELECT %s FROM %s r WHERE %s ORDER BY %s LIMIT %s OFFSET %s",
		key, tbl.name, where, order, param(q.Limit), param(q.Offset))
	return r, nil
}

// sortOrder puts resources without a value last ascending and first descending
// (RFC 7644 §3.4.2.3).
func sortOrder(s filter.Sort) string {
	if s.Descending {
		return "DESC NULLS FIRST"
	}
	return "ASC NULLS LAST"
}
