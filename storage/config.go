package storage

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// Config is what a Store is made of. DSN, Registry, Now and Logger are needed.
type Config struct {
	// DSN names the database: "sqlite:PATH" or "postgres://…".
	DSN string

	Registry *schema.Registry // the resource types that filters are compiled for
	BaseURL  string           // of the SCIM API, as in meta.location, without a slash at the end
	Now      func() time.Time
	Logger   *slog.Logger

	// EncryptionKey seals secrets: KeySize bytes. Without it nothing that is
	// sealed can be written or read.
	EncryptionKey []byte

	// Committed, if set, is called after each commit that wrote events. It must
	// not block.
	Committed func()

	// MaxConnections is how many connections are open at the most: on
	// PostgreSQL in all (default 20), on SQLite for reading (default 4, or one
	// for each processor if there are more). SQLite has one more for writing.
	MaxConnections int
}

// withDefaults checks the configuration and fills in what was left out.
func (c Config) withDefaults() (Config, error) {
	var faults []error
	if c.Registry == nil || c.Now == nil || c.Logger == nil {
		faults = append(faults, errors.New("one of Registry, Now and Logger is missing"))
	}
	if c.MaxConnections < 0 {
		faults = append(faults, fmt.Errorf("%d connections at the most", c.MaxConnections))
	}
	switch path, sqlite := c.sqlitePath(); {
	case sqlite && (path == "" || strings.HasPrefix(path, ":memory:")):
		faults = append(faults, errors.New("a SQLite database needs a file, as in sqlite:scimhub.db"))
	case sqlite:
		c.MaxConnections = cmp.Or(c.MaxConnections, max(4, runtime.GOMAXPROCS(0)))
	case c.isPostgres():
		c.MaxConnections = cmp.Or(c.MaxConnections, 20)
	default:
		faults = append(faults, fmt.Errorf("the database is named by sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME, not by %s", scheme(c.DSN)))
	}
	return c, errors.Join(faults...)
}

func (c Config) sqlitePath() (string, bool) { return strings.CutPrefix(c.DSN, "sqlite:") }

func (c Config) isPostgres() bool {
	return strings.HasPrefix(c.DSN, "postgres://") || strings.HasPrefix(c.DSN, "postgresql://")
}

// scheme gives of a DSN what holds no secret.
func scheme(dsn string) string {
	if s, _, ok := strings.Cut(dsn, ":"); ok {
		return fmt.Sprintf("%q…", s+":")
	}
	return "a text without a colon"
}
