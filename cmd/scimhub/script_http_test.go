package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type clientKey struct{}

// httpClient holds the request that a script has begun.
type httpClient struct {
	withheld []byte // its body
	pipe     *io.PipeWriter
	answers  chan answered // to it
}

// answered is what came of a request that was begun.
type answered struct {
	resp *http.Response
	err  error
}

func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	c, ok := ts.Value(clientKey{}).(*httpClient)
	switch {
	case neg || !ok || len(args) < 2:
		ts.Fatalf("usage: http METHOD PATH STATUS [FILE] | begin METHOD PATH FILE | finish STATUS")
	case args[0] == "begin":
		c.begin(ts, args[1], args[2], args[3])
	case args[0] == "finish":
		c.finish(ts, args[1])
	default:
		send(ts, args[0], args[1], args[2], args[3:])
	}
}

func send(ts *testscript.TestScript, method, path, status string, file []string) {
	var body io.Reader
	if len(file) > 0 {
		body = bytes.NewReader([]byte(ts.ReadFile(file[0])))
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(newScriptRequest(ts, method, path, body))
	ts.Check(err)
	show(ts, resp, status)
}

// newScriptRequest gives a request with TOKEN, unless that is "none".
func newScriptRequest(ts *testscript.TestScript, method, path string, body io.Reader) *http.Request {
	req, err := http.NewRequest(method, ts.Getenv("URL")+path, body) //nolint:noctx // the client has a timeout
	ts.Check(err)
	if token := ts.Getenv("TOKEN"); token != "none" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	return req
}

// show prints an answer and checks its status.
func show(ts *testscript.TestScript, resp *http.Response, status string) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	var printed bytes.Buffer
	fmt.Fprintln(&printed, resp.Status)
	ts.Check(resp.Header.Write(&printed))
	fmt.Fprintf(&printed, "\n%s\n", body)
	_, err = printed.WriteTo(ts.Stdout())
	ts.Check(err)
	if got := strconv.Itoa(resp.StatusCode); got != status {
		ts.Fatalf("status %s, want %s:\n%s", got, status, body)
	}
}

// begin sends the head of a request and waits until the hub asks for its body:
// from then on the request is in flight.
func (c *httpClient) begin(ts *testscript.TestScript, method, path, file string) {
	var body *io.PipeReader
	body, c.pipe = io.Pipe()
	c.withheld, c.answers = []byte(ts.ReadFile(file)), make(chan answered, 1)
	req := newScriptRequest(ts, method, path, body)
	req.ContentLength = int64(len(c.withheld))
	req.Header.Set("Expect", "100-continue")
	asked := make(chan struct{})
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{Got100Continue: func() { close(asked) }}))
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}
	go func() {
		resp, err := client.Do(req) //nolint:bodyclose // closed by show
		c.answers <- answered{resp, err}
	}()
	select {
	case <-asked:
	case a := <-c.answers:
		ts.Fatalf("answered before the body was sent: %+v", a)
	}
}

// finish sends the body that begin withheld.
func (c *httpClient) finish(ts *testscript.TestScript, status string) {
	_, err := c.pipe.Write(c.withheld)
	ts.Check(err)
	ts.Check(c.pipe.Close())
	a := <-c.answers
	ts.Check(a.err)
	show(ts, a.resp, status)
}

// cmdRemember reads the JSON object that the last command printed, an http
// command below its headers.
func cmdRemember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: remember NAME MEMBER")
	}
	printed := ts.ReadFile("stdout")
	_, text, _ := strings.Cut(printed, "{")
	var object map[string]any
	ts.Check(json.NewDecoder(strings.NewReader("{" + text)).Decode(&object))
	s, ok := object[args[1]].(string)
	if !ok {
		ts.Fatalf("no %q in %s", args[1], printed)
	}
	ts.Setenv(args[0], s)
}
