package storage

import (
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// elementKind is where the elements of a multi-valued attribute are stored.
type elementKind int

const (
	plainElements elementKind = iota // in the document
	emails                           // also in user_emails
	groupsOfUser                     // in group_members, seen from the member
	membersOfGroup
)

func (c compiler) kind(path filter.Path) elementKind {
	user, group := c.typ.Name == schema.User, c.typ.Name == schema.Group
	switch name := path.String(); {
	case name == "emails" && user:
		return emails
	case name == "groups" && user:
		return groupsOfUser
	case name == "members" && group:
		return membersOfGroup
	default:
		return plainElements
	}
}

// anyElement holds where one element satisfies a condition.
func (c compiler) anyElement(e filter.Any) (fragment, error) {
	if err := searchable(e.Path); err != nil {
		return fragment{}, err
	}
	switch c.kind(e.Path) {
	case emails:
		if speaksOnlyOf(e.Where, "emails.value", "emails.type", "emails.primary") {
			return c.anyEmail(e.Where)
		}
	case groupsOfUser:
		return c.anyGroup(e.Where)
	case membersOfGroup:
		return c.anyMember(e.Where)
	case plainElements:
	}
	return c.anyInDocument(e)
}

// anyInDocument looks at the elements in the document.
func (c compiler) anyInDocument(e filter.Any) (fragment, error) {
	where, err := c.condition(e.Where, c.ofElement)
	return sqlf("EXISTS (SELECT 1 FROM %s WHERE %s)", c.engine.elements("r.keys", names(e.Path)), where), err
}

func (c compiler) ofElement(path filter.Path) (operand, error) {
	if err := searchable(path); err != nil {
		return nil, err
	}
	o := textOperand{dialect: c.engine, fragment: c.engine.elementText(names(path))}
	if len(path) > 0 {
		o.exists = c.engine.elementExists(names(path))
	}
	return o, nil
}

// anyEmail looks at the table of addresses. The sub-select names no resource,
// so that an index on the addresses can lead.
func (c compiler) anyEmail(where filter.Expr) (fragment, error) {
	condition, err := c.condition(where, func(path filter.Path) (operand, error) {
		switch path.String() {
		case "emails.primary":
			return booleanOperand{"e.is_primary"}, nil
		case "emails.type":
			return c.text(fragment{sql: "e.type_key"}), nil
		default:
			return c.text(fragment{sql: "e.value_key"}), nil
		}
	})
	return sqlf("r.id IN (SELECT e.user_id FROM user_emails e WHERE e.organization_id = %s AND (%s))", param(c.organization), condition), err
}

// anyMember looks at the direct members of a group.
func (c compiler) anyMember(where filter.Expr) (fragment, error) {
	condition, err := c.condition(where, c.ofMember)
	var names fragment
	if !speaksOnlyOf(where, "members.value", "members.type", "members.$ref") {
		names = c.memberNames()
	}
	return sqlf("r.id IN (SELECT m.group_id FROM group_members m %s WHERE m.organization_id = %s AND m.ended_at IS NULL AND (%s))",
		names, param(c.organization), condition), err
}

func (c compiler) ofMember(path filter.Path) (operand, error) {
	switch path.String() {
	case "members.value":
		return c.text(fragment{sql: "m.member_id"}), nil
	case "members.type":
		return c.chosen(path, "m.member_type", schema.User, schema.Group), nil
	case "members.display":
		return c.text(fragment{sql: memberDisplayKey}), nil
	case "members.$ref":
		return c.text(sqlf("(CASE m.member_type WHEN 'User' THEN %s ELSE %s END || m.member_id)",
			c.prefix(schema.User), c.prefix(schema.Group))), nil
	default:
		return c.absent(), nil
	}
}

// anyGroup looks at the groups of a user, direct and indirect.
func (c compiler) anyGroup(where filter.Expr) (fragment, error) {
	if e, ok := where.(filter.Compare); ok && e.Op == filter.EQ && e.Path.String() == "groups.value" {
		return c.within(e.Value.Key), nil
	}
	condition, err := c.condition(where, c.ofGroup)
	return sqlf("EXISTS (%s SELECT 1 FROM reached CROSS JOIN groups g WHERE g.organization_id = %s AND g.id = reached.group_id AND (%s))",
		c.reached(fragment{sql: "r.id"}), param(c.organization), condition), err
}

// within holds for the members of a group and of the groups inside it. It is
// anyGroup the other way round: from the one group, not from each user.
func (c compiler) within(groupID string) fragment {
	return sqlf(`r.id IN (
		WITH RECURSIVE down (id) AS (
			SELECT g.id FROM groups g WHERE g.organization_id = %s AND g.id = %s
			UNION
			SELECT m.member_id FROM down CROSS JOIN group_members m WHERE m.group_id = down.id AND %s
		) SELECT m.member_id FROM down CROSS JOIN group_members m WHERE m.organization_id = %s AND m.group_id = down.id AND m.ended_at IS NULL)`,
		param(c.organization), param(groupID), c.nested(), param(c.organization))
}

func (c compiler) ofGroup(path filter.Path) (operand, error) {
	switch path.String() {
	case "groups.value":
		return c.text(fragment{sql: "reached.group_id"}), nil
	case "groups.display":
		return c.text(fragment{sql: "g.display_name_key"}), nil
	case "groups.type":
		return c.chosen(path, "CASE reached.direct WHEN 1 THEN 'direct' ELSE 'indirect' END", "direct", "indirect"), nil
	case "groups.$ref":
		return c.text(sqlf("(%s || reached.group_id)", c.prefix(schema.Group))), nil
	default:
		return c.absent(), nil
	}
}

// chosen is the key of one of two words, which an expression gives.
func (c compiler) chosen(path filter.Path, word, one, other string) operand {
	a := path[len(path)-1]
	first, _ := a.Key(one) // of a string attribute there is always a key
	second, _ := a.Key(other)
	return c.text(sqlf("CASE %s WHEN '"+one+"' THEN %s ELSE %s END", word, with("CAST(? AS TEXT)", first), with("CAST(? AS TEXT)", second)))
}

// prefix is the URI of resources of a type up to the id.
func (c compiler) prefix(typeName string) fragment {
	endpoint := ""
	if t := c.Registry.Type(typeName); t != nil {
		endpoint = t.Endpoint
	}
	return with("CAST(? AS TEXT)", c.BaseURL+endpoint+"/")
}

// absent is an attribute that the elements never have.
func (c compiler) absent() operand { return c.text(fragment{sql: "CAST(NULL AS TEXT)"}) }

// speaksOnlyOf reports whether all paths in an expression are among the names.
func speaksOnlyOf(e filter.Expr, names ...string) bool {
	all := func(terms []filter.Expr) bool {
		for _, term := range terms {
			if !speaksOnlyOf(term, names...) {
				return false
			}
		}
		return true
	}
	among := func(path filter.Path) bool {
		for _, name := range names {
			if path.String() == name {
				return true
			}
		}
		return false
	}
	switch e := e.(type) {
	case filter.And:
		return all(e.Terms)
	case filter.Or:
		return all(e.Terms)
	case filter.Not:
		return speaksOnlyOf(e.Term, names...)
	case filter.Compare:
		return among(e.Path)
	case filter.Present:
		return among(e.Path)
	default:
		return false
	}
}
