package storage

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5/stdlib"
)

// tenantConnector makes connections that follow the organization of the context.
type tenantConnector struct{ driver.Connector }

// Connect opens a connection, which works for no organization yet.
func (c tenantConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pg, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("the PostgreSQL driver gave a %T", conn)
	}
	return &tenantConn{Conn: pg}, nil
}

// tenantConn tells the server which organization each statement works for
// before it runs: row-level security goes by that. It costs a round trip only
// when the connection worked for another organization before. The hooks that
// the driver has for this would not do: database/sql opens some connections
// under a context of its own.
type tenantConn struct {
	*stdlib.Conn
	tenant string // that the session is set to
}

const setTenant = "SELECT set_config('scimhub.organization_id', $1, false)"

// follow sets the session to the organization of the context. It never changes
// inside a transaction, where the setting would be lost with a rollback.
func (c *tenantConn) follow(ctx context.Context) error {
	tenant := tenantOf(ctx)
	if tenant == c.tenant {
		return nil
	}
	pg := c.Conn.Conn()
	switch {
	case pg.IsClosed():
		return driver.ErrBadConn
	case pg.PgConn().TxStatus() != 'I':
		return fmt.Errorf("a transaction of organization %q was used for %q", c.tenant, tenant)
	}
	if _, err := pg.Exec(ctx, setTenant, tenant); err != nil {
		if pg.IsClosed() {
			return driver.ErrBadConn // nothing was done yet: another connection may do
		}
		return fmt.Errorf("set the organization of the session: %w", err)
	}
	c.tenant = tenant
	return nil
}

// QueryContext implements driver.QueryerContext.
func (c *tenantConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.follow(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// ExecContext implements driver.ExecerContext.
func (c *tenantConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.follow(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, args)
}

// BeginTx implements driver.ConnBeginTx.
func (c *tenantConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.follow(ctx); err != nil {
		return nil, err
	}
	return c.Conn.BeginTx(ctx, opts)
}

// PrepareContext implements driver.ConnPrepareContext. It refuses: a prepared
// statement would run without regard to the context's organization.
func (c *tenantConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, fmt.Errorf("prepared statements of database/sql can't follow the organization; pgx prepares by itself")
}
