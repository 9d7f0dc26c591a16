package storage_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
)

func TestOpenRefuses(t *testing.T) {
	registry, err := schema.NewRegistry(schema.Definitions{})
	must(t, err)
	full := storage.Config{Registry: registry, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	tests := []struct{ dsn, want string }{
		{"", "sqlite:PATH or postgres://"},
		{"mysql://root:secret@host/db", `"mysql:"`},
		{"scimhub.db", "without a colon"},
		{"sqlite:", "needs a file"},
		{"sqlite::memory:", "needs a file"},
		{"sqlite:" + t.TempDir() + "/no/such/dir/scimhub.db", "no such file"},
		{"postgres://u:secret@127.0.0.1:1/db", "connect"},
		{"postgres://u:secret@host:port/db", "open database"},
	}
	for _, tt := range tests {
		cfg := full
		cfg.DSN = tt.dsn
		_, err := storage.Open(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, want %q", tt.dsn, err, tt.want)
		}
	}
	if _, err := storage.Open(t.Context(), storage.Config{DSN: "x:", MaxConnections: -1}); err == nil ||
		!strings.Contains(err.Error(), "Registry") || !strings.Contains(err.Error(), "-1") || !strings.Contains(err.Error(), `"x:"`) {
		t.Errorf("not all faults are reported: %v", err)
	}
}
