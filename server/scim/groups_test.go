package scim_test

import (
	"fmt"
	"net/http"
	"testing"
)

func addMember(id string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, patchURI, id)
}

// newGroup gives a hub with a user in a group.
func newGroup(t testing.TB) (h *hub, user, group string) {
	t.Helper()
	h = newHub(t)
	user = str(h.create(t, "/Users", jane), "id")
	group = str(h.create(t, "/Groups", fmt.Sprintf(`{"displayName":"Staff","members":[{"value":%q}]}`, user)), "id")
	return h, user, group
}

func members(o object) int {
	list, _ := o["members"].([]any)
	return len(list)
}

func TestGroupPatchIsSilentUnlessAttributesAreNamed(t *testing.T) {
	h, _, group := newGroup(t)
	path := "/Groups/" + group
	for i, tt := range []struct {
		query  string
		silent bool
	}{
		{"", true}, {"?attributes=", true}, {"?attributes=displayName", false}, {"?excludedAttributes=members", false}, {"?attributes=members", false},
	} {
		other := str(h.create(t, "/Users", fmt.Sprintf(`{"userName":"other%d"}`, i)), "id")
		res := h.do(t, http.MethodPatch, path+tt.query, addMember(other))
		if want := fmt.Sprintf(`W/"%d"`, i+2); res.header.Get("ETag") != want || res.header.Get("Location") != baseURL+path {
			t.Errorf("%q: ETag %q, want %q; Location %q", tt.query, res.header.Get("ETag"), want, res.header.Get("Location"))
		}
		if tt.silent {
			res.empty(t, http.StatusNoContent)
			continue
		}
		res.object(t, http.StatusOK)
	}
	if n := members(h.get(t, path).object(t, http.StatusOK)); n != 6 {
		t.Errorf("%d members, want 6", n)
	}
}

func TestMembersAreLeftOutWhenTheClientSaysSo(t *testing.T) {
	h, _, group := newGroup(t)
	for query, want := range map[string]int{
		"": 1, "?excludedAttributes=members": 0, "?attributes=displayName": 0, "?attributes=members.value": 1, "?EXCLUDEDATTRIBUTES=MEMBERS": 0,
	} {
		if got := members(h.get(t, "/Groups/"+group+query).object(t, http.StatusOK)); got != want {
			t.Errorf("GET %q: %d members, want %d", query, got, want)
		}
		list, _ := h.get(t, "/Groups"+query).object(t, http.StatusOK)["Resources"].([]any)
		if len(list) != 1 {
			t.Fatalf("list %q: %v", query, list)
		}
		first, _ := list[0].(object)
		if got := members(first); got != want {
			t.Errorf("list %q: %d members, want %d", query, got, want)
		}
	}
}

func TestGroupsOfAUser(t *testing.T) {
	h, user, group := newGroup(t)
	groupOf := func(res response) string {
		list, _ := res.object(t, http.StatusOK)["groups"].([]any)
		if len(list) == 0 {
			return ""
		}
		first, _ := list[0].(object)
		return str(first, "value")
	}
	path := "/Users/" + user
	for name, res := range map[string]response{
		"GET": h.get(t, path), "PUT": h.do(t, http.MethodPut, path, jane), "PATCH": h.do(t, http.MethodPatch, path, deactivate("active")),
	} {
		if got := groupOf(res); got != group {
			t.Errorf("%s shows group %q, want %q", name, got, group)
		}
	}
	if got := groupOf(h.get(t, path+"?excludedAttributes=groups")); got != "" {
		t.Errorf("groups shown though excluded: %q", got)
	}
}

func TestGroupReplaceAndDelete(t *testing.T) {
	h, user, group := newGroup(t)
	path := "/Groups/" + group
	body := fmt.Sprintf(`{"displayName":"Crew","members":[{"value":%q}]}`, user)
	replaced := h.do(t, http.MethodPut, path, body).object(t, http.StatusOK)
	if str(replaced, "displayName") != "Crew" || members(replaced) != 1 {
		t.Errorf("PUT gives %v", replaced)
	}
	h.do(t, http.MethodDelete, path, "").empty(t, http.StatusNoContent)
	h.get(t, path).fault(t, http.StatusNotFound, "")
	h.get(t, "/Users/"+user).object(t, http.StatusOK)
}
