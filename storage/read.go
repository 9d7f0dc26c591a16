package storage

import (
	"context"
	"database/sql"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Get implements scimresource.Store.
func (t *tenant) Get(ctx context.Context, typ *schema.ResourceType, id string, inc scimresource.Include) (*scimresource.Resource, error) {
	if !isID(id) {
		return nil, notFound(typ)
	}
	q, err := t.single(typ, id, inc)
	if err != nil {
		return nil, err
	}
	page, err := t.fetch(ctx, typ, q)
	if err != nil {
		return nil, t.failed(ctx, "read "+typ.Name, err)
	}
	if len(page.Resources) == 0 {
		return nil, notFound(typ)
	}
	return page.Resources[0], nil
}

// single reads one resource with everything asked for. It is one statement, so
// that all of it is of one snapshot.
func (t *tenant) single(typ *schema.ResourceType, id string, inc scimresource.Include) (fragment, error) {
	tbl, err := tableOf(typ)
	groups, members := fragment{sql: "NULL"}, fragment{sql: "NULL"}
	if inc.Groups {
		groups = t.groupsOf(param(id))
	}
	if inc.Members {
		members = t.membersOf(param(id))
	}
	return sqlf("SELECT %s, x.external_id, %s, %s, 1 FROM %s r %s WHERE r.organization_id = %s AND r.id = %s AND %s",
		tbl.columns(), groups, members, tbl.name, t.externalIDOf("r.id"), param(t.organization), param(id), tbl.live), err
}

// fetch runs a statement of single or listing.
func (t *tenant) fetch(ctx context.Context, typ *schema.ResourceType, q fragment) (page scimresource.Page, err error) {
	resources, err := collect(t.db(ctx), q, func(rows *sql.Rows) (*scimresource.Resource, error) {
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

// externalIDOf joins the acting directory's external id x of a resource.
func (t *tenant) externalIDOf(id string) fragment {
	return sqlf("LEFT JOIN external_ids x ON x.organization_id = %s AND x.resource_id = "+id+" AND x.directory_id = %s AND x.live",
		param(t.organization), param(t.directory))
}

// reached begins a query of the groups that a resource belongs to, direct and
// indirect. UNION drops what was reached before, so cycles end. CROSS JOIN is
// SQLite's way to be told which table comes first.
func (t *tenant) reached(id fragment) fragment {
	return sqlf(`WITH RECURSIVE up (group_id, direct) AS (
			SELECT m.group_id, 1 FROM group_members m WHERE m.organization_id = %s AND m.member_id = %s AND m.ended_at IS NULL
			UNION
			SELECT m.group_id, 0 FROM up CROSS JOIN group_members m WHERE m.member_id = up.group_id AND %s
		), reached AS (SELECT group_id, MAX(direct) AS direct FROM up GROUP BY group_id)`, param(t.organization), id, t.nested())
}

// nested is the condition of a member m that is a group itself. It is written as
// the indexes have it that serve such members alone: without it PostgreSQL would
// expect to meet a good part of all members on the way through the groups.
func (t *tenant) nested() fragment {
	return sqlf("m.organization_id = %s AND m.member_type = 'Group' AND m.ended_at IS NULL", param(t.organization))
}

// groupsOf gives the groups of a resource as a JSON array.
func (t *tenant) groupsOf(id fragment) fragment {
	return sqlf("(%s SELECT %s FROM reached CROSS JOIN groups g WHERE g.organization_id = %s AND g.id = reached.group_id)",
		t.reached(id), t.groupObjects(), param(t.organization))
}

func (t *tenant) groupObjects() string {
	return t.engine.objects("g.id", "'id'", "g.id", "'display'", "g.display_name", "'direct'", "reached.direct")
}

// membersOf gives the members of a group as a JSON array.
func (t *tenant) membersOf(id fragment) fragment {
	return sqlf("(SELECT %s FROM group_members m %s WHERE m.organization_id = %s AND m.group_id = %s AND m.ended_at IS NULL)",
		t.memberObjects(), t.memberNames(), param(t.organization), id)
}

func (t *tenant) memberObjects() string {
	return t.engine.objects("m.member_id", "'id'", "m.member_id", "'type'", "m.member_type", "'display'", memberDisplay)
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
