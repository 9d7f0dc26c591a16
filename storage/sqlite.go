package storage

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/scimhub/scimhub/migrations"
)

// sqlite is a SQLite database. SQLite lets one transaction write at a time, so
// there is one connection for writing: transactions queue for it in order,
// rather than contend for the lock of the file. Others read meanwhile (WAL).
type sqlite struct {
	sqliteDialect
	reader, writer       *gorm.DB
	readerSQL, writerSQL *sql.DB
}

// Settings of every connection. Synchronous is FULL so that a commit survives
// the loss of power, not only the end of the process: an identity provider
// does not send again what was accepted.
const sqliteSettings = "_busy_timeout=5000&_foreign_keys=1&_journal_mode=WAL&_synchronous=FULL"

func openSQLite(ctx context.Context, path string, readers int) (*sqlite, error) {
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	file := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	s := &sqlite{}
	var err error
	if s.writer, s.writerSQL, err = openPool(file+"?"+sqliteSettings+"&_txlock=immediate", 1); err != nil {
		return nil, err
	}
	if err = s.writerSQL.PingContext(ctx); err == nil {
		s.reader, s.readerSQL, err = openPool(file+"?"+sqliteSettings+"&_query_only=1", readers)
	}
	if err != nil {
		return nil, errors.Join(err, s.writerSQL.Close())
	}
	return s, nil
}

// createPrivate makes the file where there is none, so that none but its owner
// can read it. SQLite gives its companion files the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's
	if err != nil {
		return err
	}
	return f.Close()
}

func openPool(dsn string, connections int) (*gorm.DB, *sql.DB, error) {
	connector, err := sqlitedriver.NewConnector(dsn)
	if err != nil {
		return nil, nil, err
	}
	pool := sql.OpenDB(cachingConnector{connector})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	db, err := gorm.Open(sqliteDialector{pool}, gormConfig())
	if err != nil {
		return nil, nil, errors.Join(err, pool.Close())
	}
	return db, pool, nil
}

func (s *sqlite) read(ctx context.Context) *gorm.DB { return s.reader.WithContext(ctx) }

func (s *sqlite) close() error { return errors.Join(s.readerSQL.Close(), s.writerSQL.Close()) }

func (s *sqlite) transact(ctx context.Context, fn func(session) error) error {
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return fn(&sqliteSession{engine: s, tx: tx})
	})
}

func (s *sqlite) listen(ctx context.Context, _ string, _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

func (s *sqlite) migrator() (*goose.Provider, error) {
	files, err := migrations.SQLite()
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, s.writerSQL, files)
}

// judge goes by the extended result codes (https://www.sqlite.org/rescode.html).
func (s *sqlite) judge(err error) verdict {
	e, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return unknown
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE: // a primary key has a code of its own
		return duplicate
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return dangling
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY:
		return transient
	case sqlite3.SQLITE_CANTOPEN:
		return unreachable
	}
	return unknown
}

// sqliteSession is an open transaction. It is the only one that writes.
type sqliteSession struct {
	engine *sqlite
	tx     *gorm.DB
}

func (s *sqliteSession) query(ctx context.Context) *gorm.DB { return s.tx.WithContext(ctx) }

func (s *sqliteSession) lock(context.Context, int64) error { return nil }

func (s *sqliteSession) notify(context.Context, string, string) error { return nil }

func (s *sqliteSession) execute(ctx context.Context, list []statement) error {
	for _, st := range list {
		result := s.tx.WithContext(ctx).Exec(st.sql, st.args...)
		if err := st.outcome(s.engine, result.RowsAffected, result.Error); err != nil {
			return err
		}
	}
	return nil
}
