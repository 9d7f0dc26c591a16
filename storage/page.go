package storage

import "github.com/scimhub/scimhub/scimresource"

// reading is a page of resources to be read.
type reading struct {
	table   table
	page    fragment // query of the ids to read, and of their sort keys as k if sorted
	sorted  string   // how k is ordered, e.g. "ASC NULLS LAST"; "": by id alone
	total   fragment // query of how many there are in all
	include scimresource.Include
}

// statement writes a reading as one statement, so that total and page are of
// one snapshot. Its first table has one row: the total comes also with an empty
// page.
func (t *tenant) statement(r reading) fragment {
	groups, members := fragment{sql: "NULL"}, fragment{sql: "NULL"}
	ctes := sqlf("page AS MATERIALIZED (%s)", r.page)
	joins := sqlf("LEFT JOIN page p ON TRUE LEFT JOIN %s r ON r.organization_id = %s AND r.id = p.id %s",
		r.table.name, param(t.organization), t.externalIDOf("p.id"))
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

// belonging are the groups of all resources of the page: what groupsOf is to
// one.
func (t *tenant) belonging() fragment {
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
		)`, param(t.organization), t.nested(), t.groupObjects(), param(t.organization))
}

// membership are the members of all groups of the page: what membersOf is to
// one.
func (t *tenant) membership() fragment {
	return sqlf(`membership AS (
			SELECT m.group_id AS id, %s AS list
			FROM page p CROSS JOIN group_members m %s
			WHERE m.organization_id = %s AND m.group_id = p.id AND m.ended_at IS NULL
			GROUP BY m.group_id
		)`, t.memberObjects(), t.memberNames(), param(t.organization))
}
