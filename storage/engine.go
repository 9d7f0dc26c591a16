package storage

import (
	"context"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

// engine is a kind of database, with open connections to one.
type engine interface {
	dialect

	// read gives a handle for statements that change nothing. A context's
	// organization counts: see withTenant.
	read(ctx context.Context) *gorm.DB

	// transact runs fn in a transaction, which is committed when fn returns nil.
	transact(ctx context.Context, fn func(session) error) error

	// judge says what an error of the database means, by its code.
	judge(err error) verdict

	// listen calls fn with each text that is sent on a channel, and with "" when
	// some may have been missed, until the context is done. It gives the error
	// that ends a connection.
	listen(ctx context.Context, channel string, fn func(text string)) error

	migrator() (*goose.Provider, error)
	close() error
}

// session is an open transaction.
type session interface {
	// query gives a handle for statements of the transaction.
	query(ctx context.Context) *gorm.DB

	// execute runs statements in order, up to the first that fails.
	execute(ctx context.Context, list []statement) error

	// lock waits until no other transaction holds the lock of that number, and
	// holds it until the transaction ends.
	lock(ctx context.Context, number int64) error

	// notify sends a text to all that listen on a channel, once the transaction
	// commits. Where a database has one process, there is nobody to tell.
	notify(ctx context.Context, channel, text string) error
}

// verdict is what an error means.
type verdict int

const (
	unknown     verdict = iota
	duplicate           // a unique index other than the primary key has the value already
	dangling            // a foreign key names nothing
	transient           // the same transaction may succeed when it is run again
	unreachable         // there is no connection to the database
)

// dialect is the SQL that engines write differently.
type dialect interface {
	forUpdate() string // ends a SELECT: others may not lock or change the rows
	forShare() string  // ends a SELECT: others may not change the rows
	clock() string     // the time by the clock of the database, in microseconds

	// contains and endsWith compare a text with a value.
	contains(text fragment, value string) fragment
	endsWith(text fragment, value string) fragment

	// values is a query of one column, given a JSON array of strings.
	values() string
	// records is the source v of a query, given a JSON array of arrays; field
	// is one element of the inner arrays as text, or NULL.
	records() string
	field(i int) string
	boolean() string // the type of truth values, for CAST of 0 and 1

	// objects aggregates rows to a JSON array of objects; members are names and
	// expressions in turn.
	objects(order string, members ...string) string

	// jsonText is the string at a path of a JSON column, jsonExists whether
	// there is anything.
	jsonText(column string, path []string) fragment
	jsonExists(column string, path []string) fragment
	// elements is the source e of a query: the elements of an array at a path.
	elements(column string, path []string) fragment
	// elementText is the string at a path of an element, or with an empty path
	// the element itself; elementExists is whether there is anything.
	elementText(path []string) fragment
	elementExists(path []string) fragment
	elementOrder() string // the place of an element in its array
}
