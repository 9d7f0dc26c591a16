package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/scimhub/scimhub/scimresource/access"
)

// TestAcceptance plays every exchange of testdata/acceptance/*.txtar against a
// hub on each engine. A file is one client behavior or one rule of the RFCs:
// its comment says which in plain words, then come numbered steps:
//
//	-- 1.request --     as on the wire: request line, headers, empty line, body
//	-- 1.response --    status, the headers a SCIM client reads, body as indented JSON
//	-- 1.events --      the events that the request caused, one a line; none if absent
//
// Ids are written <id-1>, <id-2>… in order of appearance, in requests too;
// times are written <time>. A request is sent with a token that may do
// everything, unless it has an Authorization header, perhaps an empty one.
// There, <token> is that token, and <token …> those of actors.
// UPDATE_GOLDEN=1 rewrites responses and events.
func TestAcceptance(t *testing.T) {
	files, err := filepath.Glob("testdata/acceptance/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no acceptance files: %v", err)
	}
	for i, engine := range engines(t) {
		if i > 0 && updating() {
			break // the other engines must give what the first one gave
		}
		for _, file := range files {
			name := engine.name + "/" + strings.TrimSuffix(filepath.Base(file), ".txtar")
			t.Run(name, func(t *testing.T) { playFile(t, engine, file) })
		}
	}
}

func playFile(t *testing.T, e engine, file string) {
	t.Parallel()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		t.Fatal("the file has no comment that says what it shows")
	}
	p := newGoldenPlayer(t, e)
	got := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		step, isRequest := strings.CutSuffix(f.Name, ".request")
		if isRequest {
			got.Files = append(got.Files, f)
			got.Files = append(got.Files, p.play(step, f.Data)...)
		}
	}
	if updating() {
		if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func updating() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// actors are those whose tokens requests can be sent with, beside the one that
// may do everything.
var actors = map[string]actor{
	"<token of another directory>":    {directory: "second", scopes: []access.Scope{access.Admin}},
	"<token of another organization>": {organization: "elsewhere", scopes: []access.Scope{access.Admin}},
	"<token with scim.read>":          {scopes: []access.Scope{access.SCIMRead}},
	"<token with scim.write>":         {scopes: []access.Scope{access.SCIMWrite}},
	"<token without scopes>":          {},
}

// goldenPlayer plays the steps of one file against a hub of its own.
type goldenPlayer struct {
	t      *testing.T
	hub    *testHub
	server *httptest.Server
	ids    []string          // <id-1> is ids[0]
	tokens map[string]string // of actors, by placeholder
	events int               // how many events earlier steps caused
}

func newGoldenPlayer(t *testing.T, e engine) *goldenPlayer {
	hub := newTestHub(t, e)
	server := httptest.NewServer(hub.handler)
	t.Cleanup(server.Close)
	return &goldenPlayer{t: t, hub: hub, server: server, tokens: map[string]string{"<token>": hub.token}}
}

// play sends one request and gives what came of it.
func (p *goldenPlayer) play(step string, request []byte) []txtar.File {
	p.t.Helper()
	resp := p.send(p.restore(request))
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("step %s: read answer: %v", step, err)
	}
	files := []txtar.File{{Name: step + ".response", Data: p.hide(p.show(resp, body))}}
	if lines := p.newEvents(); lines != "" {
		files = append(files, txtar.File{Name: step + ".events", Data: p.hide([]byte(lines))})
	}
	return files
}

// send sends a request as it is written in a file. A request without an
// Authorization header gets the hub's token; one with an empty one gets none.
func (p *goldenPlayer) send(raw []byte) *http.Response {
	p.t.Helper()
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	lines := strings.Split(strings.TrimRight(string(head), "\n"), "\n")
	method, target, ok := strings.Cut(lines[0], " ")
	if !ok {
		p.t.Fatalf("bad request line %q", lines[0])
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.server.URL, bytes.NewReader(bytes.TrimSuffix(body, []byte("\n"))))
	if err != nil {
		p.t.Fatal(err)
	}
	req.URL.Opaque = target // as written: the hub must cope with what clients send
	req.Header.Set("Authorization", "Bearer "+p.hub.token)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		setHeader(req.Header, name, p.withToken(strings.TrimSpace(value)))
	}
	resp, err := p.server.Client().Do(req)
	if err != nil {
		p.t.Fatalf("%s: %v", lines[0], err)
	}
	return resp
}

// withToken puts a token in the place of its name. Tokens are made when first
// used.
func (p *goldenPlayer) withToken(value string) string {
	start, end := strings.IndexByte(value, '<'), strings.IndexByte(value, '>')+1
	if start < 0 || end <= start {
		return value
	}
	name := value[start:end]
	if a, ok := actors[name]; ok && p.tokens[name] == "" {
		p.tokens[name] = p.hub.newToken(p.t, a)
	}
	token, ok := p.tokens[name]
	if !ok {
		return value // a client may well send "<"
	}
	return value[:start] + token + value[end:]
}

// setHeader sets a header, or keeps it from being sent.
func setHeader(h http.Header, name, value string) {
	switch {
	case value != "":
		h.Set(name, value)
	case name == "User-Agent":
		h.Set(name, "") // deleted, it would be Go's own
	default:
		h.Del(name)
	}
}

// shownHeaders are those that SCIM clients read.
var shownHeaders = []string{"Content-Type", "Content-Encoding", "Location", "ETag", "Allow", "WWW-Authenticate", "Retry-After"}

func (p *goldenPlayer) show(resp *http.Response, body []byte) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "%d\n", resp.StatusCode)
	for _, name := range shownHeaders {
		if v := resp.Header.Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	if resp.Header.Get("Content-Encoding") == "gzip" {
		body = p.unzip(body)
	}
	if len(body) > 0 {
		fmt.Fprintf(&out, "\n%s\n", indent(body))
	}
	return out.Bytes()
}

func (p *goldenPlayer) unzip(body []byte) []byte {
	p.t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		p.t.Fatal(err)
	}
	return plain
}

// indent gives JSON indented, and anything else as it is.
func indent(body []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return body
	}
	return out.Bytes()
}

var (
	idPattern      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	timePattern    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`)
	requestPattern = regexp.MustCompile(`request id [0-9A-Za-z_-]+`)
)

// hide replaces what differs from run to run.
func (p *goldenPlayer) hide(data []byte) []byte {
	data = idPattern.ReplaceAllFunc(data, func(id []byte) []byte { return []byte(p.placeholder(string(id))) })
	data = timePattern.ReplaceAll(data, []byte("<time>"))
	return requestPattern.ReplaceAll(data, []byte("request id <request-id>"))
}

func (p *goldenPlayer) placeholder(id string) string {
	for i := range p.ids {
		if p.ids[i] == id {
			return fmt.Sprintf("<id-%d>", i+1)
		}
	}
	p.ids = append(p.ids, id)
	return fmt.Sprintf("<id-%d>", len(p.ids))
}

// restore puts the ids back in.
func (p *goldenPlayer) restore(data []byte) []byte {
	for i, id := range slices.Backward(p.ids) {
		data = bytes.ReplaceAll(data, fmt.Appendf(nil, "<id-%d>", i+1), []byte(id))
	}
	return data
}

// newEvents gives the events since the last call, a line each.
func (p *goldenPlayer) newEvents() string {
	p.t.Helper()
	all := p.hub.events(p.t)
	var out strings.Builder
	for _, e := range all[p.events:] {
		fmt.Fprintf(&out, "%s %s", e.Type, e.ResourceID)
		for _, name := range []string{"changed_fields", "added_members", "removed_members"} {
			if v, ok := e.Data[name]; ok {
				fmt.Fprintf(&out, " %s=%v", name, v)
			}
		}
		fmt.Fprintln(&out)
	}
	p.events = len(all)
	return out.String()
}
