package migrations_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/migrations"
)

// TestEnginesHaveTheSameMigrations checks that every migration exists for each
// engine, so that a version number means the same schema everywhere.
func TestEnginesHaveTheSameMigrations(t *testing.T) {
	postgres, sqlite := files(t, migrations.Postgres), files(t, migrations.SQLite)
	if diff := cmp.Diff(names(t, postgres), names(t, sqlite)); diff != "" {
		t.Errorf("-postgres +sqlite:\n%s", diff)
	}
}

// TestTablesAreFenced checks that on PostgreSQL every table has row-level
// security, forced on its owner too.
func TestTablesAreFenced(t *testing.T) {
	text := contents(t, files(t, migrations.Postgres))
	tables := regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllStringSubmatch(text, -1)
	if len(tables) == 0 {
		t.Fatal("no tables found")
	}
	for _, match := range tables {
		for _, want := range []string{
			"ALTER TABLE " + match[1] + " ENABLE ROW LEVEL SECURITY",
			"ALTER TABLE " + match[1] + " FORCE ROW LEVEL SECURITY",
			"CREATE POLICY tenant ON " + match[1] + "\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no statement %q", want)
			}
		}
	}
}

func files(t *testing.T, open func() (fs.FS, error)) fs.FS {
	t.Helper()
	fsys, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func names(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	list, err := fs.Glob(fsys, "*.sql")
	if err != nil || len(list) == 0 {
		t.Fatalf("%d files, error %v", len(list), err)
	}
	return list
}

func contents(t *testing.T, fsys fs.FS) string {
	t.Helper()
	var all strings.Builder
	for _, name := range names(t, fsys) {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}
