package storage

import (
	"context"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
)

// bootstrapLock is the lock under which replicas that start at once agree which
// of them fills an empty database.
const bootstrapLock = 0x5c1_4b00_7001

// Names of what an empty database is given.
const (
	bootstrapOrganization = "default"
	bootstrapToken        = "bootstrap"
)

// Bootstrap gives a database without organizations its first: organization and
// directory "default", and a token with all scopes whose secret has the SHA-256
// hash. created is false where there is an organization already. Of several
// hubs that call it at once exactly one creates.
func (s *Store) Bootstrap(ctx context.Context, hash []byte) (created bool, err error) {
	err = s.change(ctx, system, "bootstrap the database", func(tx *gorm.DB, session session) error {
		created = false
		if err := session.lock(tx.Statement.Context, bootstrapLock); err != nil {
			return err
		}
		var organizations int64
		if err := tx.Model(&organizationRow{}).Count(&organizations).Error; err != nil || organizations > 0 {
			return err
		}
		created = true
		return s.insertFirst(tx, hash)
	})
	return created && err == nil, err
}

func (s *Store) insertFirst(tx *gorm.DB, hash []byte) error {
	now := s.Now()
	org := organizationRow{ID: access.NewID("org"), Name: bootstrapOrganization, CreatedAt: micros(now)}
	if err := s.insertOrganization(tx, org); err != nil {
		return err
	}
	return s.insertToken(tx, access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, Name: bootstrapToken, Hash: hash, Scopes: access.Scopes(), CreatedAt: now,
	})
}
