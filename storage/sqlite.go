package storage

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	sqlitedriver "github.com/glebarez/go-sqlite"
	gormsqlite "github.com/glebarez/sqlite"
	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
	sqlitecode "modernc.org/sqlite/lib"

	"github.com/scimhub/scimhub/migrations"
)

// sqliteEngine keeps everything in one file, with one writer at a time and any
// number of readers (write-ahead log).
type sqliteEngine struct{ sqliteDialect }

func (*sqliteEngine) open(_ context.Context, cfg Config) (read, write *gorm.DB, err error) {
	path := strings.TrimPrefix(cfg.DSN, "sqlite:")
	if err := createPrivate(path); err != nil {
		return nil, nil, err
	}
	if write, err = openSQLite(path, 1, "immediate"); err != nil {
		return nil, nil, err
	}
	if read, err = openSQLite(path, cfg.MaxConns, "deferred"); err != nil {
		return nil, nil, err
	}
	return read, write, nil
}

// createPrivate makes the file readable by its owner alone, before SQLite makes
// it readable by all.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	return f.Close()
}

func openSQLite(path string, conns int, lock string) (*gorm.DB, error) {
	query := url.Values{
		"_txlock": {lock},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "temp_store(MEMORY)"},
	}
	config := gormConfig()
	config.PrepareStmt = true
	db, err := gorm.Open(gormsqlite.Open("file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode()), config)
	if err != nil {
		return nil, fmt.Errorf("open the SQLite database: %w", err)
	}
	_, err = pool(db, conns)
	return db, err
}

// onConn needs no particular connection: SQLite has no row-level security.
func (*sqliteEngine) onConn(ctx context.Context, db *gorm.DB, _ string, fn func(*gorm.DB) error) error {
	return fn(db.WithContext(ctx))
}

func (*sqliteEngine) classify(err error) errorClass {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return unclassified
	}
	switch e.Code() {
	case sqlitecode.SQLITE_CONSTRAINT_UNIQUE, sqlitecode.SQLITE_CONSTRAINT_PRIMARYKEY:
		return duplicate
	}
	switch e.Code() & 0xff { // the primary code, below what extends it
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED:
		return retryable
	case sqlitecode.SQLITE_IOERR, sqlitecode.SQLITE_CANTOPEN, sqlitecode.SQLITE_FULL:
		return unreachable
	}
	return unclassified
}

func (*sqliteEngine) migrations() (migrationSet, error) {
	files, err := migrations.SQLite()
	return migrationSet{dialect: goose.DialectSQLite3, files: files}, err
}
