package storage

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/scimhub/scimhub/migrations"
)

// postgres is a PostgreSQL database.
//
// A pooler between the hub and the server, such as PgBouncer, must pool by
// session: the hub keeps the organization in a setting of the session, and
// prepared statements.
type postgres struct {
	postgresDialect
	config *pgx.ConnConfig
	db     *gorm.DB
	sql    *sql.DB
}

func openPostgres(ctx context.Context, c Config) (*postgres, error) {
	cfg, err := pgx.ParseConfig(c.DSN)
	if err != nil {
		return nil, err // pgx leaves the password out
	}
	cfg.RuntimeParams["application_name"] = cmp.Or(cfg.RuntimeParams["application_name"], "scimhub")
	pool := sql.OpenDB(tenantConnector{stdlib.GetConnector(*cfg)})
	pool.SetMaxOpenConns(c.MaxConnections)
	pool.SetMaxIdleConns(c.MaxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	db, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: pool}), gormConfig())
	p := &postgres{config: cfg, db: db, sql: pool}
	if err == nil {
		err = p.checkFence(ctx, c.Logger)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return p, nil
}

// checkFence warns of a role that row-level security does not apply to. The hub
// works as well with it, so nobody would notice that the second fence between
// organizations is missing.
func (p *postgres) checkFence(ctx context.Context, log *slog.Logger) error {
	var passes bool
	err := p.sql.QueryRowContext(ctx, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").Scan(&passes)
	if passes {
		log.WarnContext(ctx, "row-level security has no effect: the database role is a superuser or has BYPASSRLS; use another")
	}
	return err
}

// gormConfig leaves preparing statements to the connections: pgx does it by
// itself, and for SQLite there is statementCache. Errors are returned, so there
// is nothing for gorm to log.
func gormConfig() *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, DisableAutomaticPing: true, Logger: logger.Discard}
}

func (p *postgres) read(ctx context.Context) *gorm.DB { return p.db.WithContext(ctx) }

func (p *postgres) close() error { return p.sql.Close() }

func (p *postgres) transact(ctx context.Context, fn func(session) error) error {
	return p.db.WithContext(ctx).Connection(func(db *gorm.DB) error {
		conn, ok := db.Statement.ConnPool.(*sql.Conn)
		if !ok {
			return fmt.Errorf("gorm gave a %T for a connection", db.Statement.ConnPool)
		}
		return db.Transaction(func(tx *gorm.DB) error {
			return fn(&postgresSession{engine: p, tx: tx, conn: conn})
		})
	})
}

// listen has a connection of its own, outside the pool.
func (p *postgres) listen(ctx context.Context, channel string, fn func(text string)) error {
	conn, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost with it
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	fn("") // for what was sent before
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		fn(n.Payload)
	}
}

func (p *postgres) migrator() (*goose.Provider, error) {
	files, err := migrations.Postgres()
	if err != nil {
		return nil, err
	}
	// Of several replicas that start at once one migrates and the others wait:
	// they look again each second, for ten minutes.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, p.sql, files, goose.WithSessionLocker(locker))
}

// judge goes by SQLSTATE (PostgreSQL documentation, appendix A).
func (p *postgres) judge(err error) verdict {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return judgeSQLState(pgErr)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unreachable
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return unreachable
	}
	for _, lost := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, lost) {
			return unreachable
		}
	}
	return unknown
}

func judgeSQLState(err *pgconn.PgError) verdict {
	switch err.Code {
	case "23505": // unique_violation
		if strings.HasSuffix(err.ConstraintName, "_pkey") {
			return unknown
		}
		return duplicate
	case "23503": // foreign_key_violation
		return dangling
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return transient
	case "57P01", "57P02", "57P03", // admin_shutdown, crash_shutdown, cannot_connect_now
		"53300", // too_many_connections
		"25006": // read_only_sql_transaction: a standby, after a failover
		return unreachable
	}
	if strings.HasPrefix(err.Code, "08") { // connection exceptions
		return unreachable
	}
	return unknown
}
