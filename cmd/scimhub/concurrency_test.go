package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestMembershipUnderConcurrency changes the members of one group by many
// requests at once, as two identity providers in full sync do: no change may
// be lost, and each is counted and announced once.
func TestMembershipUnderConcurrency(t *testing.T) {
	const changes = 500
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p, ids := h.newClient(t), h.seedUsers(t, changes)
			before, others := ids[:changes/2], ids[changes/2:]
			group := h.seedGroup(t, before)

			atOnce(changes, func(i int) {
				body := patchOf(fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, ids[i]))
				if i >= len(before) {
					body = patchOf(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, ids[i]))
				}
				p.expect(t, http.MethodPatch, "/Groups/"+group, body, http.StatusNoContent)
			})

			a := p.ask(t, http.MethodGet, "/Groups/"+group, "", http.StatusOK)
			if got := a.each("members", "value"); !slices.Equal(sorted(got), sorted(others)) {
				t.Errorf("%d members, want the %d that were added", len(got), len(others))
			}
			if got, want := a.header.Get("ETag"), fmt.Sprintf(`W/"%d"`, 1+changes); got != want {
				t.Errorf("version %s, want %s: one for each change", got, want)
			}
			h.checkBalance(t, group, others)
		})
	}
}

// TestOnePatchOfAThousandOperations is what Okta sends when it is set to its
// largest batch.
func TestOnePatchOfAThousandOperations(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p, ids := h.newClient(t), h.seedUsers(t, 1_100)
			group := h.seedGroup(t, ids[:500])
			operations := make([]string, 1_000)
			for i := range operations {
				operations[i] = fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, ids[i])
				if i >= 500 {
					operations[i] = fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q,"display":"x"}]}`, ids[i])
				}
			}
			p.ask(t, http.MethodPatch, "/Groups/"+group, patchOf(strings.Join(operations, ",")), http.StatusNoContent)
			a := p.ask(t, http.MethodGet, "/Groups/"+group, "", http.StatusOK)
			if got := a.each("members", "value"); !slices.Equal(sorted(got), sorted(ids[500:1_000])) {
				t.Errorf("%d members, want the 500 that were added", len(got))
			}
			if got := a.header.Get("ETag"); got != `W/"2"` {
				t.Errorf("version %s, want W/\"2\": it is one change", got)
			}
			p.ask(t, http.MethodPatch, "/Groups/"+group, patchOf(fmt.Sprintf(`{"op":"replace","path":"members","value":["%s"]}`, strings.Join(ids, `","`))), http.StatusNoContent)
			h.checkBalance(t, group, ids)
		})
	}
}

// TestOneOfManyCreatesTheUser posts one name many times at once, in different
// case.
func TestOneOfManyCreatesTheUser(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p := h.newClient(t)
			for round := range 5 {
				name := fmt.Sprintf("anna%d@example.com", round)
				var statuses sync.Map
				atOnce(20, func(i int) {
					sent := name
					if i%2 == 0 {
						sent = strings.ToUpper(name)
					}
					a := p.expect(t, http.MethodPost, "/Users", fmt.Sprintf(`{"userName":%q,"externalId":"x-%d-%d"}`, sent, round, i), http.StatusCreated, http.StatusConflict)
					if a.status == http.StatusConflict && a.text("scimType") != "uniqueness" {
						t.Errorf("a conflict of type %q: %s", a.text("scimType"), a.body)
					}
					statuses.Store(i, a.status)
				})
				created := 0
				statuses.Range(func(_, status any) bool {
					if status == http.StatusCreated {
						created++
					}
					return true
				})
				a := p.ask(t, http.MethodGet, byFilter("/Users", "userName eq %q", name), "", http.StatusOK)
				if n := len(a.each("Resources", "id")); created != 1 || n != 1 {
					t.Errorf("%s: %d requests created it, %d are there", name, created, n)
				}
			}
			if n := len(h.events(t)); n != 5 {
				t.Errorf("%d events, want one for each user", n)
			}
		})
	}
}

// TestDeletedWhileAdded deletes users while they are added to groups. Whichever
// comes first, no group shows somebody who is gone.
func TestDeletedWhileAdded(t *testing.T) {
	const users = 100
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			h := newTestHub(t, e)
			p, ids := h.newClient(t), h.seedUsers(t, users)
			groups := []string{h.seedGroup(t, ids[:10]), h.seedGroup(t, nil), h.seedGroup(t, ids[:1])}
			atOnce(users*4, func(i int) {
				id, what := ids[i/4], i%4
				if what == len(groups) {
					p.expect(t, http.MethodDelete, "/Users/"+id, "", http.StatusNoContent)
					return
				}
				p.expect(t, http.MethodPatch, "/Groups/"+groups[what], patchOf(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, id)), http.StatusNoContent)
			})
			for _, group := range groups {
				a := p.ask(t, http.MethodGet, "/Groups/"+group, "", http.StatusOK)
				if got := a.each("members", "value"); len(got) > 0 {
					t.Errorf("a group shows %d members who were deleted", len(got))
				}
				h.checkBalance(t, group, nil)
			}
			counts := h.countEvents(t)
			for _, id := range ids {
				if n := counts[id]; n != 4 { // created; offboarding started, deactivated, offboarded
					t.Errorf("user %s has %d events, want 4", id, n)
				}
			}
		})
	}
}

// atOnce runs n functions at the same time and waits for all.
func atOnce(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	wg.Wait()
}

// expect is ask for goroutines of a test, which must not end it.
func (p *player) expect(t testing.TB, method, path, body string, want ...int) answer {
	t.Helper()
	a, err := p.send(exchange{method: method, path: path, body: body})
	switch {
	case err != nil:
		t.Errorf("%s %s: %v", method, path, err)
	case !slices.Contains(want, a.status):
		t.Errorf("%s %s: status %d, want %v: %s", method, path, a.status, want, a.body)
	}
	return a
}

// checkBalance plays the events of a group: nobody joins who is in or leaves
// who is out, the sequence has no gap, no event is too large, and in the end
// the members are those given.
func (h *testHub) checkBalance(t *testing.T, group string, members []string) {
	t.Helper()
	in := map[string]bool{}
	sequence := 0
	for _, e := range h.events(t) {
		if e.ResourceID != group {
			continue
		}
		sequence++
		if e.Sequence != sequence {
			t.Fatalf("event %d of the group has the sequence %d", sequence, e.Sequence)
		}
		added, removed := e.ids("added_members"), e.ids("removed_members")
		if n := len(added) + len(removed); n > 1_000 {
			t.Errorf("an event has %d members", n)
		}
		for _, id := range removed {
			if !in[id] {
				t.Errorf("%s leaves and was no member", id)
			}
			delete(in, id)
		}
		for _, id := range added {
			if in[id] {
				t.Errorf("%s joins and was a member", id)
			}
			in[id] = true
		}
	}
	final := make([]string, 0, len(in))
	for id := range in {
		final = append(final, id)
	}
	if !slices.Equal(sorted(final), sorted(members)) {
		t.Errorf("by the events the group has %d members, want %d", len(final), len(members))
	}
}
