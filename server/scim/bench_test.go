package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// exchange is one request of a benchmark, sent again and again.
func (h *hub) exchange(b *testing.B, status int, method, path string, body func(i int) string) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), method, "/scim/v2"+path, strings.NewReader(body(i)))
		r.Header.Set("Authorization", "Bearer "+h.token)
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, r)
		if w.Code != status {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
		i++
	}
}

func none(int) string { return "" }

// BenchmarkConstant is the floor: the same server, answering without a database.
func BenchmarkConstant(b *testing.B) {
	newHub(b).exchange(b, http.StatusOK, http.MethodGet, "/ServiceProviderConfig", none)
}

func BenchmarkGetUser(b *testing.B) {
	h := newHub(b)
	path := "/Users/" + str(h.create(b, "/Users", jane), "id")
	h.exchange(b, http.StatusOK, http.MethodGet, path, none)
}

func BenchmarkListPage(b *testing.B) {
	newDirectory(b, 300).exchange(b, http.StatusOK, http.MethodGet, "/Users?startIndex=101&count=100", none)
}

func BenchmarkFilterUserName(b *testing.B) {
	newDirectory(b, 300).exchange(b, http.StatusOK, http.MethodGet, "/Users?filter=userName+eq+%22user150%22", none)
}

func BenchmarkCreateUser(b *testing.B) {
	newHub(b).exchange(b, http.StatusCreated, http.MethodPost, "/Users", func(i int) string {
		return strings.ReplaceAll(jane, "jane@", fmt.Sprintf("jane%d@", i))
	})
}

// BenchmarkPatchGroupMember adds a member to groups of two sizes and removes
// it: the cost must not grow with the group.
func BenchmarkPatchGroupMember(b *testing.B) {
	for _, size := range []int{10, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			h := newDirectory(b, size)
			all := make([]string, 0, size)
			for start := 1; start <= size; start += 1000 {
				body := h.get(b, fmt.Sprintf("/Users?attributes=id&count=1000&startIndex=%d", start)).object(b, http.StatusOK)
				resources, _ := body["Resources"].([]any)
				for _, r := range resources {
					r, _ := r.(object)
					all = append(all, fmt.Sprintf(`{"value":%q}`, str(r, "id")))
				}
			}
			group := str(h.create(b, "/Groups", `{"displayName":"Staff","members":[`+strings.Join(all, ",")+`]}`), "id")
			user := str(h.create(b, "/Users", jane), "id")
			remove := fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, patchURI, user)
			h.exchange(b, http.StatusNoContent, http.MethodPatch, "/Groups/"+group, func(i int) string {
				if i%2 == 0 {
					return addMember(user)
				}
				return remove
			})
		})
	}
}
