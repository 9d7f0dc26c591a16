package storage

import (
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// ofResource finds where an attribute of a resource is stored: in a column of
// its own, in another table, or among the keys of the document.
func (c compiler) ofResource(path filter.Path) (operand, error) {
	if err := searchable(path); err != nil {
		return nil, err
	}
	switch name := path.String(); {
	case name == "externalId":
		return c.externalID(), nil
	case path[0].Path == "meta":
		return c.meta(path), nil
	case name == "active" && c.typ.Name == schema.User:
		return booleanOperand{"r.active"}, nil
	case name == "groups" && c.typ.Name == schema.User, name == "members" && c.typ.Name == schema.Group:
		return c.related(path)
	default:
		if column := c.column(name); column != "" {
			return c.text(fragment{sql: column}), nil
		}
		return c.json(path), nil
	}
}

func (c compiler) text(f fragment) textOperand { return textOperand{dialect: c.engine, fragment: f} }

// json is an attribute among the keys of the document.
func (c compiler) json(path filter.Path) operand {
	return textOperand{
		dialect:  c.engine,
		fragment: c.engine.jsonText("r.keys", names(path)),
		exists:   c.engine.jsonExists("r.keys", names(path)),
	}
}

// column gives the column that holds the key of an attribute, or "".
func (c compiler) column(name string) string {
	switch {
	case name == "id":
		return "r.id"
	case name == "displayName":
		return "r.display_name_key"
	case c.typ.Name != schema.User:
		return ""
	}
	return map[string]string{
		"userName":        "r.user_name_key",
		"name.givenName":  "r.given_name_key",
		"name.familyName": "r.family_name_key",
	}[name]
}

// meta is not stored but follows from columns.
func (c compiler) meta(path filter.Path) operand {
	a := path[len(path)-1]
	keyParam := func(s string) fragment {
		key, _ := a.Key(s) // of a string attribute there is always a key
		return with("CAST(? AS TEXT)", key)
	}
	switch a.Path {
	case "meta.created":
		return timeOperand{"r.created_at"}
	case "meta.lastModified":
		return timeOperand{"r.updated_at"}
	case "meta.resourceType":
		return c.text(keyParam(c.typ.Name))
	case "meta.location":
		return c.text(sqlf("(%s || r.id)", keyParam(c.BaseURL+c.typ.Endpoint+"/")))
	case "meta.version":
		return c.text(sqlf("(%s || CAST(r.version AS TEXT) || %s)", keyParam(`W/"`), keyParam(`"`)))
	default:
		return always{}
	}
}

// externalID is the external id of the acting directory.
func (c compiler) externalID() operand {
	mine := sqlf("x.organization_id = %s AND x.directory_id = %s AND x.resource_type = %s AND x.live",
		param(c.organization), param(c.directory), param(c.typ.Name))
	return rowOperand{
		rows:  sqlf("r.id IN (SELECT x.resource_id FROM external_ids x WHERE %s", mine),
		value: c.text(fragment{sql: "x.external_id"}),
		sort:  sqlf("(SELECT x.external_id FROM external_ids x WHERE %s AND x.resource_id = r.id)", mine),
	}
}

// related is groups or members as a whole, which only "pr" speaks of.
func (c compiler) related(path filter.Path) (operand, error) {
	rows, err := c.anyElement(filter.Any{Path: path, Where: filter.Present{Path: filter.Path{path[0].Value()}}})
	return textOperand{exists: rows, fragment: fragment{sql: "NULL"}}, err
}

// sortKey is the key that resources are sorted by: of a multi-valued attribute
// that of the primary element or else of the first.
func (c compiler) sortKey(path filter.Path) (fragment, error) {
	for i, a := range path {
		if a.Multi {
			return c.elementKey(path[:i+1], path[i+1:])
		}
	}
	if a := path[len(path)-1]; a.Type == schema.Binary {
		return fragment{}, notSortable(a)
	}
	o, err := c.ofResource(path)
	if err != nil {
		return fragment{}, err
	}
	return o.key(), nil
}

func (c compiler) elementKey(list, rest filter.Path) (fragment, error) {
	a, kind := list[len(list)-1], c.kind(list)
	if kind == groupsOfUser || kind == membersOfGroup || searchable(rest) != nil || searchable(list) != nil {
		return fragment{}, notSortable(a)
	}
	order := fragment{sql: c.engine.elementOrder()}
	if p := a.Sub("primary"); p != nil {
		order = sqlf("CASE WHEN %s = 'true' THEN 0 ELSE 1 END, %s", c.engine.elementText([]string{p.Name}), order)
	}
	return sqlf("(SELECT %s FROM %s ORDER BY %s LIMIT 1)",
		c.engine.elementText(names(rest)), c.engine.elements("r.keys", names(list)), order), nil
}

func notSortable(a *schema.Attr) error {
	return fault.New(fault.InvalidValue, "sortBy: resources can't be sorted by %s", a.Path)
}
