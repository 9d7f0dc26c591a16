package inbound_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// api is an upstream that has answers by path and query. One that begins with
// a digit is a status instead, and what stands behind it the body.
type api struct {
	*httptest.Server
	answers map[string]string
	asked   []string
}

func newAPI(t *testing.T, answers map[string]string) *api {
	t.Helper()
	a := &api{answers: answers}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	a.asked = append(a.asked, r.URL.RequestURI())
	answer, ok := a.answers[r.URL.RequestURI()]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if status, err := json.Number(answer[:min(3, len(answer))]).Int64(); err == nil {
		w.WriteHeader(int(status))
		answer = answer[3:]
	}
	_, _ = w.Write([]byte(answer)) // the client sees what is missing
}

func reading(kind inbound.Kind, baseURL string) inbound.Source {
	s := readable(baseURL, inbound.Login{Authorization: "SSWS 1"})
	s.Kind = kind
	return s
}

func readingVendor(t *testing.T, kind inbound.Kind) inbound.Vendor {
	t.Helper()
	return inbound.NewVendors(inbound.VendorConfig{
		Client: http.DefaultClient, Now: receivedAt, Upstreams: newUpstreams(true),
	})[kind]
}

func fetch(t *testing.T, kind inbound.Kind, baseURL string, o inbound.Object) (inbound.Change, error) {
	t.Helper()
	fetcher, ok := readingVendor(t, kind).(inbound.Fetcher)
	if !ok {
		t.Fatalf("kind %s can't fetch", kind)
	}
	return fetcher.Fetch(t.Context(), reading(kind, baseURL), o)
}

// checkFetch fetches an object and compares the change in its golden form.
func checkFetch(t *testing.T, kind inbound.Kind, baseURL string, o inbound.Object, want string) {
	t.Helper()
	c, err := fetch(t, kind, baseURL, o)
	if err != nil {
		t.Errorf("%s %s: %v", kind, objectName(o), err)
		return
	}
	if c.Object != o {
		t.Errorf("%s: asked for %v, got %v", kind, o, c.Object)
	}
	g := goldenOf(c, inbound.Message{Object: o})
	g.Record = nil
	got, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", kind, objectName(o), diff)
	}
}

func checkFetchFault(t *testing.T, kind inbound.Kind, baseURL string, o inbound.Object, want fault.Kind) {
	t.Helper()
	if c, err := fetch(t, kind, baseURL, o); !fault.Is(err, want) {
		t.Errorf("%s %s: %+v, %v, want a fault of kind %d", kind, objectName(o), c, err, want)
	}
}

func TestFetchFromSCIM(t *testing.T) {
	a := newAPI(t, map[string]string{
		"/scim/v2/Users/u_987": `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u_987","externalId":"x","username":"anna",
			"active":false,"meta":{"version":"1"},"groups":[{"value":"g1"}]}`,
		"/scim/v2/Users?count=2": `{"totalResults":1,"Resources":[{"id":"u_987"}]}`,
		"/scim/v2/Users/broken":  `{"id":"broken","groups":"none"}`,
		"/scim/v2/Users/busy":    `429`,
		"/scim/v2/Users/down":    `503`,
		"/scim/v2/Users/secret":  `401`,
		"/scim/v2/Groups/g1":     `{"id":"g1","displayName":"Sales","members":[{"value":"u_987"}]}`,
	})
	base := a.URL + "/scim/v2"
	user := func(id string) inbound.Object { return inbound.Object{Type: schema.User, ID: id} }
	for _, kind := range []inbound.Kind{inbound.KindFirstup, inbound.KindStandard, inbound.KindSET} {
		checkFetch(t, kind, base, user("u_987"), `{"action":"upsert","attributes":{"active":false,"userName":"anna"},"whole":true,"groups":[{"ID":"g1","Name":""}]}`)
		checkFetch(t, kind, base, inbound.Object{Type: schema.Group, ID: "g1"}, `{"action":"upsert","attributes":{"displayName":"Sales"},"member_ids":["u_987"]}`)
		checkFetch(t, kind, base, user("forgotten"), `{"action":"delete"}`)
		checkFetchFault(t, kind, base, user("broken"), fault.InvalidValue)
		checkFetchFault(t, kind, base, user("busy"), fault.Unavailable)
		checkFetchFault(t, kind, base, user("down"), fault.Unavailable)
		checkFetchFault(t, kind, base, user("secret"), fault.Forbidden)
		checkFetchFault(t, kind, a.URL+"/wrong", user("u_987"), fault.InvalidValue)
		checkFetchFault(t, kind, "", user("u_987"), fault.InvalidValue)
	}
}

func TestFetchFromOkta(t *testing.T) {
	a := newAPI(t, map[string]string{
		"/api/v1/users/00u1": `{"id":"00u1","status":"ACTIVE","profile":{"login":"anna@example.com","email":"anna@example.com","secondEmail":null,
			"firstName":"Anna","lastName":"Ek","mobilePhone":"+46 70","city":"Stockholm","department":"Nordics","shoeSize":42}}`,
		"/api/v1/users/00u2":  `{"id":"00u2","status":"SUSPENDED","profile":{"login":"bo@example.com"}}`,
		"/api/v1/users/00u3":  `404{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 00u3 (User)"}`,
		"/api/v1/users/00u4":  `429{"errorCode":"E0000047"}`,
		"/api/v1/users/00u5":  `{"id":"00u5","status":"ACTIVE","profile":{}}`,
		"/api/v1/groups/00g1": `{"id":"00g1","profile":{"name":"Sales","description":null}}`,
	})
	user := func(id string) inbound.Object { return inbound.Object{Type: schema.User, ID: id} }
	checkFetch(t, inbound.KindOkta, a.URL, user("00u1"), `{"action":"upsert","attributes":{"active":true,`+
		`"addresses":[{"locality":"Stockholm","type":"work"}],"displayName":null,`+
		`"emails":[{"primary":true,"type":"work","value":"anna@example.com"}],"locale":null,`+
		`"name":{"familyName":"Ek","givenName":"Anna","honorificPrefix":null,"honorificSuffix":null,"middleName":null},"nickName":null,`+
		`"phoneNumbers":[{"primary":true,"type":"mobile","value":"+46 70"}],"preferredLanguage":null,"profileUrl":null,"timezone":null,"title":null,`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"costCenter":null,"department":"Nordics","division":null,"employeeNumber":null,"organization":null},`+
		`"userName":"anna@example.com","userType":null}}`)
	checkFetch(t, inbound.KindOkta, a.URL, inbound.Object{Type: schema.Group, ID: "00g1"}, `{"action":"upsert","attributes":{"displayName":"Sales"}}`)
	checkFetch(t, inbound.KindOkta, a.URL, user("00u3"), `{"action":"delete"}`)
	checkFetchFault(t, inbound.KindOkta, a.URL, user("00u4"), fault.Unavailable)
	checkFetchFault(t, inbound.KindOkta, a.URL, user("00u5"), fault.InvalidValue)
	checkFetchFault(t, inbound.KindOkta, a.URL+"/wrong", user("00u1"), fault.InvalidValue)
	if c, err := fetch(t, inbound.KindOkta, a.URL, user("00u2")); err != nil || c.Attributes["active"] != false {
		t.Errorf("a suspended user: %v, %v", c.Attributes, err)
	}
}

func TestOktaChallenge(t *testing.T) {
	challenger, ok := vendorOf(t, inbound.KindOkta).(inbound.Challenger)
	if !ok {
		t.Fatal("the vendor answers no challenge")
	}
	h := http.Header{}
	if body, ok := challenger.Challenge(h); ok {
		t.Errorf("a GET without a challenge is answered with %v", body)
	}
	h.Set("X-Okta-Verification-Challenge", "T6b9")
	body, ok := challenger.Challenge(h)
	if text, err := json.Marshal(body); !ok || err != nil || string(text) != `{"verification":"T6b9"}` {
		t.Errorf("the challenge is answered with %s, %v", text, err)
	}
}

// listed is what a listing gave, in short.
type listed struct {
	Objects []string
	Members [][]string // where they are named
	Cursors []string
}

// list reads a listing from a cursor on.
func list(t *testing.T, kind inbound.Kind, s inbound.Source, m inbound.Mapping, typ, cursor string) (listed, error) {
	t.Helper()
	lister, ok := readingVendor(t, kind).(inbound.Lister)
	if !ok {
		t.Fatalf("kind %s can't list", kind)
	}
	pages := lister.Users
	if typ == schema.Group {
		pages = lister.Groups
	}
	var got listed
	for page, err := range pages(t.Context(), s, m, cursor) {
		if err != nil {
			return got, err
		}
		got.Cursors = append(got.Cursors, page.Cursor)
		for _, c := range page.Changes {
			if c.Action != inbound.Upsert || c.Groups != nil {
				t.Errorf("a listing holds %+v", c)
			}
			got.Objects = append(got.Objects, objectName(c.Object))
			if c.MemberIDs != nil {
				got.Members = append(got.Members, c.MemberIDs)
			}
		}
	}
	return got, nil
}

func checkList(t *testing.T, kind inbound.Kind, s inbound.Source, m inbound.Mapping, typ, cursor string, want listed) {
	t.Helper()
	got, err := list(t, kind, s, m, typ, cursor)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s of %s: %v (-want +got):\n%s", typ, kind, err, diff)
	}
}

func TestListSCIM(t *testing.T) {
	a := newAPI(t, map[string]string{
		"/Users?count=100":               `{"totalResults":2,"Resources":[{"id":"u1","userName":"a","groups":[{"value":"g1"}]}]}`,
		"/Users?count=100&startIndex=2":  `{"totalResults":2,"Resources":[{"id":"u2","userName":"b"}]}`,
		"/Users?count=100&startIndex=3":  `{"totalResults":2,"Resources":[]}`,
		"/Users?count=2":                 `{"totalResults":2,"Resources":[{"id":"u1"},{"id":"u2"}]}`,
		"/Groups?count=100":              `{"totalResults":2,"Resources":[{"id":"g1","displayName":"A","members":[{"value":"u1"}]},{"id":"g2","displayName":"B"}]}`,
		"/Groups?count=100&startIndex=3": `{"totalResults":2,"Resources":[]}`,
		"/nogroups/Users?count=2":        `{"totalResults":0}`,
	})
	for _, kind := range []inbound.Kind{inbound.KindFirstup, inbound.KindStandard, inbound.KindSET} {
		s := reading(kind, a.URL)
		checkList(t, kind, s, inbound.Mapping{}, schema.User, "", listed{
			Objects: []string{"User u1", "User u2"}, Cursors: []string{"index:1", "index:2$", ""},
		})
		checkList(t, kind, s, inbound.Mapping{}, schema.User, "index:1", listed{
			Objects: []string{"User u2"}, Cursors: []string{"index:2$", ""},
		})
		checkList(t, kind, s, inbound.Mapping{}, schema.Group, "", listed{
			Objects: []string{"Group g1", "Group g2"}, Members: [][]string{{"u1"}, {}}, Cursors: []string{"index:2$", ""},
		})
		checkList(t, kind, reading(kind, a.URL+"/nogroups"), inbound.Mapping{}, schema.Group, "", listed{Cursors: []string{""}})
		if _, err := list(t, kind, reading(kind, a.URL+"/wrong"), inbound.Mapping{}, schema.Group, ""); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("a wrong address: %v", err)
		}
		if _, err := list(t, kind, reading(kind, ""), inbound.Mapping{}, schema.User, ""); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("no address: %v", err)
		}
	}
}

func TestListScalekit(t *testing.T) {
	const org = "/api/v1/organizations/org_1/directories"
	a := newAPI(t, map[string]string{
		org: `{"directories":[{"id":"dir_2","enabled":false},{"id":"dir_1","enabled":true}]}`,
		org + "/dir_1/users?include_detail=true&page_size=2": `{"users":[{"id":"u1","email":"a@example.com","groups":[],"user_detail":{"active":false}},
			{"id":"u2","email":"b@example.com"}],"total_size":3,"next_page_token":"t2"}`,
		org + "/dir_1/users?include_detail=true&page_size=2&page_token=t2":                                 `{"users":[{"id":"u3","email":"c@example.com"}],"next_page_token":""}`,
		org + "/dir_2/users?include_detail=true&page_size=2":                                               `{"users":[{"id":"u4","email":"d@example.com"}]}`,
		org + "/dir_1/groups?include_detail=true&page_size=2":                                              `{"groups":[{"id":"g1","display_name":"Sales"}]}`,
		org + "/dir_2/groups?include_detail=true&page_size=2":                                              `{"groups":[{"id":"g2","display_name":"HR"}]}`,
		org + "/dir_1/users?directory_group_id=g1&page_size=2":                                             `{"users":[{"id":"u1"},{"id":"u2"}],"next_page_token":"m2"}`,
		org + "/dir_1/users?directory_group_id=g1&page_size=2&page_token=m2":                               `{"users":[{"id":"u3"}]}`,
		org + "/dir_2/users?directory_group_id=g2&page_size=2":                                             `{"users":[]}`,
		"/api/v1/organizations/org_2/directories":                                                          `{"directories":[]}`,
		"/api/v1/organizations/org_3/directories":                                                          `{"directories":[{"id":"dir_1"}]}`,
		"/api/v1/organizations/org_3/directories/dir_1/users?include_detail=true&page_size=2":              `{"users":[],"next_page_token":"t"}`,
		"/api/v1/organizations/org_3/directories/dir_1/users?include_detail=true&page_size=2&page_token=t": `{"users":[],"next_page_token":"t"}`,
	})
	s := reading(inbound.KindScalekit, a.URL)
	s.Upstream.PageSize = 2
	whole, one := inbound.Mapping{Upstream: "org_1"}, inbound.Mapping{Upstream: "org_1/dir_2"}
	checkList(t, inbound.KindScalekit, s, whole, schema.User, "", listed{
		Objects: []string{"User u1", "User u2", "User u3", "User u4"}, Cursors: []string{"dir_1 t2", "dir_2 ", ""},
	})
	checkList(t, inbound.KindScalekit, s, whole, schema.User, "dir_1 t2", listed{
		Objects: []string{"User u3", "User u4"}, Cursors: []string{"dir_2 ", ""},
	})
	checkList(t, inbound.KindScalekit, s, one, schema.User, "", listed{Objects: []string{"User u4"}, Cursors: []string{""}})
	checkList(t, inbound.KindScalekit, s, whole, schema.Group, "", listed{
		Objects: []string{"Group g1", "Group g2"}, Members: [][]string{{"u1", "u2", "u3"}, {}}, Cursors: []string{"dir_2 ", ""},
	})
	faults := map[string]fault.Kind{
		"": fault.InvalidValue, "dir_1": fault.InvalidValue, "org_2": fault.InvalidValue, "org_3": fault.InvalidValue, "org_4": fault.InvalidValue,
	}
	for upstream, want := range faults {
		if got, err := list(t, inbound.KindScalekit, s, inbound.Mapping{Upstream: upstream}, schema.User, ""); !fault.Is(err, want) {
			t.Errorf("upstream %q: %v, %v", upstream, got, err)
		}
	}
	if _, err := list(t, inbound.KindScalekit, s, whole, schema.User, "dir_9 t"); !fault.Is(err, fault.Gone) {
		t.Errorf("a cursor of a directory that is no more: %v", err)
	}
}

// TestScalekitListedUser looks at the one thing in which listings and events
// differ.
func TestScalekitListedUser(t *testing.T) {
	a := newAPI(t, map[string]string{
		"/api/v1/organizations/org_1/directories/dir_1/users?include_detail=true&page_size=100": `{"users":[
			{"id":"u1","email":"a@example.com","preferred_username":"a","given_name":"A","family_name":"","user_detail":{"active":false,"department":"x"}}]}`,
	})
	lister, _ := readingVendor(t, inbound.KindScalekit).(inbound.Lister)
	var got []inbound.Change
	for page, err := range lister.Users(t.Context(), reading(inbound.KindScalekit, a.URL), inbound.Mapping{Upstream: "org_1/dir_1"}, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = slices.Concat(got, page.Changes)
	}
	want := document.Object{
		"userName": "a", "active": false, "name": document.Object{"givenName": "A", "familyName": nil},
		"emails": []any{document.Object{"value": "a@example.com", "type": "work", "primary": true}},
	}
	if len(got) != 1 || !cmp.Equal(got[0].Attributes, want) {
		t.Errorf("listed %+v, want attributes %v", got, want)
	}
}
