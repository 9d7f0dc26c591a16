package inbound_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// FuzzMessages cuts and reads any body as every kind of source would: nothing
// panics, errors are faults of the right kinds, and what is to be changed is
// always named.
func FuzzMessages(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(section(archive, "body.json"))
	}
	vendors := inbound.NewVendors(inbound.VendorConfig{Client: http.DefaultClient, Now: receivedAt})
	header := http.Header{"Ory-Polis-Signature": {"t=1794325349123,s=5f2c"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		for kind, v := range vendors {
			checkSound(t, kind, v, posted(kind, header, body))
			checkSound(t, kind, v, inbound.Request{Header: header, Body: body, At: receivedAt()})
		}
	})
}

// checkSound checks what holds for every request.
func checkSound(t *testing.T, kind inbound.Kind, v inbound.Vendor, r inbound.Request) {
	t.Helper()
	s := inbound.Source{Kind: kind}
	messages, err := v.Messages(s, r)
	if err != nil && !fault.Is(err, fault.InvalidSyntax) {
		t.Errorf("%s: Messages: %v", kind, err)
	}
	seen := map[string]bool{}
	for _, m := range messages {
		if m.UpstreamID == "" || m.Type == "" || m.OccurredAt.IsZero() || len(m.Body) == 0 {
			t.Errorf("%s: a message lacks something: %+v", kind, m)
		}
		seen[m.UpstreamID] = true
		c, err := v.Read(s, m)
		if err != nil {
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.InvalidValue {
				t.Errorf("%s: Read: %v", kind, err)
			}
			continue
		}
		checkNamed(t, kind, c)
	}
	if kind == inbound.KindPolis && len(seen) != len(messages) {
		t.Errorf("%d messages of one body have %d ids", len(messages), len(seen))
	}
}

// checkNamed checks that a change says what it changes.
func checkNamed(t *testing.T, kind inbound.Kind, c inbound.Change) {
	t.Helper()
	switch c.Action {
	case inbound.Ignore:
		if c.Note == "" {
			t.Errorf("%s: a message is ignored without a word", kind)
		}
	case inbound.Upsert, inbound.Delete, inbound.Members, inbound.Fetch:
		if c.Object.Type == "" || c.Object.ID == "" {
			t.Errorf("%s: a change of nothing: %+v", kind, c)
		}
		if ids := slices.Concat(c.Add, c.Remove, c.MemberIDs); slices.Contains(ids, "") {
			t.Errorf("%s: a member without an id: %+v", kind, c)
		}
	}
	for _, g := range c.Groups {
		if g.ID == "" {
			t.Errorf("%s: a group without an id: %+v", kind, c)
		}
	}
}
