package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/storage"
)

func (p *program) migrateCommand() *cobra.Command {
	var status, asJSON bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database schema up to date",
		Long: `Bring the database schema up to date. serve does the same when it starts, unless
it has --no-migrate. Several replicas may migrate at once: one does it, the
others wait.`,
		Example: `  scimhub migrate
  scimhub migrate --database postgres://scimhub@db/scimhub
  scimhub migrate --status`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if status {
				return p.withStore(cmd, func(ctx context.Context, store *storage.Store) error {
					return printMigrations(ctx, cmd, store, asJSON)
				})
			}
			if asJSON {
				return usagef("--json needs --status")
			}
			return p.migrate(cmd)
		},
	}
	cmd.Flags().BoolVar(&status, "status", false, "only say which migrations were applied when")
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func (p *program) migrate(cmd *cobra.Command) error {
	cfg, err := p.config(cmd)
	if err != nil {
		return err
	}
	return useStore(cmd.Context(), cfg, func(ctx context.Context, store *storage.Store) error {
		if err := store.Migrate(ctx); err != nil {
			return err
		}
		_, err := fmt.Fprintln(cmd.OutOrStdout(), "the database schema is up to date")
		return err
	})
}

// migrationRecord is a migration as JSON for scripts.
type migrationRecord struct {
	Version   int64      `json:"version"`
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"applied_at"` // null: not yet
}

func printMigrations(ctx context.Context, cmd *cobra.Command, store *storage.Store, asJSON bool) error {
	migrations, err := store.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	records := []migrationRecord{}
	list := table{heading: []string{"VERSION", "NAME", "APPLIED"}}
	for _, m := range migrations {
		records = append(records, migrationRecord{Version: m.Version, Name: m.Name, AppliedAt: optionalTime(m.AppliedAt)})
		list.add(strconv.FormatInt(m.Version, 10), m.Name, moment(m.AppliedAt))
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), records)
	}
	return list.print(cmd.OutOrStdout())
}
