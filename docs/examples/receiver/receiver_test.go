// Package receiver_test runs the receivers that docs/receiving.md shows, and
// sends each what a hub sends, and what others might.
package receiver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/webhooks"
)

// programs are the receivers, by language: the source, and what runs it.
var programs = map[string]struct{ source, runner string }{
	"go":     {"go/main.go", "go"},
	"node":   {"node/receiver.mjs", "node"},
	"python": {"python/receiver.py", "python3"},
}

// command gives what starts a receiver.
func command(t *testing.T, language string) *exec.Cmd {
	t.Helper()
	p := programs[language]
	runner, err := exec.LookPath(p.runner)
	if err != nil {
		t.Skipf("%s is not on this machine: it isn't needed to build or run the hub", p.runner)
	}
	if language != "go" {
		return exec.CommandContext(t.Context(), runner, p.source)
	}
	binary := filepath.Join(t.TempDir(), "receiver")
	if out, err := exec.CommandContext(t.Context(), runner, "build", "-o", binary, "./go").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return exec.CommandContext(t.Context(), binary)
}

// start starts a receiver with secrets on a free port. It gives its URL and what
// it prints from then on.
func start(t *testing.T, language string, secrets ...string) (url string, printed *bufio.Scanner) {
	t.Helper()
	cmd := command(t, language)
	cmd.Env = append(os.Environ(), "PORT=0", "WEBHOOK_SECRET="+strings.Join(secrets, " "))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	printed = bufio.NewScanner(stdout)
	if !printed.Scan() {
		t.Fatal("the receiver ended before it listened")
	}
	url, ok := strings.CutPrefix(printed.Text(), "listening on ")
	if !ok {
		t.Fatalf("the receiver printed %q", printed.Text())
	}
	return url, printed
}

// message is a delivery.
type message struct {
	header http.Header
	body   []byte
}

// sign makes a delivery as the hub does.
func sign(t *testing.T, id string, at time.Time, body string, secrets ...string) message {
	t.Helper()
	live := make([]webhooks.Secret, len(secrets))
	for i, s := range secrets {
		live[i].Key = s
	}
	signature, err := webhooks.Sign(live, id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	m := message{http.Header{}, []byte(body)}
	m.header.Set(webhooks.HeaderID, id)
	m.header.Set(webhooks.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	m.header.Set(webhooks.HeaderSignature, signature)
	return m
}

// post gives the status and the body of the answer.
func (m message) post(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = m.header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// without gives the message without a header.
func (m message) without(name string) message {
	m.header.Del(name)
	return m
}

func TestReceivers(t *testing.T) {
	const body = `{"id":"evt_1","type":"user.updated","sequence":7,"data":{"user_name":"zoë@example.com"}}`
	old, current, other := webhooks.NewSecret(webhooks.SignatureHMAC), webhooks.NewSecret(webhooks.SignatureHMAC), webhooks.NewSecret(webhooks.SignatureHMAC)
	now := time.Now()
	tampered := sign(t, "evt_9", now, body, current)
	tampered.body = bytes.Replace(tampered.body, []byte("zoë"), []byte("eve"), 1)
	renamed := sign(t, "evt_9", now, body, current)
	renamed.header.Set(webhooks.HeaderID, "evt_8")
	for language := range programs {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			url, printed := start(t, language, old, current)
			for _, test := range []struct {
				name   string
				m      message
				status int
			}{
				{"right", sign(t, "evt_1", now, body, current), http.StatusNoContent},
				{"once more", sign(t, "evt_1", now.Add(time.Second), body, current), http.StatusNoContent},
				{"tampered", tampered, http.StatusBadRequest},
				{"under another id", renamed, http.StatusBadRequest},
				{"by another secret", sign(t, "evt_9", now, body, other), http.StatusBadRequest},
				{"old", sign(t, "evt_9", now.Add(-6*time.Minute), body, current), http.StatusBadRequest},
				{"of the future", sign(t, "evt_9", now.Add(6*time.Minute), body, current), http.StatusBadRequest},
				{"without an id", sign(t, "evt_9", now, body, current).without(webhooks.HeaderID), http.StatusBadRequest},
				{"without a time", sign(t, "evt_9", now, body, current).without(webhooks.HeaderTimestamp), http.StatusBadRequest},
				{"without a signature", sign(t, "evt_9", now, body, current).without(webhooks.HeaderSignature), http.StatusBadRequest},
				{"too large", sign(t, "evt_9", now, strings.Repeat(" ", 1<<20)+body, current), http.StatusRequestEntityTooLarge},
				{"by two secrets", sign(t, "evt_2", now, strings.Replace(body, ":7", ":8", 1), other, old), http.StatusNoContent},
			} {
				if status, answer := test.m.post(t, url); status != test.status {
					t.Errorf("%s: status %d, want %d: %s", test.name, status, test.status, answer)
				}
			}
			for _, sequence := range []int{7, 8} { // each once, and nothing between
				printed.Scan()
				if want := fmt.Sprintf("user.updated %d {", sequence); !strings.HasPrefix(printed.Text(), want) {
					t.Errorf("printed %q, want %q", printed.Text(), want)
				}
			}
		})
	}
}

// TestDocumentShowsTheReceivers holds the document against the programs.
func TestDocumentShowsTheReceivers(t *testing.T) {
	document, err := os.ReadFile("../../receiving.md")
	if err != nil {
		t.Fatal(err)
	}
	for language, p := range programs {
		source, err := os.ReadFile(p.source)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(document, source) {
			t.Errorf("docs/receiving.md doesn't show %s as it is (%s)", p.source, language)
		}
	}
}
