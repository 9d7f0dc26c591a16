package storage

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// CreateToken adds a token, whose ID, Hash and CreatedAt the caller has set. An
// unknown organization or directory is a fault of kind NotFound.
func (s *Store) CreateToken(ctx context.Context, t access.Token) error {
	if err := checkName("token", t.Name); err != nil {
		return err
	}
	return s.change(ctx, t.OrganizationID, "create token", func(tx *gorm.DB, _ session) error {
		return s.insertToken(tx, t)
	})
}

func (s *Store) insertToken(tx *gorm.DB, t access.Token) error {
	row := rowOfToken(t)
	err := tx.Create(&row).Error
	if s.engine.judge(err) == dangling {
		return fault.Wrap(err, fault.NotFound, "the organization or directory of the token does not exist")
	}
	return s.taken(err, "a token of this secret exists already")
}

// Tokens lists the tokens of an organization, those revoked and expired too, in
// the order in which they were made.
func (s *Store) Tokens(ctx context.Context, organizationID string) ([]access.Token, error) {
	var rows []tokenRow
	err := s.engine.read(withTenant(ctx, organizationID)).Where("organization_id = ?", organizationID).Order("id").Find(&rows).Error
	list := make([]access.Token, len(rows))
	for i, r := range rows {
		list[i] = r.token()
	}
	return list, s.failed(ctx, "list tokens", err)
}

// TokenByHash gives the token whose secret has the SHA-256 hash, also one that
// is expired or revoked. Its DirectoryID is never "": the token's own, or that
// of the default directory of its organization. None is a fault of kind
// NotFound.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (access.Token, error) {
	var rows []tokenRow
	err := s.engine.read(withSystem(ctx)).Raw(`
		SELECT t.organization_id, t.id, COALESCE(t.directory_id, d.id) AS directory_id, t.name, t.hash, t.scopes,
			t.created_at, t.expires_at, t.last_used_at, t.revoked_at
		FROM tokens t JOIN directories d ON d.organization_id = t.organization_id AND d.name = ?
		WHERE t.hash = ?`, access.DefaultDirectory, hash).Scan(&rows).Error
	if err != nil {
		return access.Token{}, s.failed(ctx, "find token", err)
	}
	if len(rows) == 0 {
		return access.Token{}, fault.New(fault.NotFound, "no token has this secret")
	}
	return rows[0].token(), nil
}

// RevokeToken makes a token of the organization useless for good. One that was
// revoked before stays so since then; none is a fault of kind NotFound.
func (s *Store) RevokeToken(ctx context.Context, organizationID, id string) error {
	return s.change(ctx, organizationID, "revoke token", func(tx *gorm.DB, _ session) error {
		result := tx.Exec("UPDATE tokens SET revoked_at = COALESCE(revoked_at, ?) WHERE organization_id = ? AND id = ?",
			micros(s.Now()), organizationID, id)
		if result.Error == nil && result.RowsAffected == 0 {
			return fault.New(fault.NotFound, "the organization has no token %s", id)
		}
		return result.Error
	})
}

// TouchTokens records when tokens, by id, were last used, in one statement. It
// never moves a time back.
func (s *Store) TouchTokens(ctx context.Context, usedAt map[string]time.Time) error {
	if len(usedAt) == 0 {
		return nil
	}
	records := make([][2]any, 0, len(usedAt))
	for id, at := range usedAt {
		records = append(records, [2]any{id, micros(at)})
	}
	list, err := json.Marshal(records)
	if err != nil {
		return err
	}
	id, at := s.engine.field(0), "CAST("+s.engine.field(1)+" AS BIGINT)"
	return s.change(ctx, system, "record the use of tokens", func(tx *gorm.DB, _ session) error {
		return tx.Exec("UPDATE tokens SET last_used_at = "+at+" FROM "+s.engine.records()+
			" WHERE tokens.id = "+id+" AND COALESCE(tokens.last_used_at, 0) < "+at, string(list)).Error
	})
}
