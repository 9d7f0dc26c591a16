package storage

import (
	"context"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// CreateOrganization adds an organization with its default directory. A taken
// name is a fault of kind Uniqueness.
func (s *Store) CreateOrganization(ctx context.Context, name string) (access.Organization, error) {
	if err := checkName("organization", name); err != nil {
		return access.Organization{}, err
	}
	row := organizationRow{ID: access.NewID("org"), Name: name, CreatedAt: micros(s.Now())}
	err := s.change(ctx, row.ID, "create organization", func(tx *gorm.DB, _ session) error {
		return s.insertOrganization(tx, row)
	})
	return row.organization(), err
}

// insertOrganization inserts an organization and its default directory.
func (s *Store) insertOrganization(tx *gorm.DB, row organizationRow) error {
	if err := tx.Create(&row).Error; err != nil {
		return s.taken(err, "an organization of this name exists already")
	}
	return tx.Create(&directoryRow{
		OrganizationID: row.ID, ID: access.NewID("dir"), Name: access.DefaultDirectory, CreatedAt: row.CreatedAt,
	}).Error
}

// Organizations lists all organizations by name.
func (s *Store) Organizations(ctx context.Context) ([]access.Organization, error) {
	var rows []organizationRow
	err := s.engine.read(withSystem(ctx)).Order("name").Find(&rows).Error
	list := make([]access.Organization, len(rows))
	for i, r := range rows {
		list[i] = r.organization()
	}
	return list, s.failed(ctx, "list organizations", err)
}

// Organization finds an organization by its id or else its name; none is a
// fault of kind NotFound.
func (s *Store) Organization(ctx context.Context, idOrName string) (access.Organization, error) {
	var rows []organizationRow
	err := s.engine.read(withSystem(ctx)).Where("id = ? OR name = ?", idOrName, idOrName).Limit(2).Find(&rows).Error
	if err != nil {
		return access.Organization{}, s.failed(ctx, "find organization", err)
	}
	for _, r := range rows {
		if r.ID == idOrName || len(rows) == 1 {
			return r.organization(), nil
		}
	}
	return access.Organization{}, fault.New(fault.NotFound, "no organization has the id or name %q", idOrName)
}
