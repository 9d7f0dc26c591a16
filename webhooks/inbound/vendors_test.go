package inbound_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// receivedAt is when the requests of tests arrive.
func receivedAt() time.Time { return time.Date(2026, 11, 10, 15, 42, 31, 0, time.UTC) }

func vendorOf(t testing.TB, kind inbound.Kind) inbound.Vendor {
	t.Helper()
	v := inbound.NewVendors(inbound.VendorConfig{Client: http.DefaultClient, Now: receivedAt})[kind]
	if v == nil {
		t.Fatalf("there is no vendor of kind %s", kind)
	}
	return v
}

// TestVendorsGolden cuts the request in each file of testdata/<kind> into
// messages, reads them, and compares with wanted.json. UPDATE_GOLDEN=1 rewrites
// that.
func TestVendorsGolden(t *testing.T) {
	for kind := range inbound.NewVendors(inbound.VendorConfig{}) {
		files, err := filepath.Glob(filepath.Join("testdata", string(kind), "*.txtar"))
		if err != nil || len(files) == 0 {
			t.Errorf("kind %s has no golden files: %v", kind, err)
		}
		for _, file := range files {
			t.Run(string(kind)+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				archive, err := txtar.ParseFile(file)
				if err != nil {
					t.Fatal(err)
				}
				compareGolden(t, file, archive, readAll(t, kind, goldenRequest(t, archive)))
			})
		}
	}
}

func compareGolden(t *testing.T, file string, archive *txtar.Archive, got []byte) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "wanted.json" })
		archive.Files = append(archive.Files, txtar.File{Name: "wanted.json", Data: got})
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(section(archive, "wanted.json")), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", strings.TrimSpace(string(archive.Comment)), diff)
	}
}

func section(archive *txtar.Archive, name string) []byte {
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return archive.Files[i].Data
}

// goldenRequest gives the request in a golden file: its headers, which may be
// missing, and its body.
func goldenRequest(t *testing.T, archive *txtar.Archive) inbound.Request {
	t.Helper()
	text := append(section(archive, "headers"), '\n')
	header, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(text))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	return inbound.Request{Header: http.Header(header), Body: bytes.TrimSpace(section(archive, "body.json")), At: receivedAt()}
}

// goldenMessage is a message and what it means, as golden files show it.
type goldenMessage struct {
	UpstreamID   string          `json:"upstream_id"`
	Type         string          `json:"type"`
	Organization string          `json:"organization,omitempty"`
	Directory    string          `json:"directory,omitempty"`
	Object       string          `json:"object,omitempty"`
	OccurredAt   time.Time       `json:"occurred_at"`
	Body         json.RawMessage `json:"body,omitempty"` // where it is not that of the request
	Change       *goldenChange   `json:"change,omitempty"`
	Fault        string          `json:"fault,omitempty"`
}

type goldenChange struct {
	Action     string              `json:"action"`
	Object     string              `json:"object,omitempty"` // where it is not that of the message
	Note       string              `json:"note,omitempty"`
	Attributes document.Object     `json:"attributes,omitempty"`
	Whole      bool                `json:"whole,omitempty"`
	Record     []string            `json:"record,omitempty"` // the names of its fields
	Groups     *[]inbound.GroupRef `json:"groups,omitempty"`
	MemberIDs  *[]string           `json:"member_ids,omitempty"`
	Add        []string            `json:"add,omitempty"`
	Remove     []string            `json:"remove,omitempty"`
}

// readAll gives what golden files show of a request.
func readAll(t *testing.T, kind inbound.Kind, r inbound.Request) []byte {
	t.Helper()
	v, s := vendorOf(t, kind), inbound.Source{Kind: kind}
	messages, err := v.Messages(s, r)
	if err != nil {
		return []byte(err.Error() + "\n")
	}
	out := make([]goldenMessage, len(messages))
	for i, m := range messages {
		out[i] = golden(m, r)
		change, err := v.Read(s, m)
		if err != nil {
			out[i].Fault = err.Error()
			continue
		}
		out[i].Change = goldenOf(change, m)
	}
	return marshal(t, out)
}

func golden(m inbound.Message, r inbound.Request) goldenMessage {
	g := goldenMessage{
		UpstreamID: m.UpstreamID, Type: m.Type, Organization: m.Organization, Directory: m.Directory,
		Object: objectName(m.Object), OccurredAt: m.OccurredAt,
	}
	if !bytes.Equal(m.Body, r.Body) {
		g.Body = m.Body
	}
	return g
}

func goldenOf(c inbound.Change, m inbound.Message) *goldenChange {
	g := &goldenChange{
		Action: [...]string{"ignore", "upsert", "delete", "members", "fetch"}[c.Action],
		Note:   c.Note, Attributes: c.Attributes, Whole: c.Whole, Add: c.Add, Remove: c.Remove,
		Record: slices.Sorted(maps.Keys(c.Record)),
	}
	if c.Object != m.Object {
		g.Object = objectName(c.Object)
	}
	if c.Groups != nil {
		g.Groups = &c.Groups
	}
	if c.MemberIDs != nil {
		g.MemberIDs = &c.MemberIDs
	}
	return g
}

func objectName(o inbound.Object) string { return strings.TrimSpace(o.Type + " " + o.ID) }

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// verification is a request, and what Verify must say of it.
type verification struct {
	name    string
	header  http.Header
	body    string
	secrets []string
	at      time.Duration // after receivedAt
	want    string        // a part of the fault's detail; "": the request is the vendor's
}

// checkVerify runs a table of verifications.
func checkVerify(t *testing.T, kind inbound.Kind, tests []verification) {
	t.Helper()
	v := vendorOf(t, kind)
	for _, tt := range tests {
		s := inbound.Source{Kind: kind, Credentials: inbound.Credentials{Secrets: tt.secrets}}
		r := inbound.Request{Header: tt.header, Body: []byte(tt.body), At: receivedAt().Add(tt.at)}
		err := v.Verify(t.Context(), s, r)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want a fault with %q", tt.name, err, tt.want)
		}
		for _, secret := range tt.secrets {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the secret stands in %q", tt.name, err)
			}
		}
	}
}

// checkNoSecret checks that a source without secrets accepts nothing, which is
// its own fault, not that of who sent the message.
func checkNoSecret(t *testing.T, kind inbound.Kind, header http.Header, body string) {
	t.Helper()
	for _, live := range [][]string{nil, {""}} {
		s := inbound.Source{Kind: kind, Credentials: inbound.Credentials{Secrets: live}}
		r := inbound.Request{Header: header, Body: []byte(body), At: receivedAt()}
		if err := vendorOf(t, kind).Verify(t.Context(), s, r); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("secrets %q: %v, want an error of no kind", live, err)
		}
	}
}
