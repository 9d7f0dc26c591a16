package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// vendorWorld is a directory at a vendor that tells of its changes as Scalekit
// does, and the source of a hub that it posts to.
type vendorWorld struct {
	secret string
	url    string
	random *rand.Rand
	clock  time.Time

	users    map[string]string          // id → given name
	groups   map[string]string          // id → name
	members  map[string]map[string]bool // group → users
	messages []vendorMessage
}

// vendorMessage is a request of the vendor.
type vendorMessage struct {
	id   string
	body []byte
}

func newVendorWorld(url, secret string) *vendorWorld {
	return &vendorWorld{
		secret: secret, url: url, random: rand.New(rand.NewPCG(1, 2)), clock: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		users: map[string]string{}, groups: map[string]string{}, members: map[string]map[string]bool{},
	}
}

// tell adds a message of something that happens now.
func (v *vendorWorld) tell(what, object string, data map[string]any) {
	v.clock = v.clock.Add(time.Second)
	id := fmt.Sprintf("evt_%06d", len(v.messages))
	body, _ := json.Marshal(map[string]any{
		"spec_version": "1", "id": id, "type": "organization.directory." + what, "occurred_at": v.clock.Format(time.RFC3339Nano),
		"environment_id": "env_1", "organization_id": "org_upstream", "object": object, "data": data,
	})
	v.messages = append(v.messages, vendorMessage{id, body})
}

// step lets something happen.
func (v *vendorWorld) step() {
	switch n := v.random.IntN(10); {
	case n < 3 || len(v.users) < 3:
		id := fmt.Sprintf("diruser_%d", len(v.messages))
		v.users[id] = "Given"
		v.tell("user_created", "DirectoryUser", v.user(id))
	case n < 5:
		id := v.any(v.users)
		v.users[id] = fmt.Sprintf("Given%d", len(v.messages))
		v.tell("user_updated", "DirectoryUser", v.user(id))
	case n < 6 && len(v.groups) < 20 || len(v.groups) == 0:
		id := fmt.Sprintf("dirgroup_%d", len(v.messages))
		v.groups[id], v.members[id] = "Group "+id, map[string]bool{}
		v.tell("group_created", "DirectoryGroup", v.group(id))
	case n < 9:
		v.move()
	default:
		v.drop()
	}
}

// move lets users join and leave a group.
func (v *vendorWorld) move() {
	group := v.any(v.groups)
	add, remove := []string{}, []string{}
	for range 3 {
		id := v.any(v.users)
		switch {
		case slices.Contains(add, id) || slices.Contains(remove, id):
		case v.members[group][id]:
			delete(v.members[group], id)
			remove = append(remove, id)
		default:
			v.members[group][id] = true
			add = append(add, id)
		}
	}
	v.tell("group_membership_updated", "DirectoryGroup", map[string]any{
		"group_id": group, "organization_id": "org_upstream", "added_members": add, "removed_members": remove,
	})
}

// drop lets a user or, rarely, a group go.
func (v *vendorWorld) drop() {
	if v.random.IntN(8) == 0 {
		id := v.any(v.groups)
		delete(v.groups, id)
		delete(v.members, id)
		v.tell("group_deleted", "DirectoryGroup", map[string]any{"id": id, "organization_id": "org_upstream"})
		return
	}
	id := v.any(v.users)
	delete(v.users, id)
	for _, members := range v.members {
		delete(members, id)
	}
	v.tell("user_deleted", "DirectoryUser", map[string]any{"id": id, "organization_id": "org_upstream", "email": id + "@example.com"})
}

func (v *vendorWorld) any(of map[string]string) string {
	ids := slices.Sorted(maps.Keys(of))
	return ids[v.random.IntN(len(ids))]
}

func (v *vendorWorld) user(id string) map[string]any {
	return map[string]any{
		"id": id, "dp_id": "idp_" + id, "organization_id": "org_upstream", "preferred_username": id, "email": id + "@example.com",
		"given_name": v.users[id], "family_name": "Family", "active": true,
	}
}

func (v *vendorWorld) group(id string) map[string]any {
	return map[string]any{"id": id, "directory_id": "dir_1", "organization_id": "org_upstream", "display_name": v.groups[id], "external_id": "idp_" + id}
}

// post sends a message and gives the status of the answer.
func (v *vendorWorld) post(m vendorMessage) (int, error) {
	req, err := http.NewRequest(http.MethodPost, v.url, bytes.NewReader(m.body)) //nolint:noctx // the client has a timeout
	if err != nil {
		return 0, err
	}
	now := time.Now()
	signature, err := webhooks.Sign([]webhooks.Secret{{Key: v.secret}}, m.id, now, m.body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(webhooks.HeaderID, m.id)
	req.Header.Set(webhooks.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(webhooks.HeaderSignature, signature)
	resp, err := vendorClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

var vendorClient = &http.Client{Timeout: 30 * time.Second}

// postAll sends messages from several connections, in this order.
func (v *vendorWorld) postAll(t *testing.T, list []vendorMessage) (statuses map[int]int) {
	t.Helper()
	queue := make(chan vendorMessage)
	var mu sync.Mutex
	statuses = map[int]int{}
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for m := range queue {
				status, err := v.post(m)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	for _, m := range list {
		queue <- m
	}
	close(queue)
	senders.Wait()
	return statuses
}

// addSource stores a source of Scalekit in the hub's first organization.
func (h *testHub) addSource(t testing.TB, fn ...func(*inbound.Source)) inbound.Source {
	t.Helper()
	org, err := h.store.Organization(t.Context(), "default")
	must(t, err)
	dir, err := h.store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	src := inbound.Source{
		ID: access.NewID("src"), OrganizationID: org.ID, Slug: "scalekit", Name: "Scalekit", Kind: inbound.KindScalekit, Active: true,
		Mappings:    []inbound.Mapping{{Upstream: "org_upstream", OrganizationID: org.ID, DirectoryID: dir.ID}},
		Credentials: inbound.Credentials{Secrets: []string{webhooks.NewSecret(webhooks.SignatureHMAC)}},
		CreatedAt:   time.Now(), UpdatedAt: time.Now(),
	}
	for _, f := range fn {
		f(&src)
	}
	must(t, h.store.Inbound(org.ID).CreateSource(t.Context(), src))
	return src
}

// settled waits until the inbox has nothing to do.
func (h *testHub) settled(t testing.TB, src inbound.Source) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; <-time.After(20 * time.Millisecond) {
		backlog, err := h.store.Inbox().Backlog(t.Context())
		must(t, err)
		unsettled, err := h.store.Unsettled(t.Context(), src)
		must(t, err)
		if backlog.Pending == 0 && len(unsettled) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the inbox never came to rest: %+v", backlog)
		}
	}
}

// mirror is what a SCIM client sees: users by external id, and the external
// ids of the members of groups.
type mirror struct {
	Users   map[string]string
	Members map[string][]string
}

func (h *testHub) mirrored(t testing.TB) mirror {
	t.Helper()
	d := mirror{map[string]string{}, map[string][]string{}}
	byID := map[string]string{}
	h.list(t, "/scim/v2/Users", func(r map[string]any) {
		name, _ := r["name"].(map[string]any)
		external := textOf(r, "externalId")
		d.Users[external], byID[textOf(r, "id")] = textOf(name, "givenName"), external
	})
	h.list(t, "/scim/v2/Groups", func(r map[string]any) {
		external := textOf(r, "externalId")
		d.Members[external] = []string{}
		members, _ := r["members"].([]any)
		for _, m := range members {
			member, _ := m.(map[string]any)
			d.Members[external] = append(d.Members[external], byID[textOf(member, "value")])
		}
		slices.Sort(d.Members[external])
	})
	return d
}

// textOf gives a string of an object, or "".
func textOf(o map[string]any, name string) string {
	s, _ := o[name].(string)
	return s
}

// list reads all pages of a SCIM endpoint.
func (h *testHub) list(t testing.TB, path string, see func(map[string]any)) {
	t.Helper()
	for start := 1; ; {
		req := httptest.NewRequest(http.MethodGet, fmt.Sprintf("%s?startIndex=%d&count=500", path, start), nil)
		req.Header.Set("Authorization", "Bearer "+h.token)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, req)
		var page struct {
			TotalResults int
			Resources    []map[string]any
		}
		must(t, json.Unmarshal(w.Body.Bytes(), &page))
		for _, r := range page.Resources {
			see(r)
		}
		if start += len(page.Resources); start > page.TotalResults || len(page.Resources) == 0 {
			return
		}
	}
}

// mirror gives what the vendor has.
func (v *vendorWorld) mirror() mirror {
	d := mirror{maps.Clone(v.users), map[string][]string{}}
	for group, members := range v.members {
		d.Members[group] = append([]string{}, slices.Sorted(maps.Keys(members))...)
	}
	return d
}

// drillSize is how many messages the test below sends, each twice.
func drillSize() int {
	if os.Getenv("SCIMHUB_TEST_DRILL") == "full" {
		return 20_000
	}
	return 1_000
}

// TestMessagesInAnyOrderEndInTheUpstreamsDirectory delivers every message twice
// and shuffled.
func TestMessagesInAnyOrderEndInTheUpstreamsDirectory(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			h := newTestHub(t, e)
			server := httptest.NewServer(h.handler)
			t.Cleanup(server.Close)
			src := h.addSource(t)
			v := newVendorWorld(server.URL+"/webhooks/scalekit", src.Credentials.Secrets[0])
			for len(v.messages) < drillSize() {
				v.step()
			}
			twice := append(slices.Clone(v.messages), v.messages...)
			v.random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
			start := time.Now()
			statuses := v.postAll(t, twice)
			accepting := time.Since(start)
			if want := map[int]int{202: len(v.messages), 200: len(v.messages)}; !maps.Equal(statuses, want) {
				t.Errorf("statuses %v, want %v", statuses, want)
			}
			h.settled(t, src)
			t.Logf("%d messages accepted in %s (%.0f/s), applied in %s (%.0f/s)", len(twice), accepting,
				float64(len(twice))/accepting.Seconds(), time.Since(start), float64(len(v.messages))/time.Since(start).Seconds())
			if diff := cmp.Diff(v.mirror(), h.mirrored(t)); diff != "" {
				t.Errorf("the directory (-upstream +hub):\n%s", diff)
			}
			for _, status := range []inbound.Status{inbound.Failed, inbound.Conflict, inbound.Unmapped} {
				list, err := h.store.Inbound(src.OrganizationID).Messages(t.Context(), inbound.MessageQuery{SourceID: src.ID, Status: status, Limit: 3})
				must(t, err)
				for _, m := range list {
					t.Errorf("%s: %s %s", status, m.Type, m.Detail)
				}
			}
		})
	}
}
