package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// TestKillAppliesEachMessageOnce kills the hub, three times over, while a vendor
// posts and the hub applies. Every message that was accepted is applied, and
// none twice: a user has as many events as messages were applied to it.
func TestKillAppliesEachMessageOnce(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			dsn, token := e.dsn(t), access.NewSecret()
			hub := startProcess(t, dsn, token)
			h := &testHub{app: &app{store: openBeside(t, dsn)}, db: openDatabase(t, e, dsn)}
			src := h.addSource(t)
			v := newVendorWorld("", src.Credentials.Secrets[0])
			for i := range 100 {
				id := fmt.Sprintf("diruser_%d", i)
				for j := range 4 {
					v.users[id] = fmt.Sprint("Given", j)
					v.tell(map[bool]string{true: "user_created", false: "user_updated"}[j == 0], "DirectoryUser", v.user(id))
				}
			}
			for round := range 4 {
				v.url = strings.TrimSuffix(hub.baseURL, scimPath) + "/webhooks/scalekit"
				v.postUntil(t, (round+1)*len(v.messages)/4)
				if round < 3 {
					must(t, hub.cmd.Process.Kill())
					hub.wait(t)
					hub = startProcess(t, dsn, token)
				}
			}
			h.settled(t, src)
			h.checkAppliedOnce(t, src, len(v.messages))
		})
	}
}

// openBeside opens the database of a running hub.
func openBeside(t *testing.T, dsn string) *storage.Store {
	t.Helper()
	registry, err := readRegistry("")
	must(t, err)
	key, err := decodeKey(testKey)
	must(t, err)
	settings := defaultConfig()
	settings.Database, settings.Logger = dsn, slog.New(slog.DiscardHandler)
	cfg := storeConfig(settings, registry)
	cfg.EncryptionKey = key
	store, err := storage.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// postUntil posts all messages up to the n-th, from several connections, those
// that were posted before too. Some find no hub.
func (v *vendorWorld) postUntil(t *testing.T, n int) {
	t.Helper()
	for _, m := range v.messages[:n] {
		for end := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
			status, err := v.post(m)
			if err == nil && (status == 200 || status == 202) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("the hub doesn't take the message: %d, %v", status, err)
			}
		}
	}
}

// checkAppliedOnce compares messages with the events that they caused.
func (h *testHub) checkAppliedOnce(t *testing.T, src inbound.Source, sent int) {
	t.Helper()
	list, err := h.store.Inbound(src.OrganizationID).Messages(t.Context(), inbound.MessageQuery{SourceID: src.ID, Limit: 10 * sent})
	must(t, err)
	if len(list) != sent {
		t.Errorf("%d messages were kept of %d", len(list), sent)
	}
	applied := map[string]int{}
	for _, m := range list {
		if m.Status != inbound.Applied {
			t.Errorf("%s of %s is %s: %s", m.Type, m.Object.ID, m.Status, m.Detail)
		}
		applied[m.ResourceID]++
	}
	for _, e := range h.events(t) {
		applied[e.ResourceID]--
	}
	for id, n := range applied {
		if n != 0 {
			t.Errorf("user %s: %d more messages than events", id, n)
		}
	}
}
