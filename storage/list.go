package storage

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// List implements scimresource.Store.
func (b *bound) List(ctx context.Context, q scimresource.Query) (scimresource.Page, error) {
	var page scimresource.Page
	order, err := b.order(q)
	if err != nil {
		return page, err
	}
	err = b.store.onConn(ctx, b.store.read, b.organization, func(db *gorm.DB) error {
		if q.Limit > 0 {
			if page, err = b.page(db, q, order); err != nil {
				return err
			}
		}
		if len(page.Resources) == 0 { // nothing to disagree with
			page.Total, err = b.count(db, q)
			return err
		}
		return b.include(db, page.Resources, q.Include)
	})
	return page, b.store.fault(err, "list resources")
}

// pageRow is a resource of a page, with the number of all matches.
type pageRow struct {
	Row   resourceRow `gorm:"embedded"`
	Total int
}

// page reads a page and its total in one statement, so of one snapshot. What is
// skipped is skipped on the narrow index; documents are read for the page only.
func (b *bound) page(db *gorm.DB, q scimresource.Query, order string) (scimresource.Page, error) {
	matching, args := b.matching(q)
	name, _ := table(q.Type)
	query := "SELECT " + columns + ", (SELECT COUNT(*)" + matching + ") AS total FROM (SELECT r.id" + matching +
		" ORDER BY " + order + limitOffset(q.Limit, q.Offset) + ") p JOIN " + name + " r ON r.organization_id = ? AND r.id = p.id ORDER BY " + order
	args = slices.Concat(b.columnArgs(), args, args, []any{b.organization})

	var rows []pageRow
	var page scimresource.Page
	if err := db.Raw(query, args...).Scan(&rows).Error; err != nil {
		return page, err
	}
	for i := range rows {
		page.Resources = append(page.Resources, rows[i].Row.resource(q.Type))
		page.Total = rows[i].Total
	}
	return page, nil
}

func (b *bound) count(db *gorm.DB, q scimresource.Query) (int, error) {
	matching, args := b.matching(q)
	var total int
	err := db.Raw("SELECT COUNT(*)"+matching, args...).Scan(&total).Error
	return total, err
}

// matching gives the FROM and WHERE of a query with its parameters.
func (b *bound) matching(q scimresource.Query) (sql string, args []any) {
	name, visible := table(q.Type)
	sql = " FROM " + name + " r WHERE r.organization_id = ? AND " + visible
	c := &compiler{bound: b, t: q.Type, args: []any{b.organization}}
	if q.Filter != nil {
		sql += " AND " + c.condition(q.Filter, resource{})
	}
	return sql, c.args
}

// order gives the ORDER BY of a query. It always ends in the id, so that pages
// are stable.
func (b *bound) order(q scimresource.Query) (string, error) {
	if q.Sort == nil {
		return "r.id", nil
	}
	key, err := b.sortKey(q.Type, q.Sort.Path)
	if err != nil {
		return "", err
	}
	if q.Sort.Descending {
		return key + " DESC NULLS FIRST, r.id", nil
	}
	return key + " ASC NULLS LAST, r.id", nil
}

// sortKey gives what resources are sorted by.
func (b *bound) sortKey(t *schema.ResourceType, path filter.Path) (string, error) {
	switch name := path.String(); name {
	case "meta.created", "meta.lastModified":
		return timeColumn(name), nil
	case "meta.version":
		return "r.version", nil
	case "meta.location", "meta.resourceType":
		return "r.id", nil
	case "externalId":
		return b.externalIDOf(), nil
	}
	switch path[0].Name {
	case "groups", "members":
		return "", fault.New(fault.InvalidValue, "sortBy: resources can't be sorted by %s", path[0].Name)
	}
	if i := slices.IndexFunc(path, multi); i >= 0 {
		return b.firstOf(path[:i+1], path[i+1:]), nil
	}
	c := &compiler{bound: b, t: t}
	return c.column(path).sql, nil
}

// externalIDOf gives the acting directory's id of a resource. The ids in it are
// made by the hub.
func (b *bound) externalIDOf() string {
	return "(SELECT x.external_id FROM external_ids x WHERE x.organization_id = " + quote(b.organization) +
		" AND x.directory_id = " + quote(b.directory) + " AND x.resource_id = r.id AND x.live)"
}

func multi(a *schema.Attr) bool { return a.Multi }

// firstOf gives the value of the primary element of a multi-valued attribute, or
// of the first.
func (b *bound) firstOf(list, within filter.Path) string {
	value := b.store.elementText()
	if len(within) > 0 {
		value = b.store.member(b.store.element(), names(within))
	}
	return "(SELECT " + value + " FROM " + b.store.elements("r.keys", names(list)) +
		" ORDER BY " + b.store.firstElement() + " LIMIT 1)"
}
