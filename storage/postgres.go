package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/scimhub/scimhub/migrations"
)

// postgresEngine keeps everything in a PostgreSQL database, for any number of
// hubs at once.
//
// Every connection carries in a setting the organization that it acts for, which
// row-level security reads. The setting and the prepared statements live as
// long as the session, so a pooler in between, such as PgBouncer, must pool by
// session.
type postgresEngine struct{ postgresDialect }

// organizationSetting is the name of the setting, and the key under which a
// connection remembers its value.
const organizationSetting = "scimhub.organization_id"

func (*postgresEngine) open(_ context.Context, cfg Config) (read, write *gorm.DB, err error) {
	config, err := pgx.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, nil, errors.New("the PostgreSQL URL can't be read; special characters in the password must be percent-encoded") // the cause may show the password
	}
	db, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: stdlib.OpenDB(*config)}), pgGormConfig())
	if err != nil {
		return nil, nil, fmt.Errorf("open the PostgreSQL database: %w", err)
	}
	_, err = pool(db, cfg.MaxConns)
	return db, db, err
}

func pgGormConfig() *gorm.Config {
	config := gormConfig()
	config.DisableAutomaticPing = true // Open checks, with the caller's context
	return config
}

// onConn runs fn on one connection, after telling it the organization where it
// acted for another before.
func (*postgresEngine) onConn(ctx context.Context, db *gorm.DB, organization string, fn func(*gorm.DB) error) (err error) {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := conn.Close(); err == nil && !errors.Is(closeErr, sql.ErrConnDone) {
			err = closeErr
		}
	}()
	if err := conn.Raw(func(c any) error { return actFor(ctx, c, organization) }); err != nil {
		return err
	}
	session := db.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = conn
	return fn(session)
}

func actFor(ctx context.Context, c any, organization string) error {
	conn := c.(*stdlib.Conn).Conn() //nolint:forcetypeassert // the pool has connections of this driver only
	known := conn.PgConn().CustomData()
	if known[organizationSetting] == organization {
		return nil
	}
	if _, err := conn.Exec(ctx, "SELECT set_config($1, $2, false)", organizationSetting, organization); err != nil {
		return err
	}
	known[organizationSetting] = organization
	return nil
}

func (*postgresEngine) classify(err error) errorClass {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyState(e.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return unreachable
	}
	if _, ok := errors.AsType[*net.OpError](err); ok || errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) {
		return unreachable
	}
	if pgconn.SafeToRetry(err) {
		return unreachable
	}
	return unclassified
}

// classifyState classifies an SQLSTATE (PostgreSQL manual, appendix A).
func classifyState(code string) errorClass {
	switch code {
	case "23505":
		return duplicate
	case "40001", "40P01":
		return retryable
	case "57P01", "57P02", "57P03", "53300":
		return unreachable
	}
	if len(code) == 5 && code[:2] == "08" {
		return unreachable
	}
	return unclassified
}

func (*postgresEngine) migrations() (migrationSet, error) {
	files, err := migrations.Postgres()
	if err != nil {
		return migrationSet{}, err
	}
	locker, err := lock.NewPostgresSessionLocker() // one replica migrates, the others wait
	return migrationSet{dialect: goose.DialectPostgres, files: files, options: []goose.ProviderOption{goose.WithSessionLocker(locker)}}, err
}
