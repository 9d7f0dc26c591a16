package storagetest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/storage"
)

func testNames(t *testing.T, w *world) {
	name := "Acmé " + rand.Text()
	org, err := w.root.CreateOrganization(t.Context(), name)
	must(t, err)
	_, err = w.root.CreateOrganization(t.Context(), name)
	mustFault(t, err, fault.Uniqueness)
	for _, by := range []string{org.ID, name} {
		found, err := w.root.Organization(t.Context(), by)
		must(t, err)
		if diff := cmp.Diff(org, found); diff != "" {
			t.Errorf("by %q: -want +got:\n%s", by, diff)
		}
	}
	_, err = w.root.Organization(t.Context(), "no such organization")
	mustFault(t, err, fault.NotFound)
	all, err := w.root.Organizations(t.Context())
	must(t, err)
	if !slices.Contains(all, org) {
		t.Errorf("%v is not listed among %v", org, all)
	}
	testDirectories(t, w, org)
	for _, bad := range []string{"", " a", "a\n", "a\x00", strings.Repeat("a", 201)} {
		_, err := w.root.CreateOrganization(t.Context(), bad)
		mustFault(t, err, fault.InvalidValue)
		_, err = w.root.CreateDirectory(t.Context(), org.ID, bad)
		mustFault(t, err, fault.InvalidValue)
	}
}

func testDirectories(t *testing.T, w *world, org access.Organization) {
	okta, err := w.root.CreateDirectory(t.Context(), org.ID, "okta")
	must(t, err)
	_, err = w.root.CreateDirectory(t.Context(), org.ID, "okta")
	mustFault(t, err, fault.Uniqueness)
	_, err = w.root.CreateDirectory(t.Context(), "org_unknown", "okta")
	mustFault(t, err, fault.NotFound)
	_, err = w.root.CreateDirectory(t.Context(), w.actor.OrganizationID, "okta")
	must(t, err) // of another organization
	list, err := w.root.Directories(t.Context(), org.ID)
	must(t, err)
	if len(list) != 2 || list[0].Name != access.DefaultDirectory || list[1] != okta {
		t.Errorf("directories %v", list)
	}
	for _, by := range []string{okta.ID, "okta"} {
		found, err := w.root.Directory(t.Context(), org.ID, by)
		must(t, err)
		if found != okta {
			t.Errorf("by %q: %v", by, found)
		}
	}
	_, err = w.root.Directory(t.Context(), w.actor.OrganizationID, okta.ID)
	mustFault(t, err, fault.NotFound)
}

func testTokens(t *testing.T, w *world) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	secret := access.NewSecret()
	token := access.Token{
		ID: access.NewID("tok"), OrganizationID: w.actor.OrganizationID, Name: "t", Hash: access.Hash(secret),
		Scopes: []access.Scope{access.SCIMRead, access.SCIMWrite}, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
	must(t, w.root.CreateToken(t.Context(), token))
	again := token
	again.ID = access.NewID("tok")
	mustFault(t, w.root.CreateToken(t.Context(), again), fault.Uniqueness)
	again.Hash, again.DirectoryID = access.Hash("x"), "dir_unknown"
	mustFault(t, w.root.CreateToken(t.Context(), again), fault.NotFound)

	must(t, w.root.TouchTokens(t.Context(), map[string]time.Time{token.ID: now.Add(time.Minute), "tok_unknown": now}))
	must(t, w.root.TouchTokens(t.Context(), map[string]time.Time{token.ID: now}))
	must(t, w.root.RevokeToken(t.Context(), token.OrganizationID, token.ID))
	other := newWorld(t, w.Engine, w.root, w.dsn)
	mustFault(t, w.root.RevokeToken(t.Context(), other.actor.OrganizationID, token.ID), fault.NotFound)

	got, err := w.root.TokenByHash(t.Context(), token.Hash)
	must(t, err)
	if got.RevokedAt.IsZero() {
		t.Error("it is not revoked")
	}
	token.LastUsedAt, token.RevokedAt = now.Add(time.Minute), got.RevokedAt
	list, err := w.root.Tokens(t.Context(), token.OrganizationID)
	must(t, err)
	if diff := cmp.Diff([]access.Token{token}, list); diff != "" {
		t.Errorf("listed: -want +got:\n%s", diff)
	}
	token.DirectoryID = w.actor.DirectoryID // it acts in the default directory
	if diff := cmp.Diff(token, got); diff != "" {
		t.Errorf("by hash: -want +got:\n%s", diff)
	}
	_, err = w.root.TokenByHash(t.Context(), access.Hash("unknown"))
	mustFault(t, err, fault.NotFound)
}

// testNewDatabase lets several hubs start at once on an empty database.
func testNewDatabase(t *testing.T, e Engine) {
	dsn := e.DSN(t)
	var stores []*storage.Store
	for range 3 {
		stores = append(stores, OpenOnly(t, storage.Config{DSN: dsn}))
	}
	if err := stores[0].CheckMigrated(t.Context()); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "scimhub migrate") {
		t.Errorf("before the migrations: %v", err)
	}
	if e.OneWriter { // a database for one hub: its file is migrated by one program
		must(t, stores[0].Migrate(t.Context()))
	}
	var wg sync.WaitGroup
	var created atomic.Int32
	for i, s := range stores {
		wg.Go(func() {
			if err := s.Migrate(t.Context()); err != nil {
				t.Errorf("migrate: %v", err)
				return
			}
			made, err := s.Bootstrap(t.Context(), access.Hash(fmt.Sprint("secret ", i)))
			if err != nil {
				t.Errorf("bootstrap: %v", err)
			}
			if made {
				created.Add(1)
				checkFirst(t, s, access.Hash(fmt.Sprint("secret ", i)))
			}
		})
	}
	wg.Wait()
	if n := created.Load(); n != 1 {
		t.Errorf("%d hubs created the first organization", n)
	}
	must(t, stores[0].Ping(t.Context()))
	steps, err := stores[0].MigrationStatus(t.Context())
	must(t, err)
	if len(steps) < 3 || steps[0].Version != 1 || steps[0].Name != "access" || steps[0].AppliedAt.IsZero() {
		t.Errorf("migrations %v", steps)
	}
}

func checkFirst(t *testing.T, s *storage.Store, hash []byte) {
	token, err := s.TokenByHash(t.Context(), hash)
	if err != nil {
		t.Error(err)
		return
	}
	dirs, err := s.Directories(t.Context(), token.OrganizationID)
	if err != nil || len(dirs) != 1 || dirs[0].ID != token.DirectoryID || dirs[0].Name != access.DefaultDirectory {
		t.Errorf("directories %v, error %v", dirs, err)
	}
	if !slices.Equal(token.Scopes, access.Scopes()) {
		t.Errorf("scopes %v", token.Scopes)
	}
}
