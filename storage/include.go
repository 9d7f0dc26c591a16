package storage

import (
	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource"
)

// include reads the derived parts of resources.
func (b *bound) include(db *gorm.DB, resources []*scimresource.Resource, inc scimresource.Include) error {
	if len(resources) == 0 {
		return nil
	}
	byID := make(map[string]*scimresource.Resource, len(resources))
	ids := make([]string, len(resources))
	for i, r := range resources {
		byID[r.ID] = r
		ids[i] = r.ID
	}
	if inc.Groups {
		if err := b.includeGroups(db, ids, byID); err != nil {
			return err
		}
	}
	if inc.Members {
		return b.includeMembers(db, ids, byID)
	}
	return nil
}

// upward gives every group around the given members, direct and through other
// groups. UNION drops what was found before, so that cycles end.
const upward = `WITH RECURSIVE up (member_id, group_id, direct) AS (
	SELECT m.member_id, m.group_id, 1 FROM group_members m
	 WHERE m.organization_id = ? AND m.ended_at IS NULL AND m.member_id IN (?)
	UNION
	SELECT up.member_id, m.group_id, 0 FROM up
	  JOIN group_members m ON m.organization_id = ? AND m.member_id = up.group_id
)
SELECT up.member_id, up.group_id, MAX(up.direct) AS direct, g.display
  FROM up JOIN "groups" g ON g.organization_id = ? AND g.id = up.group_id
 WHERE up.member_id <> up.group_id
 GROUP BY up.member_id, up.group_id, g.display
 ORDER BY up.member_id, up.group_id`

func (b *bound) includeGroups(db *gorm.DB, ids []string, byID map[string]*scimresource.Resource) error {
	for batch := range batches(ids) {
		var rows []struct {
			MemberID, GroupID, Display string
			Direct                     int
		}
		if err := db.Raw(upward, b.organization, batch, b.organization, b.organization).Scan(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			r := byID[row.MemberID]
			r.Groups = append(r.Groups, scimresource.GroupRef{ID: row.GroupID, Display: row.Display, Direct: row.Direct == 1})
		}
	}
	return nil
}

// membersOf gives the members of groups.
const membersOf = `SELECT m.group_id, m.member_id AS id, m.member_type AS type, COALESCE(u.display, g.display) AS display
  FROM group_members m
  LEFT JOIN users u ON m.member_type = 'User' AND u.organization_id = m.organization_id AND u.id = m.member_id
  LEFT JOIN "groups" g ON m.member_type = 'Group' AND g.organization_id = m.organization_id AND g.id = m.member_id
 WHERE m.organization_id = ? AND m.ended_at IS NULL AND m.group_id IN (?)
 ORDER BY m.group_id, m.member_id`

func (b *bound) includeMembers(db *gorm.DB, ids []string, byID map[string]*scimresource.Resource) error {
	for batch := range batches(ids) {
		var rows []struct {
			GroupID string
			scimresource.Member
		}
		if err := db.Raw(membersOf, b.organization, batch).Scan(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			r := byID[row.GroupID]
			r.Members = append(r.Members, row.Member)
		}
	}
	return nil
}
