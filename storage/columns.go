package storage

import (
	"strconv"
	"time"

	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// resource is the place of paths that start at a resource: those looked up
// often are columns, the rest is in r.keys.
type resource struct{}

func (resource) compare(c *compiler, e filter.Compare) string {
	path := e.Path.String()
	switch path {
	case "meta.created", "meta.lastModified":
		if t, ok := e.Value.Raw.(time.Time); ok {
			return c.micros(timeColumn(path), e.Op, t)
		}
		return "FALSE"
	case "active":
		if c.t.Name == schema.User {
			return c.active(e)
		}
	case "externalId":
		return c.externalID(e)
	}
	return c.test(c.column(e.Path), e.Op, e.Value.Key)
}

func (resource) present(c *compiler, path filter.Path) string {
	switch name := path.String(); {
	case name == "externalId":
		return "r.id IN (" + c.externalIDs() + ")"
	case name == "groups" && c.t.Name == schema.User:
		return c.groups(nil)
	case name == "members" && c.t.Name == schema.Group:
		return c.members(nil)
	case path[0].Name == "id", path[0].Name == "meta":
		return "TRUE"
	}
	return c.store.present("r.keys", names(path))
}

func timeColumn(path string) string {
	if path == "meta.created" {
		return "r.created_at"
	}
	return "r.updated_at"
}

func (c *compiler) active(e filter.Compare) string {
	want := (e.Value.Key == "true") == (e.Op == filter.EQ)
	if want {
		return "r.active"
	}
	return "NOT r.active"
}

// column gives where the key of a single-valued attribute stands.
func (c *compiler) column(path filter.Path) column {
	name := path.String()
	if col, ok := commonColumns[name]; ok {
		return col
	}
	if name == "meta.location" {
		return column{"(CAST(" + c.arg(c.store.BaseURL+c.t.Endpoint+"/") + " AS TEXT) || r.id)", false}
	}
	if name == "meta.resourceType" {
		return column{quote(c.t.Name), false}
	}
	own := groupColumns
	if c.t.Name == schema.User {
		own = userColumns
	}
	if col, ok := own[name]; ok {
		return col
	}
	return column{c.store.member("r.keys", names(path)), true}
}

// The columns of attributes, by their paths.
var (
	commonColumns = map[string]column{
		"id":           {"r.id", false},
		"meta.version": {`('W/"' || CAST(r.version AS TEXT) || '"')`, false},
	}
	userColumns = map[string]column{
		"userName":        {"r.user_name_key", false},
		"displayName":     {"r.display_name_key", true},
		"name.givenName":  {"r.given_name_key", true},
		"name.familyName": {"r.family_name_key", true},
	}
	groupColumns = map[string]column{
		"displayName": {"r.display_name_key", false},
	}
)

// externalIDs selects the resources that the acting directory has ids for.
func (c *compiler) externalIDs() string {
	return "SELECT x.resource_id FROM external_ids x WHERE x.organization_id = " + c.arg(c.organization) +
		" AND x.directory_id = " + c.arg(c.directory) + " AND x.resource_type = " + c.arg(c.t.Name) + " AND x.live"
}

func (c *compiler) externalID(e filter.Compare) string {
	in := "r.id IN ("
	op := e.Op
	if op == filter.NE {
		in, op = "r.id NOT IN (", filter.EQ
	}
	return in + c.externalIDs() + " AND " + c.positive("x.external_id", op, e.Value.Key) + ")"
}

// inGroup selects who is in a group, directly or through other groups.
const inGroup = `WITH RECURSIVE down (id) AS (
	SELECT m.member_id FROM group_members m WHERE m.organization_id = ? AND m.ended_at IS NULL AND m.group_id = ?
	UNION
	SELECT m.member_id FROM down JOIN group_members m ON m.organization_id = ? AND m.ended_at IS NULL AND m.group_id = down.id
) SELECT id FROM down`

// memberships gives every membership of the organization, direct and indirect.
const memberships = `WITH RECURSIVE up (member_id, group_id, direct) AS (
	SELECT m.member_id, m.group_id, 1 FROM group_members m WHERE m.organization_id = ? AND m.ended_at IS NULL
	UNION
	SELECT up.member_id, m.group_id, 0 FROM up
	  JOIN group_members m ON m.organization_id = ? AND m.ended_at IS NULL AND m.member_id = up.group_id
), whole AS (
	SELECT up.member_id, up.group_id, MAX(up.direct) AS direct FROM up GROUP BY up.member_id, up.group_id
) SELECT m.member_id FROM whole m
    JOIN "groups" g ON g.organization_id = ? AND g.id = m.group_id`

// groups compiles a condition on the groups of a user; nil is any group.
func (c *compiler) groups(where filter.Expr) string {
	if e, ok := where.(filter.Compare); ok && e.Op == filter.EQ && e.Path[0].Name == "value" {
		return "r.id IN (" + c.with(inGroup, c.organization, e.Value.Key, c.organization) + ")"
	}
	sql := "r.id IN (" + c.with(memberships, c.organization, c.organization, c.organization)
	if where == nil {
		return sql + ")"
	}
	return sql + " WHERE " + c.condition(where, related{
		"value":   {"m.group_id", false},
		"display": {"g.display_name_key", false},
		"type":    {"CASE m.direct WHEN 1 THEN 'direct' ELSE 'indirect' END", false},
		"$ref":    {"(" + quote(c.store.BaseURL+"/Groups/") + " || m.group_id)", false},
	}) + ")"
}

// members compiles a condition on the members of a group; nil is any member.
func (c *compiler) members(where filter.Expr) string {
	const own = "r.id IN (SELECT m.group_id FROM group_members m"
	const live = " WHERE m.ended_at IS NULL AND m.organization_id = "
	if where == nil || onlyAbout(where, "value") {
		sql := own + live + c.arg(c.organization)
		if where != nil {
			sql += " AND " + c.condition(where, related{"value": {"m.member_id", false}})
		}
		return sql + ")"
	}
	sql := own + `
		LEFT JOIN users u ON m.member_type = 'User' AND u.organization_id = m.organization_id AND u.id = m.member_id
		LEFT JOIN "groups" g ON m.member_type = 'Group' AND g.organization_id = m.organization_id AND g.id = m.member_id` +
		live + c.arg(c.organization) + " AND "
	return sql + c.condition(where, related{
		"value":   {"m.member_id", false},
		"type":    {"LOWER(m.member_type)", false},
		"display": {"COALESCE(u.display_name_key, u.user_name_key, g.display_name_key)", true},
		"$ref":    {"(" + quote(c.store.BaseURL+"/") + " || m.member_type || 's/' || m.member_id)", false},
	}) + ")"
}

// with adds the parameters of a statement of ours.
func (c *compiler) with(sql string, args ...any) string {
	c.args = append(c.args, args...)
	return sql
}

// limitOffset gives the clause of a page.
func limitOffset(limit, offset int) string {
	return " LIMIT " + strconv.Itoa(limit) + " OFFSET " + strconv.Itoa(offset)
}
