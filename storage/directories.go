package storage

import (
	"context"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// CreateDirectory adds a directory to an organization. A taken name is a fault
// of kind Uniqueness, an unknown organization one of kind NotFound.
func (s *Store) CreateDirectory(ctx context.Context, organizationID, name string) (access.Directory, error) {
	if err := checkName("directory", name); err != nil {
		return access.Directory{}, err
	}
	row := directoryRow{OrganizationID: organizationID, ID: access.NewID("dir"), Name: name, CreatedAt: micros(s.Now())}
	err := s.change(ctx, organizationID, "create directory", func(tx *gorm.DB, _ session) error {
		err := tx.Create(&row).Error
		if s.engine.judge(err) == dangling {
			return fault.Wrap(err, fault.NotFound, "there is no organization %s", organizationID)
		}
		return s.taken(err, "a directory of this name exists already in the organization")
	})
	return row.directory(), err
}

// Directories lists the directories of an organization by name.
func (s *Store) Directories(ctx context.Context, organizationID string) ([]access.Directory, error) {
	var rows []directoryRow
	err := s.engine.read(withTenant(ctx, organizationID)).Where("organization_id = ?", organizationID).Order("name").Find(&rows).Error
	list := make([]access.Directory, len(rows))
	for i, r := range rows {
		list[i] = r.directory()
	}
	return list, s.failed(ctx, "list directories", err)
}

// Directory finds a directory of an organization by its id or else its name;
// none is a fault of kind NotFound.
func (s *Store) Directory(ctx context.Context, organizationID, idOrName string) (access.Directory, error) {
	list, err := s.Directories(ctx, organizationID)
	if err != nil {
		return access.Directory{}, err
	}
	for _, d := range list {
		if d.ID == idOrName {
			return d, nil
		}
	}
	for _, d := range list {
		if d.Name == idOrName {
			return d, nil
		}
	}
	return access.Directory{}, fault.New(fault.NotFound, "no directory of the organization has the id or name %q", idOrName)
}
