package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// organizationRow is a row of organizations.
type organizationRow struct {
	ID        string
	Name      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (organizationRow) TableName() string { return "organizations" }

func (r organizationRow) organization() access.Organization {
	return access.Organization{ID: r.ID, Name: r.Name, CreatedAt: time.UnixMicro(r.CreatedAt).UTC()}
}

// directoryRow is a row of directories.
type directoryRow struct {
	OrganizationID string
	ID             string
	Name           string
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
}

func (directoryRow) TableName() string { return "directories" }

func (r directoryRow) directory() access.Directory {
	return access.Directory{ID: r.ID, OrganizationID: r.OrganizationID, Name: r.Name, CreatedAt: time.UnixMicro(r.CreatedAt).UTC()}
}

// CreateOrganization makes an organization with its default directory. A name
// that is taken is a fault of kind Uniqueness.
func (s *Store) CreateOrganization(ctx context.Context, name string) (access.Organization, error) {
	var org access.Organization
	err := s.onSystem(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) (err error) {
			org, err = s.createOrganizationTx(db, name)
			return err
		})
	})
	return org, s.fault(err, "create an organization")
}

func (s *Store) createOrganizationTx(db *gorm.DB, name string) (access.Organization, error) {
	if strings.TrimSpace(name) == "" {
		return access.Organization{}, fault.New(fault.InvalidValue, "an organization needs a name")
	}
	row := organizationRow{ID: access.NewID("org"), Name: name, CreatedAt: s.now()}
	if err := db.Create(&row).Error; err != nil {
		return access.Organization{}, s.unique(err, fmt.Sprintf("there is an organization named %q already", name))
	}
	_, err := s.createDirectoryTx(db, row.ID, access.DefaultDirectory)
	return row.organization(), err
}

// Organizations gives all organizations in the order in which they were made.
func (s *Store) Organizations(ctx context.Context) ([]access.Organization, error) {
	var rows []organizationRow
	err := s.onSystem(ctx, func(db *gorm.DB) error { return db.Order("id").Find(&rows).Error })
	orgs := make([]access.Organization, len(rows))
	for i, r := range rows {
		orgs[i] = r.organization()
	}
	return orgs, s.fault(err, "list organizations")
}

// Organization finds an organization by its id or name.
func (s *Store) Organization(ctx context.Context, idOrName string) (access.Organization, error) {
	var rows []organizationRow
	err := s.onSystem(ctx, func(db *gorm.DB) error {
		return db.Where("id = ? OR name = ?", idOrName, idOrName).Order("id").Limit(1).Find(&rows).Error
	})
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "there is no organization %q", brief(idOrName))
	}
	if err != nil {
		return access.Organization{}, s.fault(err, "find an organization")
	}
	return rows[0].organization(), nil
}

// CreateDirectory makes a directory of an organization. A name that the
// organization has already is a fault of kind Uniqueness.
func (s *Store) CreateDirectory(ctx context.Context, organizationID, name string) (access.Directory, error) {
	var dir access.Directory
	err := s.onConn(ctx, s.write, organizationID, func(db *gorm.DB) (err error) {
		dir, err = s.createDirectoryTx(db, organizationID, name)
		return err
	})
	return dir, s.fault(err, "create a directory")
}

func (s *Store) createDirectoryTx(db *gorm.DB, organizationID, name string) (access.Directory, error) {
	if strings.TrimSpace(name) == "" {
		return access.Directory{}, fault.New(fault.InvalidValue, "a directory needs a name")
	}
	row := directoryRow{OrganizationID: organizationID, ID: access.NewID("dir"), Name: name, CreatedAt: s.now()}
	err := db.Create(&row).Error
	return row.directory(), s.unique(err, fmt.Sprintf("the organization has a directory named %q already", name))
}

// Directories gives the directories of an organization in the order in which
// they were made.
func (s *Store) Directories(ctx context.Context, organizationID string) ([]access.Directory, error) {
	var rows []directoryRow
	err := s.onConn(ctx, s.read, organizationID, func(db *gorm.DB) error {
		return db.Where("organization_id = ?", organizationID).Order("id").Find(&rows).Error
	})
	dirs := make([]access.Directory, len(rows))
	for i, r := range rows {
		dirs[i] = r.directory()
	}
	return dirs, s.fault(err, "list directories")
}

// Directory finds a directory of an organization by its id or name.
func (s *Store) Directory(ctx context.Context, organizationID, idOrName string) (access.Directory, error) {
	dirs, err := s.Directories(ctx, organizationID)
	if err != nil {
		return access.Directory{}, err
	}
	for _, d := range dirs {
		if d.ID == idOrName || d.Name == idOrName {
			return d, nil
		}
	}
	return access.Directory{}, fault.New(fault.NotFound, "the organization has no directory %q", brief(idOrName))
}
