package storage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// tokenRow is a row of tokens.
type tokenRow struct {
	OrganizationID string
	ID             string
	DirectoryID    *string
	Name           string
	Hash           []byte
	Scopes         string // separated by spaces
	CreatedAt      int64  `gorm:"autoCreateTime:false"`
	ExpiresAt      *int64
	LastUsedAt     *int64
	RevokedAt      *int64
}

func (tokenRow) TableName() string { return "tokens" }

func newTokenRow(t access.Token) tokenRow {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = string(s)
	}
	row := tokenRow{
		OrganizationID: t.OrganizationID, ID: t.ID, Name: t.Name, Hash: t.Hash, Scopes: strings.Join(scopes, " "),
		CreatedAt: t.CreatedAt.UnixMicro(), ExpiresAt: micros(t.ExpiresAt), LastUsedAt: micros(t.LastUsedAt), RevokedAt: micros(t.RevokedAt),
	}
	if t.DirectoryID != "" {
		row.DirectoryID = &t.DirectoryID
	}
	return row
}

func (r tokenRow) token() access.Token {
	t := access.Token{
		ID: r.ID, OrganizationID: r.OrganizationID, Name: r.Name, Hash: r.Hash,
		CreatedAt: time.UnixMicro(r.CreatedAt).UTC(), ExpiresAt: instant(r.ExpiresAt), LastUsedAt: instant(r.LastUsedAt), RevokedAt: instant(r.RevokedAt),
	}
	for name := range strings.FieldsSeq(r.Scopes) {
		t.Scopes = append(t.Scopes, access.Scope(name))
	}
	if r.DirectoryID != nil {
		t.DirectoryID = *r.DirectoryID
	}
	return t
}

// micros gives a time as it is stored: the zero time is NULL.
func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

func instant(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return time.UnixMicro(*us).UTC()
}

// CreateToken stores a token.
func (s *Store) CreateToken(ctx context.Context, t access.Token) error {
	err := s.onConn(ctx, s.write, t.OrganizationID, func(db *gorm.DB) error { return s.createTokenTx(db, t) })
	return s.fault(err, "create a token")
}

func (s *Store) createTokenTx(db *gorm.DB, t access.Token) error {
	row := newTokenRow(t)
	return s.unique(db.Create(&row).Error, "there is a token with this secret already")
}

// Tokens gives the tokens of an organization in the order in which they were
// made, also those that are expired or revoked.
func (s *Store) Tokens(ctx context.Context, organizationID string) ([]access.Token, error) {
	var rows []tokenRow
	err := s.onConn(ctx, s.read, organizationID, func(db *gorm.DB) error {
		return db.Where("organization_id = ?", organizationID).Order("id").Find(&rows).Error
	})
	tokens := make([]access.Token, len(rows))
	for i, r := range rows {
		tokens[i] = r.token()
	}
	return tokens, s.fault(err, "list tokens")
}

// TokenByHash gives the token whose secret has the SHA-256 hash, also one that
// is expired or revoked. Its DirectoryID is never "": the token's own, or that
// of its organization's default directory. No such token is a fault of kind
// NotFound.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (access.Token, error) {
	var rows []tokenRow
	err := s.onConn(ctx, s.read, system, func(db *gorm.DB) error {
		return db.Raw(`SELECT t.organization_id, t.id, t.name, t.hash, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
			COALESCE(t.directory_id, d.id) AS directory_id
			FROM tokens t JOIN directories d ON d.organization_id = t.organization_id AND d.name = ?
			WHERE t.hash = ?`, access.DefaultDirectory, hash).Scan(&rows).Error
	})
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "there is no such token")
	}
	if err != nil {
		return access.Token{}, s.fault(err, "find a token")
	}
	return rows[0].token(), nil
}

// TouchTokens records when tokens, by id, were last used. It never moves a time
// back.
func (s *Store) TouchTokens(ctx context.Context, usedAt map[string]time.Time) error {
	err := s.onSystem(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error {
			for _, id := range slices.Sorted(maps.Keys(usedAt)) { // in one order, so that hubs don't wait for each other in a ring
				at := usedAt[id]
				err := db.Exec("UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
					at.UnixMicro(), id, at.UnixMicro()).Error
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	return s.fault(err, "record the use of tokens")
}

// RevokeToken revokes a token of an organization. To revoke it again changes
// nothing.
func (s *Store) RevokeToken(ctx context.Context, organizationID, id string) error {
	err := s.onConn(ctx, s.write, organizationID, func(db *gorm.DB) error {
		result := db.Exec("UPDATE tokens SET revoked_at = COALESCE(revoked_at, ?) WHERE organization_id = ? AND id = ?", s.now(), organizationID, id)
		if result.Error == nil && result.RowsAffected == 0 {
			return fault.New(fault.NotFound, "the organization has no token %q", brief(id))
		}
		return result.Error
	})
	return s.fault(err, "revoke a token")
}

// Bootstrap gives an empty database its first organization and directory, both
// named default, and a token with all scopes whose secret has the SHA-256 hash.
// created is false where there is an organization already. Of several hubs that
// bootstrap at once, one does.
func (s *Store) Bootstrap(ctx context.Context, hash []byte) (created bool, err error) {
	err = s.onSystem(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error {
			var n int64
			if err := s.lockBootstrap(db); err != nil {
				return err
			}
			if err := db.Model(&organizationRow{}).Count(&n).Error; err != nil || n > 0 {
				return err
			}
			created = true
			return s.bootstrapTx(db, hash)
		})
	})
	return created && err == nil, s.fault(err, "bootstrap an empty database")
}

func (s *Store) bootstrapTx(db *gorm.DB, hash []byte) error {
	org, err := s.createOrganizationTx(db, "default")
	if err != nil {
		return err
	}
	return s.createTokenTx(db, access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, Name: "bootstrap", Hash: hash,
		Scopes: access.Scopes(), CreatedAt: s.Now(),
	})
}
