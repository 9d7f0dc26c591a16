package scimclient_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server"
	"github.com/scimhub/scimhub/server/auth"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/webhooks/remote"
	"github.com/scimhub/scimhub/webhooks/scimclient"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// authorized sends a header with every request.
type authorized string

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", string(a))
	return http.DefaultTransport.RoundTrip(r)
}

func newClient(baseURL, authorization string, pageSize int) *scimclient.Client {
	return scimclient.New(scimclient.Config{
		BaseURL: baseURL, PageSize: pageSize, Remote: remoteWith(authorization),
	})
}

func remoteWith(authorization string) remote.Config {
	return remote.Config{HTTP: &http.Client{Transport: authorized(authorization)}, Attempts: 1}
}

// newHub starts a whole hub with some users and a group of all of them, and
// gives the base URL of its SCIM API, a token and the ids of the users.
func newHub(t *testing.T, users int) (baseURL, token string, ids []string) {
	t.Helper()
	registry, err := schema.NewRegistry(schema.Definitions{})
	must(t, err)
	logger := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), storage.Config{
		DSN: "sqlite:" + filepath.Join(t.TempDir(), "hub.db"), Registry: registry, Now: time.Now, Logger: logger,
	})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	must(t, store.Migrate(t.Context()))
	org, err := store.CreateOrganization(t.Context(), "acme")
	must(t, err)
	dir, err := store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	token = access.NewSecret()
	must(t, store.CreateToken(t.Context(), access.Token{
		ID: access.NewID("tok"), OrganizationID: org.ID, DirectoryID: dir.ID, Name: "test",
		Hash: access.Hash(token), Scopes: []access.Scope{access.Admin}, CreatedAt: time.Now(),
	}))
	authenticator, err := auth.New(auth.Config{Store: store, Now: time.Now, Logger: logger})
	must(t, err)
	hub := scimresource.NewHub(scimresource.Config{
		Registry: registry, Bind: store.Bind, BaseURL: "https://hub.test/scim/v2", Now: time.Now, Logger: logger,
	})
	srv, err := server.New(server.Config{
		Hub: hub, Authenticator: authenticator, Ready: store.Ping, Logger: logger,
		Limits: server.Limits{PageDefault: 10, PageMax: 40},
	})
	must(t, err)
	web := httptest.NewServer(srv)
	t.Cleanup(web.Close)
	return web.URL + "/scim/v2", token, populate(t, hub.As(access.Actor{OrganizationID: org.ID, DirectoryID: dir.ID}), registry, users)
}

func populate(t *testing.T, d *scimresource.Directory, registry *schema.Registry, users int) (ids []string) {
	t.Helper()
	var members []any
	for i := range users {
		u, err := d.Create(t.Context(), registry.Type(schema.User), document.Object{
			"userName": fmt.Sprintf("user%03d@example.com", i), "externalId": fmt.Sprintf("x%d", i),
		}, scimresource.Include{})
		must(t, err)
		ids = append(ids, u.ID)
		members = append(members, document.Object{"value": u.ID})
	}
	_, err := d.Create(t.Context(), registry.Type(schema.Group), document.Object{"displayName": "All", "members": members}, scimresource.Include{})
	must(t, err)
	return ids
}

// collect lists all and gives the ids, and how many resources each page had.
func collect(t *testing.T, c *scimclient.Client, endpoint string, l scimclient.Listing) (ids []string, pages []int) {
	t.Helper()
	for page, err := range c.List(t.Context(), endpoint, l) {
		must(t, err)
		pages = append(pages, len(page.Resources))
		for _, r := range page.Resources {
			id, _ := r["id"].(string)
			ids = append(ids, id)
		}
		if page.At.IsZero() {
			t.Error("a page has no time")
		}
	}
	return ids, pages
}

// TestHub reads a hub whose pages are smaller than what is asked for.
func TestHub(t *testing.T) {
	base, token, want := newHub(t, 95)
	c := newClient(base+"/", "Bearer "+token, 100)

	ids, pages := collect(t, c, "/Users", scimclient.Listing{Attributes: []string{"userName"}})
	if !slices.Equal(ids, want) || !slices.Equal(pages, []int{40, 40, 15, 0}) {
		t.Errorf("pages of %v, %d users of %d", pages, len(ids), len(want))
	}

	user, err := c.Get(t.Context(), "/Users", want[7])
	must(t, err)
	if user["userName"] != "user007@example.com" || user["externalId"] != "x7" {
		t.Errorf("got %v", user)
	}
	found, only, err := c.Find(t.Context(), "/Users", `userName eq "USER007@example.com"`)
	must(t, err)
	if !only || found["id"] != want[7] {
		t.Errorf("found %v, only %v", found, only)
	}
	if found, only, err = c.Find(t.Context(), "/Users", `userName sw "user00"`); err != nil || only || found == nil {
		t.Errorf("one of ten: %v, only %v, %v", found, only, err)
	}
	if found, _, err = c.Find(t.Context(), "/Users", `userName eq "nobody"`); err != nil || found != nil {
		t.Errorf("nobody: %v, %v", found, err)
	}
	for page, err := range c.List(t.Context(), "/Groups", scimclient.Listing{}) {
		must(t, err)
		if page.Cursor == "" {
			break
		}
		if members, _ := page.Resources[0]["members"].([]any); len(page.Resources) != 1 || len(members) != 95 {
			t.Errorf("%d groups, %d members", len(page.Resources), len(members))
		}
	}
}

// TestHubFaults asks the hub for what it refuses.
func TestHubFaults(t *testing.T) {
	base, token, _ := newHub(t, 1)
	c := newClient(base, "Bearer "+token, 0)
	for _, id := range []string{"0199d2f0-0000-7000-8000-000000000000", "", "..", "a/../b", "a?b"} {
		if _, err := c.Get(t.Context(), "/Users", id); !fault.Is(err, fault.NotFound) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	_, _, err := c.Find(t.Context(), "/Users", `shoeSize eq 44`)
	if !fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), "shoeSize") {
		t.Errorf("an unknown attribute: %v", err)
	}
	_, err = newClient(base, "Bearer wrong", 0).Get(t.Context(), "/Users", "x")
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("a wrong token: %v", err)
	}
}

// TestResume lists in two goes.
func TestResume(t *testing.T) {
	base, token, want := newHub(t, 25)
	c := newClient(base, "Bearer "+token, 10)
	var ids []string
	var cursor string
	for page, err := range c.List(t.Context(), "/Users", scimclient.Listing{}) {
		must(t, err)
		for _, r := range page.Resources {
			ids = append(ids, fmt.Sprint(r["id"]))
		}
		cursor = page.Cursor
		break
	}
	rest, pages := collect(t, c, "/Users", scimclient.Listing{Cursor: cursor})
	if got := slices.Concat(ids, rest); !slices.Equal(got, want) || !slices.Equal(pages, []int{10, 5, 0}) {
		t.Errorf("pages of %v behind the first; %d users of %d", pages, len(got), len(want))
	}
	for _, err := range c.List(t.Context(), "/Users", scimclient.Listing{Cursor: "rubbish"}) {
		if !fault.Is(err, fault.Gone) {
			t.Errorf("no cursor: %v", err)
		}
	}
}
