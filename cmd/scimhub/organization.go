package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
)

// defaultOrganization is the organization that an empty database is given.
const defaultOrganization = "default"

// organizationRecord is an organization as JSON for scripts.
type organizationRecord struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

func recordOfOrganization(o access.Organization) organizationRecord {
	return organizationRecord{ID: o.ID, Name: o.Name, CreatedAt: o.CreatedAt.UTC()}
}

func (p *program) organizationCommand() *cobra.Command {
	cmd := group("org", "Create and list organizations", p.createOrganizationCommand(), p.listOrganizationsCommand())
	cmd.Long = `An organization is a tenant: nothing of it is visible to another. It has
directories, one for each identity provider that provisions into it.`
	cmd.Example = `  scimhub org create acme
  scimhub org list`
	return cmd
}

func (p *program) createOrganizationCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create an organization, with a directory named default",
		Example: `  scimhub org create acme
  scimhub org create "Acme Corporation" --json`,
		Args: takes("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				org, err := store.CreateOrganization(ctx, args[0])
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), recordOfOrganization(org))
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "created organization %s (%s)\n", org.Name, org.ID)
				return err
			})
		},
	}
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func (p *program) listOrganizationsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the organizations",
		Example: `  scimhub org list
  scimhub org list --json | jq -r '.[].id'`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				orgs, err := store.Organizations(ctx)
				if err != nil {
					return err
				}
				return printOrganizations(cmd, orgs, asJSON)
			})
		},
	}
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func printOrganizations(cmd *cobra.Command, orgs []access.Organization, asJSON bool) error {
	records := []organizationRecord{}
	list := table{heading: []string{"ID", "NAME", "CREATED"}}
	for _, o := range orgs {
		records = append(records, recordOfOrganization(o))
		list.add(o.ID, o.Name, moment(o.CreatedAt))
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), records)
	}
	return list.print(cmd.OutOrStdout())
}

// addOrganizationFlag gives a command the flag that names its organization.
func addOrganizationFlag(cmd *cobra.Command, org *string) {
	cmd.Flags().StringVar(org, "org", defaultOrganization, "`organization`, by id or name")
}
