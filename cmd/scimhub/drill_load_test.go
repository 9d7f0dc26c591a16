package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// workload is a number of clients that change a directory at the same time. They
// create users, change them, and move them in and out of groups that all of the
// clients share.
type workload struct {
	hubs   []*player // clients turn to the next when one doesn't answer
	turn   atomic.Int64
	wanted int
	begun  atomic.Int64
	done   atomic.Int64
	groups []string

	mu           sync.Mutex
	acknowledged []change
	unanswered   int // requests that had to be sent again
	clients      sync.WaitGroup
}

// change is a change that was answered with success.
type change struct {
	resource string
	version  int64 // of the resource since
}

const (
	writers      = 8
	sharedGroups = 4

	// patience is how long a client sends a request again that the hub doesn't
	// answer.
	patience = time.Minute
)

// startWorkload starts clients that make a number of changes together.
func startWorkload(t testing.TB, token string, changes int, hubs ...*process) *workload {
	t.Helper()
	l := &workload{wanted: changes}
	for _, hub := range hubs {
		l.hubs = append(l.hubs, newPlayer(t, hub.baseURL, token))
	}
	for i := range sharedGroups {
		l.groups = append(l.groups, l.create(t, "/Groups", fmt.Sprintf(`{"displayName":"Group %d"}`, i)))
	}
	l.begun.Store(sharedGroups)
	for w := range writers {
		l.clients.Go(func() { l.write(t, w) })
	}
	return l
}

// write makes changes until there are enough, or one fails.
func (l *workload) write(t testing.TB, w int) {
	var users []string
	for n := 0; !t.Failed() && l.begun.Add(1) <= int64(l.wanted); n++ {
		i := w*100_000 + n
		group := "/Groups/" + l.groups[(w+n/8)%sharedGroups]
		switch n % 8 {
		case 0, 4:
			users = append(users, l.create(t, "/Users", userBody(i)))
		case 3:
			l.patch(t, group, `{"op":"add","path":"members","value":[{"value":"`+users[len(users)-1]+`"}]}`)
		case 7: // the one who was added, one user ago
			l.patch(t, group, `{"op":"remove","path":"members[value eq \"`+users[len(users)-2]+`\"]"}`)
		default:
			l.patch(t, "/Users/"+users[i%len(users)], fmt.Sprintf(`{"op":"replace","path":"title","value":"Title %d"}`, i))
		}
	}
}

// create creates a resource and gives its id. One that is there already was
// created by a request whose answer was lost.
func (l *workload) create(t testing.TB, path, body string) string {
	a := l.send(t, exchange{method: http.MethodPost, path: path, body: body})
	switch a.status {
	case http.StatusCreated:
		l.acknowledge(t, a.id(), a)
		return a.id()
	case http.StatusConflict:
		name := newAnswer(&http.Response{}, []byte(body)).text("userName")
		a = l.send(t, exchange{method: http.MethodGet, path: byFilter(path, "userName eq %q", name)})
		return a.text("Resources.0.id")
	}
	t.Errorf("create: status %d: %s", a.status, a.body)
	return ""
}

func (l *workload) patch(t testing.TB, path, operation string) {
	a := l.send(t, exchange{method: http.MethodPatch, path: path, body: patchOf(operation)})
	if a.status != http.StatusOK && a.status != http.StatusNoContent {
		t.Errorf("patch %s: status %d: %s", path, a.status, a.body)
		return
	}
	l.acknowledge(t, path[strings.LastIndexByte(path, '/')+1:], a)
}

// send sends a request again and again until the hub answers it.
func (l *workload) send(t testing.TB, x exchange) answer {
	for end := time.Now().Add(patience); ; <-time.After(10 * time.Millisecond) {
		a, err := l.client().send(x)
		if err == nil && a.status != http.StatusServiceUnavailable {
			return a
		}
		l.turn.Add(1)
		l.mu.Lock()
		l.unanswered++
		l.mu.Unlock()
		if time.Now().After(end) {
			t.Errorf("%s %s: status %d, %v", x.method, x.path, a.status, err)
			return a
		}
	}
}

// client gives a client of the hub whose turn it is.
func (l *workload) client() *player { return l.hubs[int(l.turn.Load())%len(l.hubs)] }

func (l *workload) acknowledge(t testing.TB, id string, a answer) {
	version, err := strconv.ParseInt(strings.Trim(a.header.Get("ETag"), `W/"`), 10, 64)
	if err != nil {
		t.Errorf("the answer has the ETag %q", a.header.Get("ETag"))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged = append(l.acknowledged, change{id, version})
	l.done.Store(int64(len(l.acknowledged)))
}

// reaches waits until a part of the changes is made.
func (l *workload) reaches(t testing.TB, part float64) {
	t.Helper()
	n := int64(part * float64(l.wanted))
	waitFor(t, fmt.Sprintf("%d changes are made", n), func() bool { return t.Failed() || l.done.Load() >= n })
}

// check checks that each change that was acknowledged is in the directory, and
// has its event.
func (l *workload) check(t testing.TB, events []deliveredEvent) {
	t.Helper()
	announced := map[change]bool{}
	for _, e := range events {
		announced[change{e.resource(), e.Data.ResourceVersion}] = true
	}
	there := map[string]int64{}
	for _, endpoint := range []string{"/Users", "/Groups"} {
		l.versions(t, endpoint, there)
	}
	for _, c := range l.acknowledged {
		if there[c.resource] < c.version {
			t.Errorf("version %d of %s was acknowledged, but it has version %d", c.version, c.resource, there[c.resource])
		}
		if !announced[c] {
			t.Errorf("version %d of %s was acknowledged, but has no event", c.version, c.resource)
		}
	}
}

// versions reads the versions of all resources of a type.
func (l *workload) versions(t testing.TB, path string, into map[string]int64) {
	t.Helper()
	for start, more := 1, true; more; {
		a := l.client().ask(t, http.MethodGet, fmt.Sprintf("%s?startIndex=%d&count=1000&attributes=meta", path, start), "", http.StatusOK)
		ids, versions := a.each("Resources", "id"), a.each("Resources", "meta.version")
		for i, id := range ids {
			version, err := strconv.ParseInt(strings.Trim(versions[i], `W/"`), 10, 64)
			must(t, err)
			into[id] = version
		}
		start, more = start+len(ids), len(ids) > 0
	}
}
