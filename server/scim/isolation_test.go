package scim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/access"
)

// TestNoRouteReachesAnotherOrganization walks every route of SCIM with the ids
// of one organization and the token of another, which may do everything.
func TestNoRouteReachesAnotherOrganization(t *testing.T) {
	h, user, group := newGroup(t)
	stranger := h.newToken(t, "elsewhere", access.Admin)
	before := [2]string{string(h.get(t, "/Users/"+user).body), string(h.get(t, "/Groups/"+group).body)}
	walked := 0
	for _, r := range h.server.Routes() {
		path, ok := strings.CutPrefix(r.Path, "/scim/v2")
		if !ok || r.Access.Public {
			continue
		}
		walked++
		t.Run(r.Method+" "+path, func(t *testing.T) {
			path = strings.NewReplacer("/Users/:id", "/Users/"+user, "/Groups/:id", "/Groups/"+group).Replace(path)
			res := h.do(t, r.Method, path, bodyFor(r.Method, path), "Authorization", "Bearer "+stranger)
			if strings.Contains(path, user) || strings.Contains(path, group) {
				res.fault(t, http.StatusNotFound, "")
			}
			for _, private := range []string{user, group, "jane", "Staff"} {
				if !strings.Contains(path, private) && strings.Contains(string(res.body), private) {
					t.Errorf("%s %s shows %q: %s", r.Method, path, private, res.body)
				}
			}
		})
	}
	if walked < 20 {
		t.Errorf("walked only %d routes", walked)
	}
	if after := [2]string{string(h.get(t, "/Users/"+user).body), string(h.get(t, "/Groups/"+group).body)}; after != before {
		t.Errorf("%v became %v", before, after)
	}
}

// bodyFor gives a body that the owner of the resource could send.
func bodyFor(method, path string) string {
	isGroup := strings.HasPrefix(path, "/Groups")
	switch {
	case method == http.MethodPatch && isGroup:
		return strings.Replace(deactivate("displayName"), "false", `"Taken over"`, 1)
	case method == http.MethodPatch:
		return deactivate("active")
	case isGroup:
		return `{"displayName":"Taken over"}`
	default:
		return `{"userName":"taken over"}`
	}
}

func TestAStrangersMemberIsNoMember(t *testing.T) {
	h, user, _ := newGroup(t)
	stranger := h.newToken(t, "elsewhere", access.Admin)
	res := h.do(t, http.MethodPost, "/Groups", `{"displayName":"Spies","members":[{"value":"`+user+`"}]}`, "Authorization", stranger)
	if res.status == http.StatusCreated && members(res.object(t, http.StatusCreated)) != 0 {
		t.Errorf("a user of another organization became a member: %s", res.body)
	}
	if strings.Contains(string(res.body), "jane") {
		t.Errorf("%s", res.body)
	}
}

func TestExternalIDIsTheDirectorysOwn(t *testing.T) {
	h := newHub(t)
	other := h.newDirectoryToken(t, "default", "second", access.Admin)
	body := strings.Replace(jane, `"active"`, `"externalId":"00u1","active"`, 1)
	path := "/Users/" + str(h.create(t, "/Users", body), "id")
	if got := str(h.get(t, path).object(t, http.StatusOK), "externalId"); got != "00u1" {
		t.Errorf("its own directory sees %q", got)
	}
	if got := str(h.get(t, path, "Authorization", other).object(t, http.StatusOK), "externalId"); got != "" {
		t.Errorf("another directory sees %q", got)
	}
	const byExternalID = "/Users?filter=externalId+eq+%2200u1%22"
	if p := h.list(t, byExternalID); p.total != 1 {
		t.Errorf("its own directory finds %d", p.total)
	}
	if n := integer(t, h.get(t, byExternalID, "Authorization", other).object(t, http.StatusOK), "totalResults"); n != 0 {
		t.Errorf("another directory finds %d", n)
	}
}
