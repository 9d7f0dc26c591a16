//go:build unix

package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a PostgreSQL server of our own, which writes to the disk before it
// acknowledges, as production does.
type cluster struct {
	bin, data string
	port      string
	owner     *syscall.Credential // nil: ours; PostgreSQL refuses to run as root
	server    *exec.Cmd
	log       *os.File
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "scimhub-drill-") //nolint:usetesting // others may not enter t.TempDir, and the server runs as another
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	c := &cluster{bin: serverPrograms(t), data: filepath.Join(dir, "data"), port: freePort(t)}
	c.log, err = os.Create(filepath.Join(dir, "server.log"))
	must(t, err)
	t.Cleanup(func() { c.showLog(t) })
	if os.Geteuid() == 0 {
		c.owner = serverOwner(t)
		must(t, os.Chown(dir, int(c.owner.Uid), int(c.owner.Gid)))
	}
	initdb := c.command("initdb", "-D", c.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	c.start(t)
	t.Cleanup(func() { c.kill(t) })
	return c
}

// serverPrograms gives the folder of PostgreSQL's server programs.
func serverPrograms(t testing.TB) string {
	t.Helper()
	candidates := []string{}
	if path, err := exec.LookPath("postgres"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		slices.Reverse(found)
		candidates = append(candidates, found...)
	}
	for _, dir := range candidates {
		if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err == nil {
			return dir
		}
	}
	t.Skip("a server in a container or elsewhere can't be killed by the test: it needs PostgreSQL's server programs")
	return ""
}

// serverOwner gives the account that the server runs as, if we are root.
func serverOwner(t testing.TB) *syscall.Credential {
	t.Helper()
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	must(t, err)
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	must(t, err)
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	must(t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t testing.TB) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	_, port, err := net.SplitHostPort(ln.Addr().String())
	must(t, err)
	return port
}

func (c *cluster) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, program), args...) //nolint:noctx // killed by the test, or by its cleanup
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	return cmd
}

// start starts the server and waits until it answers. What is left of one that
// was killed may keep it from starting for a moment.
func (c *cluster) start(t testing.TB) {
	t.Helper()
	var ended chan struct{}
	waitFor(t, "the server starts", func() bool {
		if ended == nil {
			c.server = c.command("postgres", "-D", c.data, "-c", "listen_addresses=127.0.0.1", "-c", "port="+c.port,
				"-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "max_connections=100")
			c.server.Stdout, c.server.Stderr = c.log, c.log
			must(t, c.server.Start())
			ended = make(chan struct{})
			go func(server *exec.Cmd, ended chan struct{}) { _ = server.Wait(); close(ended) }(c.server, ended)
		}
		select {
		case <-ended:
			ended = nil
			return false
		default:
			return c.answers(t)
		}
	})
}

func (c *cluster) dsn() string {
	return "postgres://postgres@127.0.0.1:" + c.port + "/postgres?sslmode=disable"
}

func (c *cluster) answers(t testing.TB) bool {
	t.Helper()
	db, err := sql.Open("pgx", c.dsn())
	must(t, err)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Second)
	defer cancel()
	return db.PingContext(ctx) == nil
}

// showLog shows the end of the server's log if the test failed.
func (c *cluster) showLog(t testing.TB) {
	defer c.log.Close()
	if t.Failed() {
		log, err := os.ReadFile(c.log.Name())
		must(t, err)
		t.Logf("the server's log ends with:\n%s", log[max(0, len(log)-4000):])
	}
}

// kill kills the server and, where the system tells which they are, the
// processes that serve its clients, in the middle of what they do.
func (c *cluster) kill(t testing.TB) {
	t.Helper()
	pid := c.server.Process.Pid
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // Linux alone has it
	must(t, c.server.Process.Kill())
	for child := range strings.FieldsSeq(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
		}
	}
}

// TestDrillKilledDatabase kills the database while it is changed and events are
// delivered, and starts it again.
func TestDrillKilledDatabase(t *testing.T) {
	t.Parallel()
	server := newCluster(t)
	e := engine{name: "postgres", driver: "pgx", dsn: func(testing.TB) string { return server.dsn() }}
	const kills = 2
	d := newDrill(t, e)
	var endpoints []*endpoint
	for i := range 3 {
		e := newEndpoint(t, "endpoint "+strconv.Itoa(i), nil)
		endpoints = append(endpoints, e)
		d.subscribe(t, e.url())
	}
	poller := follow(t, "feed", d.hub.url, d.token, (*feedReader).page)
	streamer := follow(t, "stream", d.hub.url, d.token, (*feedReader).stream)
	l := startWorkload(t, d.token, scale(300, 10_000), d.hub)
	for i := range kills {
		l.reaches(t, float64(i+1)/(kills+1))
		server.kill(t)
		waitFor(t, "the hub says that it isn't ready", func() bool { return d.readiness(t) == http.StatusServiceUnavailable })
		server.start(t)
		waitFor(t, "the hub is ready again", func() bool { return d.readiness(t) == http.StatusOK })
	}
	l.clients.Wait()
	if l.unanswered == 0 {
		t.Error("the database was killed and nobody noticed: the drill shows nothing")
	}
	events := d.events(t)
	l.check(t, events)
	for _, e := range endpoints {
		e.completes(t, events, kills*batch)
	}
	poller.completes(t, events)
	streamer.completes(t, events)
	d.hub.stop(t)
}

// readiness gives the status of /readyz.
func (d *drill) readiness(t testing.TB) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.hub.url+"/readyz", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode
}
