package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// maxStatements is how many prepared statements a connection keeps. The hub has
// some dozens of its own; the rest are filters, of whatever shape.
const maxStatements = 128

// cachingConnector makes connections that keep prepared statements.
type cachingConnector struct{ driver.Connector }

// Connect opens a connection.
func (c cachingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver gave a %T", conn)
	}
	return &cachingConn{sqliteConn: full, statements: map[string]sqliteStmt{}}, nil
}

// sqliteConn and sqliteStmt are what the driver's connections and statements
// can do.
type (
	sqliteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.ExecerContext
		driver.QueryerContext
		driver.Pinger
		driver.SessionResetter
		driver.Validator
	}
	sqliteStmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
)

// cachingConn prepares a statement once and keeps it: parsing and planning cost
// SQLite more than most statements do. A connection is used by one goroutine at
// a time, and this package reads a result to its end before it runs the next
// statement, so that none is used twice at once.
type cachingConn struct {
	sqliteConn
	statements map[string]sqliteStmt
}

// prepared gives a statement, from the cache or for it.
func (c *cachingConn) prepared(ctx context.Context, query string) (sqliteStmt, error) {
	if stmt, ok := c.statements[query]; ok {
		return stmt, nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	full, ok := stmt.(sqliteStmt)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver gave a statement %T", stmt)
	}
	if err := c.makeRoom(); err != nil {
		return nil, err
	}
	c.statements[query] = full
	return full, nil
}

// makeRoom drops any one statement from a full cache. Those in use all the time
// are back at once.
func (c *cachingConn) makeRoom() error {
	if len(c.statements) < maxStatements {
		return nil
	}
	for query, stmt := range c.statements {
		delete(c.statements, query)
		return stmt.Close()
	}
	return nil
}

// QueryContext implements driver.QueryerContext.
func (c *cachingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	stmt, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args)
}

// ExecContext implements driver.ExecerContext.
func (c *cachingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args)
}

// Close implements driver.Conn.
func (c *cachingConn) Close() error {
	var faults []error
	for _, stmt := range c.statements {
		faults = append(faults, stmt.Close())
	}
	return errors.Join(append(faults, c.sqliteConn.Close())...)
}
