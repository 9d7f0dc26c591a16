package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
)

// directoryRecord is a directory as JSON for scripts.
type directoryRecord struct {
	ID             string    `json:"id"`
	OrganizationID string    `json:"organization_id"`
	Name           string    `json:"name"`
	CreatedAt      time.Time `json:"created_at"`
}

func recordOfDirectory(d access.Directory) directoryRecord {
	return directoryRecord{ID: d.ID, OrganizationID: d.OrganizationID, Name: d.Name, CreatedAt: d.CreatedAt.UTC()}
}

func (p *program) directoryCommand() *cobra.Command {
	cmd := group("directory", "Create and list directories of an organization",
		p.createDirectoryCommand(), p.listDirectoriesCommand())
	cmd.Long = `A directory is the connection of one identity provider to an organization. The
externalId of a user belongs to the directory that set it; others don't see it.`
	cmd.Example = `  scimhub directory create okta --org acme
  scimhub directory list --org acme`
	return cmd
}

func (p *program) createDirectoryCommand() *cobra.Command {
	var (
		org    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a directory",
		Example: `  scimhub directory create okta
  scimhub directory create entra --org acme --json`,
		Args: takes("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				d, err := createDirectory(ctx, store, org, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), recordOfDirectory(d))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "created directory %s (%s)\n", d.Name, d.ID)
				return err
			})
		},
	}
	addOrganizationFlag(cmd, &org)
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func createDirectory(ctx context.Context, store *storage.Store, org, name string) (access.Directory, error) {
	o, err := store.Organization(ctx, org)
	if err != nil {
		return access.Directory{}, err
	}
	return store.CreateDirectory(ctx, o.ID, name)
}

func (p *program) listDirectoriesCommand() *cobra.Command {
	var (
		org    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the directories of an organization",
		Example: `  scimhub directory list
  scimhub directory list --org acme --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				o, err := store.Organization(ctx, org)
				if err != nil {
					return err
				}
				directories, err := store.Directories(ctx, o.ID)
				if err != nil {
					return err
				}
				return printDirectories(cmd, directories, asJSON)
			})
		},
	}
	addOrganizationFlag(cmd, &org)
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func printDirectories(cmd *cobra.Command, directories []access.Directory, asJSON bool) error {
	records := []directoryRecord{}
	list := table{heading: []string{"ID", "NAME", "CREATED"}}
	for _, d := range directories {
		records = append(records, recordOfDirectory(d))
		list.add(d.ID, d.Name, moment(d.CreatedAt))
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), records)
	}
	return list.print(cmd.OutOrStdout())
}
