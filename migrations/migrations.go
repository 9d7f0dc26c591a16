// Package migrations holds the SQL that makes and changes the tables, for each
// engine in a folder of its own under the same numbers. Package storage runs
// them with goose.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres gives the migrations for PostgreSQL.
func Postgres() (fs.FS, error) { return fs.Sub(files, "postgres") }

// SQLite gives the migrations for SQLite.
func SQLite() (fs.FS, error) { return fs.Sub(files, "sqlite") }
