package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/scimhub/scimhub/scimresource/access"
)

// process is a scimhub serve.
type process struct {
	cmd     *exec.Cmd
	url     string // of the hub
	baseURL string // of the SCIM API
	logged  sync.WaitGroup

	mu       sync.Mutex
	troubles []string // warnings and errors that it logged
}

// startProcess starts the real binary with some flags and waits until it
// listens.
func startProcess(t testing.TB, dsn, token string, flags ...string) *process {
	t.Helper()
	path, err := exec.LookPath("scimhub")
	must(t, err)
	flags = append([]string{"serve", "--listen=127.0.0.1:0", "--log-format=json"}, flags...)
	p := &process{cmd: exec.Command(path, flags...)} //nolint:noctx // killed by the test, or by its cleanup
	p.cmd.Env = append(os.Environ(), "SCIMHUB_DATABASE="+dsn, "SCIMHUB_BOOTSTRAP_TOKEN="+token, "SCIMHUB_ENCRYPTION_KEY="+testKey)
	stderr, err := p.cmd.StderrPipe()
	must(t, err)
	must(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // over already, unless the test failed
		p.showTroubles(t)
	})
	urls := make(chan string, 1)
	p.logged.Go(func() { p.readLog(stderr, urls) })
	url, ok := <-urls
	if !ok {
		t.Fatal("the hub ended before it listened")
	}
	p.url, p.baseURL = url, url+scimPath
	return p
}

// readLog reads a log to its end, and gives the URL that the hub listens on.
func (p *process) readLog(log io.Reader, urls chan<- string) {
	defer close(urls)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var event struct {
			Msg, Level string
			PublicURL  string `json:"public_url"`
		}
		if json.Unmarshal(lines.Bytes(), &event) == nil && event.Msg == "listening" {
			urls <- event.PublicURL
		}
		if event.Level != "INFO" {
			p.mu.Lock()
			p.troubles = append(p.troubles, lines.Text())
			p.mu.Unlock()
		}
	}
}

// showTroubles shows the last of what went wrong in the hub, if the test failed.
func (p *process) showTroubles(t testing.TB) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.Failed() && len(p.troubles) > 0 {
		t.Logf("the hub logged:\n%s", strings.Join(p.troubles[max(0, len(p.troubles)-300):], "\n"))
	}
}

// wait waits for the end of the process and gives its exit status.
func (p *process) wait(t testing.TB) int {
	t.Helper()
	p.logged.Wait()
	_ = p.cmd.Wait() // the status says it
	return p.cmd.ProcessState.ExitCode()
}

// stream is a number of clients that create users, each as fast as it can, until
// they get no answer any more.
type stream struct {
	mu       sync.Mutex        // until clients are done
	answered map[string]string // userName → id, of those whose creation was acknowledged
	reached  chan struct{}     // closed when there are enough of them
	clients  sync.WaitGroup
}

// startStream starts clients and waits until enough users are acknowledged. The
// clients go on.
func startStream(t *testing.T, baseURL, token string, round, enough int) *stream {
	t.Helper()
	s := &stream{answered: map[string]string{}, reached: make(chan struct{})}
	p := newPlayer(t, baseURL, token)
	for client := range 8 {
		s.clients.Go(func() {
			i := round*1_000_000 + client*100_000
			for s.create(t, p, i, enough) {
				i++
			}
		})
	}
	ended := make(chan struct{})
	go func() { s.clients.Wait(); close(ended) }()
	select {
	case <-s.reached:
	case <-ended:
		t.Fatalf("the hub answered only %d of %d requests", len(s.answered), enough)
	}
	return s
}

// create creates a user and reports whether there was an answer.
func (s *stream) create(t *testing.T, p *player, i, enough int) bool {
	a, err := p.send(exchange{method: http.MethodPost, path: "/Users", body: userBody(i)})
	if err != nil {
		return false
	}
	if a.status != http.StatusCreated {
		t.Errorf("create %s: status %d: %s", userName(i), a.status, a.body)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[userName(i)] = a.id()
	if len(s.answered) == enough {
		close(s.reached)
	}
	return true
}

// TestKillLosesNothing kills the hub while users are created, three times over,
// and looks whether all that was acknowledged is there, whole, with its event,
// and nothing by halves.
func TestKillLosesNothing(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			dsn, token := e.dsn(t), access.NewSecret()
			acknowledged := map[string]string{}
			for round := range 3 {
				hub := startProcess(t, dsn, token)
				s := startStream(t, hub.baseURL, token, round, 150)
				must(t, hub.cmd.Process.Kill())
				s.clients.Wait()
				hub.wait(t)
				maps.Copy(acknowledged, s.answered)
			}
			hub := startProcess(t, dsn, token)
			there := hub.checkWhole(t, e, dsn, token)
			for name, id := range acknowledged {
				if there[name] != id {
					t.Errorf("%s was acknowledged with the id %q and has %q", name, id, there[name])
				}
			}
			must(t, hub.cmd.Process.Signal(syscall.SIGTERM))
			if status := hub.wait(t); status != 0 {
				t.Errorf("exit status %d", status)
			}
		})
	}
}

// TestStopAnswersWhatWasAccepted stops the hub while users are created. Every
// user that it made was acknowledged to its client.
func TestStopAnswersWhatWasAccepted(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			dsn, token := e.dsn(t), access.NewSecret()
			hub := startProcess(t, dsn, token)
			s := startStream(t, hub.baseURL, token, 0, 150)
			must(t, hub.cmd.Process.Signal(syscall.SIGTERM))
			s.clients.Wait()
			if status := hub.wait(t); status != 0 {
				t.Errorf("exit status %d", status)
			}
			hub = startProcess(t, dsn, token)
			there := hub.checkWhole(t, e, dsn, token)
			for name, id := range there {
				if s.answered[name] != id {
					t.Errorf("%s is there with the id %s; its client got %q", name, id, s.answered[name])
				}
			}
			if len(there) != len(s.answered) {
				t.Errorf("%d users, %d acknowledged", len(there), len(s.answered))
			}
			must(t, hub.cmd.Process.Signal(syscall.SIGTERM))
			hub.wait(t)
		})
	}
}

// checkWhole reads all users, checks that each has all its parts and exactly its
// events, and gives their ids by name.
func (p *process) checkWhole(t *testing.T, e engine, dsn, token string) map[string]string {
	t.Helper()
	events := map[string][]string{}
	for _, event := range storedEvents(t, openDatabase(t, e, dsn)) {
		events[event.ResourceID] = append(events[event.ResourceID], event.Type)
	}
	client := newPlayer(t, p.baseURL, token)
	there := map[string]string{}
	for start, more := 1, true; more; {
		a := client.ask(t, http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=100", start), "", http.StatusOK)
		ids := a.each("Resources", "id")
		for i, id := range ids {
			name := client.checkUser(t, a, fmt.Sprintf("Resources.%d.", i))
			if !slices.Equal(events[id], []string{"user.created"}) {
				t.Errorf("user %s has the events %v", name, events[id])
			}
			delete(events, id)
			there[name] = id
		}
		start, more = start+len(ids), len(ids) > 0
	}
	for id, types := range events {
		t.Errorf("events %v of a user %s that isn't there", types, id)
	}
	return there
}

// checkUser checks the parts of a user that are stored apart, and gives his name.
func (p *player) checkUser(t *testing.T, a answer, path string) string {
	t.Helper()
	name := a.text(path + "userName")
	if a.text(path+"externalId") == "" || a.text(path+"emails.0.value") != name {
		t.Errorf("user %q is not whole: %s", name, a.body)
	}
	for _, filter := range []string{"emails.value eq %q", "userName eq %q"} {
		if err := listOf(1)(p.ask(t, http.MethodGet, byFilter("/Users", filter, name), "", http.StatusOK)); err != nil {
			t.Errorf("look up "+filter+": %v", name, err)
		}
	}
	return name
}
