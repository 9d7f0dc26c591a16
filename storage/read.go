package storage

import (
	"context"
	"database/sql"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// reading is one statement that reads resources with everything asked for, so
// that all of it is of one snapshot.
type reading struct {
	table   table
	page    fragment // query of the ids to read, and of their sort keys as k if sorted
	sorted  string   // how k is ordered, e.g. "ASC NULLS LAST"; "": by id alone
	total   fragment // query of how many there are in all
	include scimresource.Include
}

// Get implements scimresource.Store.
func (t *tenant) Get(ctx context.Context, typ *schema.ResourceType, id string, inc scimresource.Include) (*scimresource.Resource, error) {
	if !isID(id) {
		return nil, notFound(typ)
	}
	r, err := t.single(typ, id, inc)
	if err != nil {
		return nil, err
	}
	page, err := t.fetch(ctx, typ, r)
	if err != nil {
		return nil, t.failed(ctx, "read "+typ.Name, err)
	}
	if len(page.Resources) == 0 {
		return nil, notFound(typ)
	}
	return page.Resources[0], nil
}

// single is the reading of one resource.
func (t *tenant) single(typ *schema.ResourceType, id string, inc scimresource.Include) (reading, error) {
	tbl, err := tableOf(typ)
	return reading{
		table:   tbl,
		page:    sqlf("SELECT r.id FROM %s r WHERE r.organization_id = %s AND r.id = %s AND %s", tbl.name, param(t.organization), param(id), tbl.live),
		total:   fragment{sql: "SELECT 1 AS n"},
		include: inc,
	}, err
}

// fetch runs a reading.
func (t *tenant) fetch(ctx context.Context, typ *schema.ResourceType, r reading) (page scimresource.Page, err error) {
	ctx = t.as(ctx)
	resources, err := collect(t.engine.read(ctx), t.statement(r), func(rows *sql.Rows) (*scimresource.Resource, error) {
		row := resourceRow{}
		if err := rows.Scan(append(row.base(), &row.externalID, &row.groups, &row.members, &page.Total)...); err != nil || !row.id.Valid {
			return nil, err
		}
		return row.resource(typ)
	})
	if len(resources) == 1 && resources[0] == nil { // the row that has only the total
		resources = nil
	}
	page.Resources = resources
	return page, err
}

// statement writes a reading as SQL. Its first table has one row, so that the
// total comes also with an empty page.
func (t *tenant) statement(r reading) fragment {
	groups, members := fragment{sql: "NULL"}, fragment{sql: "NULL"}
	ctes := sqlf("page AS MATERIALIZED (%s)", r.page)
	joins := sqlf(`LEFT JOIN page p ON TRUE
		LEFT JOIN %s r ON r.organization_id = %s AND r.id = p.id
		LEFT JOIN external_ids x ON x.organization_id = %s AND x.resource_id = p.id AND x.directory_id = %s AND x.live`,
		r.table.name, param(t.organization), param(t.organization), param(t.directory))
	if r.include.Groups {
		ctes = sqlf("%s, %s", ctes, t.belonging())
		joins = sqlf("%s LEFT JOIN belonging b ON b.id = p.id", joins)
		groups.sql = "b.list"
	}
	if r.include.Members {
		ctes = sqlf("%s, %s", ctes, t.membership())
		joins = sqlf("%s LEFT JOIN membership m ON m.id = p.id", joins)
		members.sql = "m.list"
	}
	order := "p.id"
	if r.sorted != "" {
		order = "p.k " + r.sorted + ", p.id"
	}
	return sqlf("WITH RECURSIVE %s SELECT %s, x.external_id, %s, %s, t.n FROM (%s) t %s ORDER BY %s",
		ctes, r.table.columns(), groups, members, r.total, joins, order)
}

// belonging are the groups of the resources of the page, direct and indirect.
// UNION drops what was reached before, so cycles end. CROSS JOIN is SQLite's way
// to be told which table comes first.
func (t *tenant) belonging() fragment {
	list := t.engine.objects("g.id", "'id'", "g.id", "'display'", "g.display_name", "'direct'", "reached.direct")
	return sqlf(`up (id, group_id, direct) AS (
			SELECT p.id, m.group_id, 1
			FROM page p CROSS JOIN group_members m WHERE m.organization_id = %s AND m.member_id = p.id AND m.ended_at IS NULL
			UNION
			SELECT up.id, m.group_id, 0
			FROM up CROSS JOIN group_members m WHERE m.member_id = up.group_id AND %s
		), reached AS (
			SELECT id, group_id, MAX(direct) AS direct FROM up GROUP BY id, group_id
		), belonging AS (
			SELECT reached.id, %s AS list
			FROM reached CROSS JOIN groups g WHERE g.organization_id = %s AND g.id = reached.group_id
			GROUP BY reached.id
		)`, param(t.organization), t.nested(), list, param(t.organization))
}

// nested is the condition of a member m that is a group itself. It is written as
// the indexes have it that serve such members alone: without it PostgreSQL would
// expect to meet a good part of all members on the way through the groups.
func (t *tenant) nested() fragment {
	return sqlf("m.organization_id = %s AND m.member_type = 'Group' AND m.ended_at IS NULL", param(t.organization))
}

// membership are the members of the groups of the page.
func (t *tenant) membership() fragment {
	list := t.engine.objects("m.member_id", "'id'", "m.member_id", "'type'", "m.member_type", "'display'", memberDisplay)
	return sqlf(`membership AS (
			SELECT m.group_id AS id, %s AS list
			FROM page p CROSS JOIN group_members m %s
			WHERE m.organization_id = %s AND m.group_id = p.id AND m.ended_at IS NULL
			GROUP BY m.group_id
		)`, list, t.memberNames(), param(t.organization))
}

// memberDisplay is what a member m is shown by, memberDisplayKey its comparison
// key, where memberNames was joined.
const (
	memberDisplay    = "COALESCE(u.display_name, u.user_name, g.display_name)"
	memberDisplayKey = "COALESCE(u.display_name_key, u.user_name_key, g.display_name_key)"
)

// memberNames joins the user u or group g that a member m is.
func (t *tenant) memberNames() fragment {
	return sqlf(`LEFT JOIN users u ON u.organization_id = %s AND u.id = m.member_id
		LEFT JOIN groups g ON g.organization_id = %s AND g.id = m.member_id`, param(t.organization), param(t.organization))
}
