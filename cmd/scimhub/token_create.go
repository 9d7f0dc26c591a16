package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
)

// tokenRequest is what token create is asked for.
type tokenRequest struct {
	organization string
	directory    string // "": the organization's default directory
	name         string
	scopes       []string
	expiresIn    time.Duration // 0: never
	asJSON       bool
}

func (p *program) createTokenCommand() *cobra.Command {
	var r tokenRequest
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Create a token and print its secret, once",
		Long: `Create a token and print its secret to standard output, all else to standard
error. The secret can't be shown again.

The scopes, of which admin implies all others:
` + scopeLines(),
		Example: `  scimhub token create --name okta
  scimhub token create --name reports --scopes scim.read --expires-in 8760h
  scimhub token create --name entra --org acme --directory entra --json
  TOKEN=$(scimhub token create --name script)`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			scopes, err := r.check()
			if err != nil {
				return err
			}
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				t, err := r.token(ctx, store, scopes)
				if err != nil {
					return err
				}
				return issue(ctx, cmd, store, t, r.asJSON)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.name, "name", "", "what the token is for, a `name` that lists show; needed")
	flags.StringSliceVar(&r.scopes, "scopes", []string{string(access.SCIMRead), string(access.SCIMWrite)}, "`list` of what the token may do")
	flags.DurationVar(&r.expiresIn, "expires-in", 0, "how long the token works, such as 8760h; 0 is for good")
	flags.StringVar(&r.directory, "directory", "", "`directory` that the token acts in, by id or name (default: that named default)")
	addOrganizationFlag(cmd, &r.organization)
	addJSONFlag(cmd, &r.asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

// check reports all that is wrong with the request itself.
func (r tokenRequest) check() ([]access.Scope, error) {
	var faults []string
	if strings.TrimSpace(r.name) == "" {
		faults = append(faults, "--name is missing; say what the token is for")
	}
	if r.expiresIn < 0 {
		faults = append(faults, fmt.Sprintf("--expires-in %s has passed already", r.expiresIn))
	}
	scopes, err := access.ParseScopes(r.scopes)
	if err != nil {
		faults = append(faults, "--scopes: "+err.Error())
	} else if len(scopes) == 0 {
		faults = append(faults, "--scopes is empty; a token needs one at least")
	}
	if len(faults) > 0 {
		return nil, usagef("%s", strings.Join(faults, "\n  "))
	}
	return scopes, nil
}

// token gives the token that is asked for, without its hash.
func (r tokenRequest) token(ctx context.Context, store *storage.Store, scopes []access.Scope) (access.Token, error) {
	o, err := store.Organization(ctx, r.organization)
	if err != nil {
		return access.Token{}, err
	}
	t := access.Token{OrganizationID: o.ID, Name: r.name, Scopes: scopes}
	if r.directory != "" {
		d, err := store.Directory(ctx, o.ID, r.directory)
		if err != nil {
			return access.Token{}, err
		}
		t.DirectoryID = d.ID
	}
	if r.expiresIn > 0 {
		t.ExpiresAt = time.Now().Add(r.expiresIn)
	}
	return t, nil
}

// issue gives a token an id and a secret, stores it and prints the secret.
func issue(ctx context.Context, cmd *cobra.Command, store *storage.Store, t access.Token, asJSON bool) error {
	secret := access.NewSecret()
	t.ID, t.Hash, t.CreatedAt = access.NewID("tok"), access.Hash(secret), time.Now()
	if err := store.CreateToken(ctx, t); err != nil {
		return err
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), recordOfToken(t, secret))
	}
	cmd.PrintErrf("created token %s (%s), expires: %s; its secret is not shown again:\n", t.Name, t.ID, moment(t.ExpiresAt))
	_, err := fmt.Fprintln(cmd.OutOrStdout(), secret)
	return err
}

// scopeLines lists all scopes for the help.
func scopeLines() string {
	var b strings.Builder
	for _, s := range access.Scopes() {
		b.WriteString("\n  " + string(s))
	}
	return b.String()
}
