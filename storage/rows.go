package storage

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/access"
)

// The rows of the tables that are read and written whole.

type organizationRow struct {
	ID        string
	Name      string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

// TableName implements gorm's schema.Tabler.
func (organizationRow) TableName() string { return "organizations" }

func (r organizationRow) organization() access.Organization {
	return access.Organization{ID: r.ID, Name: r.Name, CreatedAt: instant(r.CreatedAt)}
}

type directoryRow struct {
	OrganizationID string
	ID             string
	Name           string
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
}

// TableName implements gorm's schema.Tabler.
func (directoryRow) TableName() string { return "directories" }

func (r directoryRow) directory() access.Directory {
	return access.Directory{ID: r.ID, OrganizationID: r.OrganizationID, Name: r.Name, CreatedAt: instant(r.CreatedAt)}
}

type tokenRow struct {
	OrganizationID string
	ID             string
	DirectoryID    *string
	Name           string
	Hash           []byte
	Scopes         string
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	ExpiresAt      *int64
	LastUsedAt     *int64
	RevokedAt      *int64
}

// TableName implements gorm's schema.Tabler.
func (tokenRow) TableName() string { return "tokens" }

func rowOfToken(t access.Token) tokenRow {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = string(s)
	}
	row := tokenRow{
		OrganizationID: t.OrganizationID, ID: t.ID, Name: t.Name, Hash: t.Hash, Scopes: strings.Join(scopes, " "),
		CreatedAt: micros(t.CreatedAt), ExpiresAt: optionalMicros(t.ExpiresAt),
		LastUsedAt: optionalMicros(t.LastUsedAt), RevokedAt: optionalMicros(t.RevokedAt),
	}
	if t.DirectoryID != "" {
		row.DirectoryID = &t.DirectoryID
	}
	return row
}

func (r tokenRow) token() access.Token {
	t := access.Token{
		OrganizationID: r.OrganizationID, ID: r.ID, Name: r.Name, Hash: r.Hash,
		CreatedAt: instant(r.CreatedAt), ExpiresAt: optionalInstant(r.ExpiresAt),
		LastUsedAt: optionalInstant(r.LastUsedAt), RevokedAt: optionalInstant(r.RevokedAt),
	}
	if r.DirectoryID != nil {
		t.DirectoryID = *r.DirectoryID
	}
	for scope := range strings.FieldsSeq(r.Scopes) {
		t.Scopes = append(t.Scopes, access.Scope(scope))
	}
	return t
}
