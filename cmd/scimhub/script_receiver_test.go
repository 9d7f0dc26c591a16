package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/scimhub/scimhub/webhooks"
)

type receiverKey struct{}

// scriptReceiver is the program that a script has events posted to.
type scriptReceiver struct {
	server *httptest.Server
	secret string

	mu     sync.Mutex
	file   *os.File
	count  int
	fails  int // how many more it answers with 500
	arrive chan struct{}
}

func cmdReceiver(ts *testscript.TestScript, neg bool, args []string) {
	r, ok := ts.Value(receiverKey{}).(*scriptReceiver)
	if neg || !ok || len(args) == 0 {
		ts.Fatalf("usage: receiver start|fail|await")
	}
	switch args[0] {
	case "start":
		r.start(ts)
	case "fail":
		r.fail(ts, args[1])
	case "await":
		r.await(ts, args[1])
	default:
		ts.Fatalf("receiver has no command %q", args[0])
	}
}

func (r *scriptReceiver) start(ts *testscript.TestScript) {
	file, err := os.Create(ts.MkAbs("received"))
	ts.Check(err)
	r.file, r.secret, r.arrive = file, webhooks.NewSecret(webhooks.SignatureHMAC), make(chan struct{}, 1000)
	r.server = httptest.NewServer(http.HandlerFunc(r.receive))
	ts.Defer(func() {
		r.server.Close()
		file.Close()
	})
	ts.Setenv("RECEIVER", r.server.URL)
	ts.Setenv("SECRET", r.secret)
}

// receive writes a line for what it takes: whether it was signed, and the body.
func (r *scriptReceiver) receive(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails > 0 {
		r.fails--
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err == nil {
		err = webhooks.Verify([]string{r.secret}, req.Header, body, time.Now(), time.Minute)
	}
	if _, err := fmt.Fprintf(r.file, "verified=%t %s\n", err == nil, body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	r.arrive <- struct{}{}
}

func (r *scriptReceiver) fail(ts *testscript.TestScript, times string) {
	n, err := strconv.Atoi(times)
	ts.Check(err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = n
}

// await waits until as many events were taken since the start.
func (r *scriptReceiver) await(ts *testscript.TestScript, total string) {
	want, err := strconv.Atoi(total)
	ts.Check(err)
	deadline := time.After(30 * time.Second)
	for ; r.count < want; r.count++ {
		select {
		case <-r.arrive:
		case <-deadline:
			ts.Fatalf("only %d of %d events were received", r.count, want)
		}
	}
}
