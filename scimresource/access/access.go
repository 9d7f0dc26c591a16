// Package access says who may do what: organizations, their directories, the
// tokens that speak for them, and scopes. It knows neither where tokens are
// stored nor how they arrive.
package access

import (
	"slices"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Scope is a permission of a token.
type Scope string

// The scopes a token may have. Admin implies all others.
const (
	SCIMRead       Scope = "scim.read"
	SCIMWrite      Scope = "scim.write"
	WebhooksRead   Scope = "webhooks.read"
	WebhooksWrite  Scope = "webhooks.write"
	EventsRead     Scope = "events.read"
	LifecycleRead  Scope = "lifecycle.read"
	LifecycleWrite Scope = "lifecycle.write"
	UsersForget    Scope = "users.forget"
	SourcesRead    Scope = "sources.read"
	SourcesWrite   Scope = "sources.write"
	AuditRead      Scope = "audit.read"
	Admin          Scope = "admin"
)

// Scopes gives all scopes in a fixed order.
func Scopes() []Scope {
	return []Scope{
		SCIMRead, SCIMWrite, WebhooksRead, WebhooksWrite, EventsRead, LifecycleRead,
		LifecycleWrite, UsersForget, SourcesRead, SourcesWrite, AuditRead, Admin,
	}
}

// ParseScopes checks that each name is a scope.
func ParseScopes(names []string) ([]Scope, error) {
	scopes := make([]Scope, 0, len(names))
	for _, name := range names {
		if !slices.Contains(Scopes(), Scope(name)) {
			return nil, fault.New(fault.InvalidValue, "%q is no scope; the scopes are %v", name, Scopes())
		}
		scopes = append(scopes, Scope(name))
	}
	return scopes, nil
}

// Organization is a tenant: nothing of it is visible to another.
type Organization struct {
	ID        string // "org_…"
	Name      string // unique in the hub
	CreatedAt time.Time
}

// Directory is one connection of an organization's identity provider. External
// ids belong to a directory.
type Directory struct {
	ID             string // "dir_…"
	OrganizationID string
	Name           string // unique in the organization
	CreatedAt      time.Time
}

// DefaultDirectory is the name of the directory that every organization is
// made with. A token without a directory acts in it.
const DefaultDirectory = "default"

// Token is what the hub knows of a bearer token. The secret itself is shown
// once and never stored.
type Token struct {
	ID             string // "tok_…"
	OrganizationID string
	DirectoryID    string // "": the token acts in the default directory
	Name           string
	Hash           []byte // SHA-256 of the secret
	Scopes         []Scope
	CreatedAt      time.Time
	ExpiresAt      time.Time // zero: never
	LastUsedAt     time.Time // zero: never; exact to a minute
	RevokedAt      time.Time // zero: not revoked
}

// Live reports whether the token may be used at the given time.
func (t Token) Live(now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// Actor is who a request speaks for.
type Actor struct {
	TokenID        string
	OrganizationID string
	DirectoryID    string // never "": the token's, or the organization's default
	Scopes         []Scope
}

// May reports whether the actor has a scope.
func (a Actor) May(s Scope) bool {
	return slices.Contains(a.Scopes, s) || slices.Contains(a.Scopes, Admin)
}
