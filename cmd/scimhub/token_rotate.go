package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
)

func (p *program) rotateTokenCommand() *cobra.Command {
	var (
		org               string
		revokeOld, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "rotate ID",
		Short: "Create a token to take the place of another",
		Long: `Create a token with the name, directory, scopes and lifetime of another, and
print its secret. The other stays live until you revoke it, so that there is no
gap while its holder is given the new one.`,
		Example: `  scimhub token rotate tok_06f1…                # then tell the holder, then revoke the old one
  scimhub token rotate tok_06f1… --revoke-old   # the old one has leaked`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				old, err := findToken(ctx, store, org, args[0])
				if err != nil {
					return err
				}
				if err := rotate(ctx, cmd, store, old, asJSON); err != nil {
					return err
				}
				if revokeOld {
					return revokeToken(ctx, cmd, store, old)
				}
				cmd.PrintErrf("token %s stays live; when its holder has the new one: scimhub token revoke %s --org %s\n", old.ID, old.ID, org)
				return nil
			})
		},
	}
	addOrganizationFlag(cmd, &org)
	cmd.Flags().BoolVar(&revokeOld, "revoke-old", false, "revoke the other token at once")
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

// rotate issues a token like another, for as long as that was made for.
func rotate(ctx context.Context, cmd *cobra.Command, store *storage.Store, old access.Token, asJSON bool) error {
	if !old.RevokedAt.IsZero() {
		return fmt.Errorf("token %s is revoked; make a new one with scimhub token create", old.ID)
	}
	next := access.Token{OrganizationID: old.OrganizationID, DirectoryID: old.DirectoryID, Name: old.Name, Scopes: old.Scopes}
	if !old.ExpiresAt.IsZero() {
		next.ExpiresAt = time.Now().Add(old.ExpiresAt.Sub(old.CreatedAt))
	}
	return issue(ctx, cmd, store, next, asJSON)
}
