package storage

import (
	"context"
	"iter"
	"slices"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// tx is a transaction of a bound store.
type tx struct {
	*bound
	db *gorm.DB
}

// batchSize is how many ids one statement carries: well below the number of
// parameters that either engine takes.
const batchSize = 1000

func batches[T any](all []T) iter.Seq[[]T] { return slices.Chunk(all, batchSize) }

// Lock implements scimresource.Tx.
func (x *tx) Lock(_ context.Context, t *schema.ResourceType, id string) (*scimresource.Resource, error) {
	return x.get(x.db, t, id, x.store.lockRow())
}

// Find implements scimresource.Tx.
func (x *tx) Find(_ context.Context, ids []string) ([]scimresource.Member, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !isUUID(id) })
	slices.Sort(ids) // so that two transactions lock rows in one order
	var found []scimresource.Member
	for batch := range batches(ids) {
		for _, name := range []string{schema.User, schema.Group} {
			from, visible := table(x.store.Registry.Type(name))
			var rows []scimresource.Member
			query := "SELECT r.id, r.display FROM " + from + " r WHERE r.organization_id = ? AND r.id IN (?) AND " + visible +
				" ORDER BY r.id" + x.store.shareRows()
			if err := x.db.Raw(query, x.organization, batch).Scan(&rows).Error; err != nil {
				return nil, err
			}
			for _, row := range rows {
				row.Type = name
				found = append(found, row)
			}
		}
	}
	return found, nil
}

// MembersAmong implements scimresource.Tx.
func (x *tx) MembersAmong(_ context.Context, groupID string, ids []string) ([]string, error) {
	var found []string
	for batch := range batches(ids) {
		var some []string
		err := x.db.Raw(`SELECT member_id FROM group_members
			WHERE organization_id = ? AND group_id = ? AND ended_at IS NULL AND member_id IN (?)`,
			x.organization, groupID, batch).Scan(&some).Error
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// Members implements scimresource.Tx.
func (x *tx) Members(_ context.Context, groupID string) ([]scimresource.Member, error) {
	group := &scimresource.Resource{ID: groupID}
	err := x.includeMembers(x.db, []string{groupID}, map[string]*scimresource.Resource{groupID: group})
	return group.Members, err
}

// Parents implements scimresource.Tx.
func (x *tx) Parents(_ context.Context, id string) ([]string, error) {
	var ids []string
	err := x.db.Raw(`SELECT group_id FROM group_members
		WHERE organization_id = ? AND member_id = ? AND ended_at IS NULL ORDER BY group_id`,
		x.organization, id).Scan(&ids).Error
	return ids, err
}
