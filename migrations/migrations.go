// Package migrations holds the database schema as numbered SQL files for goose,
// one folder for each engine. A change of the schema is a new pair of files
// with the same number and name; files that were released are never edited.
//
// There are no "down" migrations: a schema is taken back by restoring the
// backup that was made before the upgrade.
//
// The package knows nothing of what the tables are used for.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql
var postgres embed.FS

//go:embed sqlite/*.sql
var sqlite embed.FS

// Postgres gives the migrations for PostgreSQL.
func Postgres() (fs.FS, error) { return fs.Sub(postgres, "postgres") }

// SQLite gives the migrations for SQLite.
func SQLite() (fs.FS, error) { return fs.Sub(sqlite, "sqlite") }
