package scim_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

// openStore gives a fresh SQLite database. What differs between engines is not
// for these tests to find, but for storagetest and those of cmd/scimhub.
func openStore(t testing.TB, registry *schema.Registry, logger *slog.Logger) *storage.Store {
	t.Helper()
	store, err := storage.Open(t.Context(), storage.Config{
		DSN: "sqlite:" + filepath.Join(t.TempDir(), "hub.db"), Registry: registry, BaseURL: baseURL, Now: time.Now, Logger: logger,
	})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	must(t, store.Migrate(t.Context()))
	return store
}

// newToken gives a token of an organization, which it makes if need be.
func (h *hub) newToken(t testing.TB, organization string, scopes ...access.Scope) string {
	t.Helper()
	return h.newDirectoryToken(t, organization, access.DefaultDirectory, scopes...)
}

// newDirectoryToken gives a token of a directory, which it makes if need be.
func (h *hub) newDirectoryToken(t testing.TB, organization, directory string, scopes ...access.Scope) string {
	t.Helper()
	org, err := h.store.Organization(t.Context(), organization)
	if fault.Is(err, fault.NotFound) {
		org, err = h.store.CreateOrganization(t.Context(), organization)
	}
	must(t, err)
	dir, err := h.store.Directory(t.Context(), org.ID, directory)
	if fault.Is(err, fault.NotFound) {
		dir, err = h.store.CreateDirectory(t.Context(), org.ID, directory)
	}
	must(t, err)
	secret := access.NewSecret()
	must(t, h.store.CreateToken(t.Context(), access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, DirectoryID: dir.ID, Name: "test",
		Hash: access.Hash(secret), Scopes: scopes, CreatedAt: time.Now(),
	}))
	return secret
}
