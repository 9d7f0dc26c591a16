package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Details of what is taken. Whose it is stays untold.
const (
	userNameTaken   = "userName is taken by another user of this organization"
	externalIDTaken = "externalId is taken by another resource of this directory"
)

// Apply implements scimresource.Tx.
func (x *tx) Apply(_ context.Context, c scimresource.Change) error {
	if err := x.applyResource(c); err != nil {
		return err
	}
	if err := x.applyMembers(c); err != nil {
		return fmt.Errorf("write members: %w", err)
	}
	rows, err := newEventRows(c.Events)
	if err != nil {
		return fmt.Errorf("encode events: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := x.db.Create(&rows).Error; err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}

func (x *tx) applyResource(c scimresource.Change) error {
	switch {
	case c.After == nil:
		return x.removeGroup(c.Before)
	case c.After.Type.Name == schema.User:
		return x.applyUser(c)
	default:
		return x.applyGroup(c)
	}
}

func (x *tx) applyUser(c scimresource.Change) error {
	row := newUserRow(x.organization, c.After)
	if err := x.write(&row, c.Before); err != nil {
		return x.store.unique(err, userNameTaken)
	}
	if c.After.State == scimresource.Offboarded {
		return x.endAccess(c.After, row.UpdatedAt)
	}
	if err := x.applyEmails(c); err != nil {
		return fmt.Errorf("write e-mail addresses: %w", err)
	}
	return x.applyExternalID(c)
}

func (x *tx) applyGroup(c scimresource.Change) error {
	row := newGroupRow(x.organization, c.After)
	if err := x.write(&row, c.Before); err != nil {
		return err
	}
	return x.applyExternalID(c)
}

// write inserts a row, or updates it where before is not nil. Under Lock nobody
// else can have changed the row since it was read.
func (x *tx) write(row any, before *scimresource.Resource) error {
	if before == nil {
		return x.db.Create(row).Error
	}
	result := x.db.Where("organization_id = ? AND id = ? AND version = ?", x.organization, before.ID, before.Version).
		Select("*").Omit("organization_id", "id", "directory_id", "created_at").Updates(row)
	if result.Error != nil {
		return result.Error
	}
	if result.RowsAffected != 1 {
		return fmt.Errorf("%s %s is not of version %d any more", before.Type.Name, before.ID, before.Version)
	}
	return nil
}

// applyEmails replaces the look-up rows of a user's addresses when they change.
func (x *tx) applyEmails(c scimresource.Change) error {
	if c.Before != nil {
		if document.Equal(c.Before.Attributes["emails"], c.After.Attributes["emails"]) {
			return nil
		}
		err := x.db.Exec("DELETE FROM user_emails WHERE organization_id = ? AND user_id = ?", x.organization, c.After.ID).Error
		if err != nil {
			return err
		}
	}
	rows := newEmailRows(x.organization, c.After)
	if len(rows) == 0 {
		return nil
	}
	return x.db.Create(&rows).Error
}

// applyExternalID writes the acting directory's id of a resource when it
// changes.
func (x *tx) applyExternalID(c scimresource.Change) error {
	had := c.Before != nil && c.Before.ExternalID != ""
	switch {
	case had && c.Before.ExternalID == c.After.ExternalID, !had && c.After.ExternalID == "":
		return nil
	case c.After.ExternalID == "":
		return x.db.Exec("DELETE FROM external_ids WHERE organization_id = ? AND directory_id = ? AND resource_id = ?",
			x.organization, x.directory, c.After.ID).Error
	}
	row := externalIDRow{
		OrganizationID: x.organization, DirectoryID: x.directory, ResourceID: c.After.ID,
		ResourceType: c.After.Type.Name, ExternalID: c.After.ExternalID, Live: true,
	}
	err := x.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "organization_id"}, {Name: "directory_id"}, {Name: "resource_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"external_id"}),
	}).Create(&row).Error
	return x.store.unique(err, externalIDTaken)
}

// endAccess takes an offboarded user out of every look-up. Memberships are kept
// for a restore, ended.
func (x *tx) endAccess(r *scimresource.Resource, at int64) error {
	return x.execAll(
		statement{"DELETE FROM user_emails WHERE organization_id = ? AND user_id = ?", []any{x.organization, r.ID}},
		statement{"UPDATE external_ids SET live = FALSE WHERE organization_id = ? AND resource_id = ?", []any{x.organization, r.ID}},
		statement{
			"UPDATE group_members SET ended_at = ? WHERE organization_id = ? AND member_id = ? AND ended_at IS NULL",
			[]any{at, x.organization, r.ID},
		},
	)
}

// removeGroup removes a group, its members (by the foreign key) and its own
// memberships.
func (x *tx) removeGroup(r *scimresource.Resource) error {
	return x.execAll(
		statement{"DELETE FROM group_members WHERE organization_id = ? AND member_id = ?", []any{x.organization, r.ID}},
		statement{"DELETE FROM external_ids WHERE organization_id = ? AND resource_id = ?", []any{x.organization, r.ID}},
		statement{`DELETE FROM "groups" WHERE organization_id = ? AND id = ?`, []any{x.organization, r.ID}},
	)
}

type statement struct {
	sql  string
	args []any
}

func (x *tx) execAll(statements ...statement) error {
	for _, s := range statements {
		if err := x.db.Exec(s.sql, s.args...).Error; err != nil {
			return err
		}
	}
	return nil
}

// applyMembers adds and removes member rows in batches.
func (x *tx) applyMembers(c scimresource.Change) error {
	for batch := range batches(c.RemoveMembers) {
		err := x.db.Exec("DELETE FROM group_members WHERE organization_id = ? AND group_id = ? AND member_id IN (?)",
			x.organization, c.After.ID, batch).Error
		if err != nil {
			return err
		}
	}
	for batch := range batches(c.AddMembers) {
		rows := make([]memberRow, len(batch))
		for i, m := range batch {
			rows[i] = memberRow{OrganizationID: x.organization, GroupID: c.After.ID, MemberID: m.ID, MemberType: m.Type}
		}
		if err := x.db.Create(&rows).Error; err != nil {
			return err
		}
	}
	return nil
}
