package storage_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/storage/storagetest"
)

// TestExplain states which index serves the look-ups that identity providers
// send, on each engine, among some thousand resources.
func TestExplain(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": storagetest.SQLiteDSN, "Postgres": storagetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDirectory(t, storagetest.Open(t, storage.Config{DSN: dsn(t)}))
			d.fill(t, 3000, 2000)
			for _, tt := range d.lookups() {
				t.Run(tt.filter, func(t *testing.T) { d.checkPlan(t, tt) })
			}
			t.Run("get", func(t *testing.T) {
				plan, err := d.store.ExplainGet(t.Context(), d.actor, schema.User, d.users[0], scimresource.Include{Groups: true})
				must(t, err)
				noScan(t, plan)
			})
		})
	}
}

type lookup struct {
	typ, filter, index string // a regular expression; "": the primary key or users_live
}

func (d *directory) lookups() []lookup {
	user, group := d.users[17], d.groups[17]
	const primary = `users_pkey|users_live|sqlite_autoindex_users_1`
	return []lookup{
		{schema.User, `userName eq "user17@example.com"`, "users_user_name"},
		{schema.User, `userName sw "user170"`, "users_user_name"},
		{schema.User, `userName eq "user17@example.com" and active eq true`, "users_user_name"},
		{schema.User, `externalId eq "ext-17"`, "external_ids_external_id"},
		{schema.User, `emails[type eq "work"].value eq "user17@example.com"`, "user_emails_value"},
		{schema.User, `emails.value eq "user17@example.com"`, "user_emails_value"},
		{schema.User, `emails eq "user17@example.com"`, "user_emails_value"},
		{schema.User, `displayName eq "user 17"`, "users_display_name"},
		{schema.User, `name.familyName eq "family 17"`, "users_family_name"},
		{schema.User, `name.givenName eq "given 17"`, "users_given_name"},
		{schema.User, `id eq "` + user + `"`, primary},
		{schema.User, `id eq "` + user + `" and manager eq "` + user + `"`, primary},
		{schema.User, `id eq "` + user + `" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "` + user + `"`, primary},
		{schema.User, `groups.value eq "` + group + `"`, "group_members_inner"},
		{schema.User, "", primary},
		{schema.Group, `displayName eq "group 17"`, "groups_display_name"},
		{schema.Group, `externalId eq "ext-17"`, "external_ids_external_id"},
		{schema.Group, `members.value eq "` + user + `"`, "group_members_member"},
		{schema.Group, `members[value eq "` + user + `"]`, "group_members_member"},
		{schema.Group, `id eq "` + group + `" and members eq "` + user + `"`, "groups_pkey|sqlite_autoindex_groups_1|group_members"},
		{schema.Group, "", "groups_pkey|sqlite_autoindex_groups_1|groups_display_name"},
	}
}

func (d *directory) checkPlan(t *testing.T, tt lookup) {
	typ := d.store.Registry.Type(tt.typ)
	q := scimresource.Query{Type: typ, Limit: 100}
	if tt.filter != "" {
		expr, err := filter.ParseExpr(typ, strings.ReplaceAll(tt.filter, "manager eq", schema.EnterpriseUserURI+":manager eq"))
		must(t, err)
		q.Filter = expr
	}
	plan, err := d.store.Explain(t.Context(), d.actor, q)
	must(t, err)
	if !regexp.MustCompile(tt.index).MatchString(plan) {
		t.Errorf("index %s is not used:\n%s", tt.index, plan)
	}
	if tt.filter != "" {
		noScan(t, plan)
		return
	}
	if regexp.MustCompile(`TEMP B-TREE FOR ORDER BY|Sort Key: r\.`).MatchString(strings.SplitN(plan, "SCAN t", 2)[0]) {
		t.Errorf("the page is sorted:\n%s", plan)
	}
}

// noScan checks that no table of resources is read from end to end, nor all of
// an organization's part of it. Of external
// ids PostgreSQL may do so, to join them with a page, while they are few.
func noScan(t *testing.T, plan string) {
	t.Helper()
	if line := regexp.MustCompile(`Seq Scan on (users|groups|user_emails|group_members).*|SCAN [rexmug]\b.*|SEARCH [rexmug] .*\(organization_id=\?\).*`).FindString(plan); line != "" {
		t.Errorf("%s in:\n%s", line, plan)
	}
}

// directory is a directory with resources.
type directory struct {
	store         *storage.Store
	actor         access.Actor
	users, groups []string // ids
}

func newDirectory(t testing.TB, store *storage.Store) *directory {
	t.Helper()
	org, err := store.CreateOrganization(t.Context(), "acme")
	must(t, err)
	dir, err := store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	return &directory{store: store, actor: access.Actor{OrganizationID: org.ID, DirectoryID: dir.ID}}
}

// fill adds users, and groups of up to four users each, and lets the database gather
// its statistics.
func (d *directory) fill(t testing.TB, users, groups int) {
	t.Helper()
	must(t, d.bound().Update(t.Context(), func(tx scimresource.Tx) error {
		for i := range users {
			r := d.resource(t, schema.User, fmt.Sprintf(`{"userName":"user%d@example.com","externalId":"ext-%d","displayName":"User %d","active":true,
				"name":{"givenName":"Given %d","familyName":"Family %d"},"emails":[{"value":"user%d@example.com","type":"work","primary":true},{"value":"home%d@example.com","type":"home"}]}`,
				i, i, i, i, i, i, i))
			d.users = append(d.users, r.ID)
			must(t, tx.Apply(t.Context(), scimresource.Change{After: r}))
		}
		for i := range groups {
			r := d.resource(t, schema.Group, fmt.Sprintf(`{"displayName":"Group %d","externalId":"ext-%d"}`, i, i))
			d.groups = append(d.groups, r.ID)
			change := scimresource.Change{After: r}
			if i > 0 && i%50 == 0 { // some groups are in groups
				change.AddMembers = append(change.AddMembers, scimresource.Member{ID: d.groups[i-1], Type: schema.Group})
			}
			for n := range min(4, users) {
				change.AddMembers = append(change.AddMembers, scimresource.Member{ID: d.users[(i*7+n)%users], Type: schema.User})
			}
			must(t, tx.Apply(t.Context(), change))
		}
		return nil
	}))
	must(t, d.store.GatherStatistics(t.Context()))
}

func (d *directory) bound() scimresource.Store { return d.store.Bind(d.actor) }

func (d *directory) resource(t testing.TB, typeName, body string) *scimresource.Resource {
	t.Helper()
	typ := d.store.Registry.Type(typeName)
	in, err := document.Decode([]byte(body))
	must(t, err)
	obj, err := document.Normalize(typ, in)
	must(t, err)
	externalID, _ := obj["externalId"].(string)
	delete(obj, "externalId")
	must(t, document.Settle(typ, obj))
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &scimresource.Resource{
		Type: typ, ID: uuid.Must(uuid.NewV7()).String(), DirectoryID: d.actor.DirectoryID, ExternalID: externalID,
		Document: document.Append(nil, typ, obj), Attributes: obj, Version: 1, Sequence: 1, State: scimresource.Live, Created: now, LastModified: now,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
