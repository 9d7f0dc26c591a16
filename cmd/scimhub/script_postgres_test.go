package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPostgres makes an empty database for a script, and drops it afterwards.
func cmdPostgres(ts *testscript.TestScript, neg bool, args []string) {
	dsn := os.Getenv("SCIMHUB_TEST_POSTGRES")
	if neg || len(args) > 0 || dsn == "" {
		ts.Fatalf("usage: postgres, with the DSN of a server in SCIMHUB_TEST_POSTGRES; make test sets it")
	}
	u, err := url.Parse(dsn)
	ts.Check(err)
	u.Path = "/scimhub_script_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	ts.Check(onPostgres(dsn, "CREATE DATABASE "+u.Path[1:]))
	ts.Defer(func() {
		if err := onPostgres(dsn, "DROP DATABASE "+u.Path[1:]+" WITH (FORCE)"); err != nil {
			ts.Logf("drop the script's database: %v", err)
		}
	})
	ts.Setenv("DATABASE", u.String())
}

func onPostgres(dsn, statement string) error {
	ctx := context.Background() // scripts have no *testing.T
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
