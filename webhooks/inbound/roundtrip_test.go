package inbound_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// feeds gives the kind of source that understands each of the hub's formats.
func feeds() map[webhooks.Format]inbound.Kind {
	return map[webhooks.Format]inbound.Kind{
		webhooks.FormatScimhub:  inbound.KindStandard,
		webhooks.FormatScalekit: inbound.KindScalekit,
		webhooks.FormatFirstup:  inbound.KindFirstup,
		webhooks.FormatSET:      inbound.KindSET,
	}
}

// TestHubsUnderstandEachOther reads what the hub posts, in every format, as what
// a source of the kind posted.
func TestHubsUnderstandEachOther(t *testing.T) {
	files, err := filepath.Glob("../testdata/format/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := sentEvent(t, archive)
		for format, kind := range feeds() {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+string(format), func(t *testing.T) {
				c := understand(t, kind, section(archive, string(format)+".json"))
				if c.Action != e.wants(kind) {
					t.Fatalf("it is read as %+v, want action %d", c, e.wants(kind))
				}
				if c.Action != inbound.Ignore && c.Object != e.object() {
					t.Errorf("it is about %v, want %v", c.Object, e.object())
				}
				checkMeaning(t, registry, e, c)
			})
		}
	}
}

// sent is an event of the hub.
type sent struct {
	Type event.Type `json:"type"`
	Data struct {
		UserID         string          `json:"user_id"`
		GroupID        string          `json:"group_id"`
		AddedMembers   []string        `json:"added_members"`
		RemovedMembers []string        `json:"removed_members"`
		Resource       json.RawMessage `json:"resource"`
	} `json:"data"`
}

func sentEvent(t *testing.T, archive *txtar.Archive) sent {
	t.Helper()
	var e sent
	if err := json.Unmarshal(section(archive, "scimhub.json"), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// understand gives what a body means to a source of a kind.
func understand(t *testing.T, kind inbound.Kind, body []byte) inbound.Change {
	t.Helper()
	v, s := vendorOf(t, kind), inbound.Source{Kind: kind}
	messages, err := v.Messages(s, posted(kind, nil, body))
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	if messages[0].OccurredAt.Unix() != receivedAt().Unix()-1 {
		t.Errorf("it happened at %v", messages[0].OccurredAt)
	}
	c, err := v.Read(s, messages[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (e sent) object() inbound.Object {
	if e.Data.UserID != "" {
		return inbound.Object{Type: schema.User, ID: e.Data.UserID}
	}
	return inbound.Object{Type: schema.Group, ID: e.Data.GroupID}
}

// wants gives the action that the event asks for of a source of a kind.
func (e sent) wants(kind inbound.Kind) inbound.Action {
	large := e.Data.Resource == nil && kind != inbound.KindScalekit // which has its main fields in any case
	switch {
	case e.Data.UserID == "" && e.Data.GroupID == "":
		return inbound.Ignore
	case kind == inbound.KindFirstup:
		return inbound.Fetch
	}
	switch e.Type {
	case event.UserOffboarded, event.UserDeleted, event.GroupDeleted:
		return inbound.Delete
	case event.GroupMembershipUpdated:
		return inbound.Members
	case event.UserDeactivated, event.UserReactivated:
		return inbound.Upsert
	default:
		if large {
			return inbound.Fetch
		}
		return inbound.Upsert
	}
}

// checkMeaning compares a change with the event.
func checkMeaning(t *testing.T, registry *schema.Registry, e sent, c inbound.Change) {
	t.Helper()
	switch c.Action {
	case inbound.Members:
		if !slices.Equal(c.Add, e.Data.AddedMembers) || !slices.Equal(c.Remove, e.Data.RemovedMembers) {
			t.Errorf("members come %v and go %v", c.Add, c.Remove)
		}
	case inbound.Upsert:
		checkAttributes(t, registry.Type(c.Object.Type), e, c)
	case inbound.Ignore, inbound.Delete, inbound.Fetch:
	}
}

// checkAttributes checks that attributes are accepted, and that those which
// survive every format are what the resource has.
func checkAttributes(t *testing.T, typ *schema.ResourceType, e sent, c inbound.Change) {
	t.Helper()
	got, err := document.Normalize(typ, c.Attributes)
	if err != nil {
		t.Fatal(err)
	}
	want := document.Object{}
	if e.Data.Resource != nil {
		if want, err = document.Decode(e.Data.Resource); err != nil {
			t.Fatal(err)
		}
	}
	switched := e.Type == event.UserDeactivated || e.Type == event.UserReactivated
	if switched {
		want["active"] = e.Type == event.UserReactivated
	}
	for _, name := range []string{"userName", "active", "title", "nickName"} {
		if v, ok := got[name]; ok && want[name] != nil && !document.Equal(v, want[name]) {
			t.Errorf("%s is %v, want %v", name, v, want[name])
		}
	}
	if e.Type == event.UserDeactivated && got["active"] != false {
		t.Errorf("active is %v after a deactivation", got["active"])
	}
	if c.Whole && !switched {
		checkWhole(t, typ, got, want)
	}
}

// checkWhole checks that nothing of a resource was lost.
func checkWhole(t *testing.T, typ *schema.ResourceType, got, want document.Object) {
	t.Helper()
	want, err := document.Normalize(typ, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "externalId", "meta"} {
		delete(want, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the resource (-sent +understood):\n%s", diff)
	}
}
