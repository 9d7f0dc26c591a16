package webhooks_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/webhooks"
)

// input is the section of a golden file that has the event as it is stored,
// which is what format scimhub posts.
const input = string(webhooks.FormatScimhub) + ".json"

// TestFormatGolden renders the event in each file of testdata/format in every
// format and compares with the section named after it; of tokens, their claims.
// The name of a file is that of the event's type, and of a case if there are
// several. UPDATE_GOLDEN=1 rewrites the results.
func TestFormatGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	keys := webhooks.NewKeys(&keyStore{})
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			typ, payload := storedEvent(t, archive)
			seen[typ] = true
			if name != typ && !strings.HasPrefix(name, typ+".") {
				t.Errorf("it has an event of type %s", typ)
			}
			compareGolden(t, file, archive, inAllFormats(t, keys, archive, payload))
		})
	}
	for _, typ := range event.Types() {
		if !seen[string(typ)] {
			t.Errorf("testdata/format has no event of type %s", typ)
		}
	}
}

// inAllFormats gives an archive with what its event is in each format.
func inAllFormats(t *testing.T, keys *webhooks.Keys, archive *txtar.Archive, payload []byte) *txtar.Archive {
	t.Helper()
	got := &txtar.Archive{Comment: archive.Comment}
	for _, format := range webhooks.Formats() {
		m := render(t, keys, format, payload)
		contentType, content := "application/json", m.Body
		if format == webhooks.FormatSET {
			contentType, content = "application/secevent+jwt", claims(t, keys, m.Body)
		}
		if m.ContentType != contentType {
			t.Errorf("%s: content type %q", format, m.ContentType)
		}
		if format == webhooks.FormatScimhub && !bytes.Equal(content, payload) {
			t.Errorf("%s: the payload was changed to %s", format, content)
		}
		got.Files = append(got.Files, txtar.File{Name: string(format) + ".json", Data: indent(t, content)})
	}
	return got
}

func compareGolden(t *testing.T, file string, want, got *txtar.Archive) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, txtar.Format(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(txtar.Format(want)), string(txtar.Format(got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", strings.TrimSpace(string(want.Comment)), diff)
	}
}

// TestFirstupIsAsDocumented compares with the two payloads that Firstup's guide
// shows.
func TestFirstupIsAsDocumented(t *testing.T) {
	tests := map[string]string{
		`{"id":"evt_1","type":"user.updated","timestamp":"2025-11-10T15:42:30.999999Z",` +
			`"data":{"user_id":"u_987","user_name":"a","external_id":null,"resource_version":2,"changed_fields":["email","role"],"resource":{}}}`: `{"event":"user.updated","timestamp":"2025-11-10T15:42:30Z","data":{"user_id":"u_987","changed_fields":["email","role"]}}`,
		`{"id":"evt_2","type":"user.deactivated","timestamp":"2025-11-11T08:00:00.000000Z",` +
			`"data":{"user_id":"u_654","user_name":"b","external_id":"x","resource_version":3}}`: `{"event":"user.deactivated","timestamp":"2025-11-11T08:00:00Z","data":{"user_id":"u_654"}}`,
	}
	for payload, want := range tests {
		if got := render(t, nil, webhooks.FormatFirstup, []byte(payload)); string(got.Body) != want {
			t.Errorf("%s\nwant %s", got.Body, want)
		}
	}
}

// TestTokensSayTheSameAgain renders one event twice, as a retry does.
func TestTokensSayTheSameAgain(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/format/user.updated.txtar")
	if err != nil {
		t.Fatal(err)
	}
	keys := webhooks.NewKeys(&keyStore{})
	_, payload := storedEvent(t, archive)
	first, second := render(t, keys, webhooks.FormatSET, payload), render(t, keys, webhooks.FormatSET, payload)
	if diff := cmp.Diff(string(claims(t, keys, first.Body)), string(claims(t, keys, second.Body))); diff != "" {
		t.Errorf("claims of the first and the second (-first +second):\n%s", diff)
	}
}

func TestRenderRefusesWhatItCannotRead(t *testing.T) {
	tests := map[webhooks.Format]string{
		webhooks.FormatFirstup:  `{"type":`,
		webhooks.FormatScalekit: `{"type":"user.created","data":{"user_id":"1","resource":{"emails":"none"}}}`,
		webhooks.FormatSET:      `{"type":"group.updated","data":{"group_id":"1","resource":[]}}`,
		"xml":                   `{}`,
	}
	for format, payload := range tests {
		r := webhooks.NewRenderer(webhooks.RendererConfig{Keys: webhooks.NewKeys(&keyStore{})})
		m, err := r.Render(t.Context(), webhooks.Subscription{Format: format}, "evt_1", []byte(payload))
		if err == nil || !strings.Contains(err.Error(), "evt_1") {
			t.Errorf("%s: %s, %v, want an error that names the event", format, m.Body, err)
		}
	}
}

func render(t *testing.T, keys *webhooks.Keys, format webhooks.Format, payload []byte) webhooks.Message {
	t.Helper()
	r := webhooks.NewRenderer(webhooks.RendererConfig{PublicURL: "https://hub.example.com", Keys: keys})
	s := webhooks.Subscription{ID: "sub_1", URL: "https://example.com/hooks", Format: format}
	m, err := r.Render(t.Context(), s, messageID, payload)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// claims gives the claims of a token, whose signature and header it checks.
func claims(t *testing.T, keys *webhooks.Keys, token []byte) []byte {
	t.Helper()
	set := published(t, keys)
	content, err := jws.Verify(token, jws.WithKeySet(set))
	if err != nil {
		t.Fatalf("verify with the published keys: %v", err)
	}
	header := protected(t, token)
	typ, _ := header.Type()
	id, _ := header.KeyID()
	if _, known := set.LookupKeyID(id); typ != "secevent+jwt" || !known {
		t.Errorf("token has typ %q and kid %q", typ, id)
	}
	return content
}

// storedEvent gives the type and the payload of the event in a golden file.
func storedEvent(t *testing.T, archive *txtar.Archive) (typ string, payload []byte) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == input })
	if i < 0 {
		t.Fatalf("no section %s", input)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, archive.Files[i].Data); err != nil {
		t.Fatal(err)
	}
	var e struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	return e.Type, b.Bytes()
}

func indent(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), '\n')
}
