package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

type hubKey struct{}

// runningHub is the scimhub serve that a script has started.
type runningHub struct {
	cmd    *exec.Cmd
	events chan map[string]any // what it logs
	copied sync.WaitGroup      // of its output
}

func cmdHub(ts *testscript.TestScript, neg bool, args []string) {
	hub, ok := ts.Value(hubKey{}).(*runningHub)
	if neg || !ok || len(args) == 0 {
		ts.Fatalf("usage: hub start|stop|kill|wait")
	}
	switch args[0] {
	case "start":
		hub.start(ts, args[1:])
	case "stop":
		hub.signal(ts)
		hub.await(ts, "stopping")
	case "kill":
		hub.signal(ts)
	case "wait":
		hub.wait(ts, args[1])
	default:
		ts.Fatalf("hub has no command %q", args[0])
	}
}

// start starts the hub and waits until it listens.
func (h *runningHub) start(ts *testscript.TestScript, args []string) {
	path, err := exec.LookPath("scimhub")
	ts.Check(err)
	h.cmd = exec.Command(path, append([]string{"serve", "--listen=127.0.0.1:0", "--log-format=json"}, args...)...) //nolint:noctx // ended by wait
	h.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SCIMHUB_DATABASE", "SCIMHUB_BOOTSTRAP_TOKEN", "SCIMHUB_ENCRYPTION_KEY", "SCIMHUB_CONFIG"} {
		h.cmd.Env = append(h.cmd.Env, name+"="+ts.Getenv(name))
	}
	stdout, err := h.cmd.StdoutPipe()
	ts.Check(err)
	stderr, err := h.cmd.StderrPipe()
	ts.Check(err)
	ts.Check(h.cmd.Start())
	started := h.cmd
	ts.Defer(func() { _ = started.Process.Kill() }) // at its end already, unless the script failed

	h.events = make(chan map[string]any, 10_000)
	tokens := make(chan string, 1)
	h.copied.Go(func() { h.readLog(stderr, ts.MkAbs("hub.err")) })
	h.copied.Go(func() { readToken(stdout, ts.MkAbs("hub.out"), tokens) })
	event := h.await(ts, "listening")
	url, _ := event["public_url"].(string)
	ts.Setenv("URL", url)
	ts.Setenv("ADDRESS", strings.TrimPrefix(url, "http://"))
	if ts.Getenv("TOKEN") == "" {
		ts.Setenv("TOKEN", <-tokens)
	}
}

// readLog copies the log to a file and gives its lines to whoever awaits them.
func (h *runningHub) readLog(r io.Reader, name string) {
	defer close(h.events)
	f, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(io.TeeReader(r, f)); lines.Scan(); {
		var event map[string]any
		if json.Unmarshal(lines.Bytes(), &event) == nil {
			h.events <- event
		}
	}
}

// readToken copies standard output to a file and picks the token out of it.
func readToken(r io.Reader, name string, tokens chan<- string) {
	defer close(tokens)
	f, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(io.TeeReader(r, f)); lines.Scan(); {
		if token, ok := strings.CutPrefix(lines.Text(), "    scimhub_"); ok {
			tokens <- "scimhub_" + token
		}
	}
}

// await gives the next event with a message, and fails when the hub ends first.
func (h *runningHub) await(ts *testscript.TestScript, msg string) map[string]any {
	for event := range h.events {
		if event["msg"] == msg {
			return event
		}
	}
	h.copied.Wait()
	ts.Fatalf("the hub ended before it logged %q:\n%s", msg, ts.ReadFile("hub.err"))
	return nil
}

func (h *runningHub) signal(ts *testscript.TestScript) {
	ts.Check(h.cmd.Process.Signal(syscall.SIGTERM))
}

func (h *runningHub) wait(ts *testscript.TestScript, status string) {
	h.copied.Wait()
	want, err := strconv.Atoi(status)
	ts.Check(err)
	if got := exitStatus(ts, h.cmd.Wait()); got != want {
		ts.Fatalf("the hub ended with status %d, want %d:\n%s", got, want, ts.ReadFile("hub.err"))
	}
}
