package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/storage"
)

// tokenRecord is a token as JSON for scripts.
type tokenRecord struct {
	ID             string         `json:"id"`
	Secret         string         `json:"secret,omitempty"` // only when the token was made just now
	Name           string         `json:"name"`
	OrganizationID string         `json:"organization_id"`
	DirectoryID    string         `json:"directory_id,omitempty"`
	Scopes         []access.Scope `json:"scopes"`
	Status         string         `json:"status"`
	CreatedAt      time.Time      `json:"created_at"`
	ExpiresAt      *time.Time     `json:"expires_at"`
	LastUsedAt     *time.Time     `json:"last_used_at"`
	RevokedAt      *time.Time     `json:"revoked_at"`
}

func recordOfToken(t access.Token, secret string) tokenRecord {
	return tokenRecord{
		ID: t.ID, Secret: secret, Name: t.Name, OrganizationID: t.OrganizationID, DirectoryID: t.DirectoryID,
		Scopes: t.Scopes, Status: tokenStatus(t), CreatedAt: t.CreatedAt.UTC(),
		ExpiresAt: optionalTime(t.ExpiresAt), LastUsedAt: optionalTime(t.LastUsedAt), RevokedAt: optionalTime(t.RevokedAt),
	}
}

// tokenStatus says whether a token works, and if not, why.
func tokenStatus(t access.Token) string {
	switch {
	case !t.RevokedAt.IsZero():
		return "revoked"
	case !t.Live(time.Now()):
		return "expired"
	default:
		return "live"
	}
}

func (p *program) tokenCommand() *cobra.Command {
	cmd := group("token", "Create, list, rotate and revoke tokens",
		p.createTokenCommand(), p.listTokensCommand(), p.rotateTokenCommand(), p.revokeTokenCommand())
	cmd.Long = `A token is what an identity provider or an application shows to the hub. It
belongs to an organization, acts in one of its directories, and has scopes. Its
secret is printed once, when it is made; the hub keeps only a hash of it.

Several tokens may be live at a time, so that one can take the place of another
without a gap. A running hub notices a revocation within ten seconds.`
	cmd.Example = `  scimhub token create --name okta
  scimhub token create --name reports --scopes scim.read --expires-in 8760h
  scimhub token list
  scimhub token rotate tok_…
  scimhub token revoke tok_…`
	return cmd
}

func (p *program) listTokensCommand() *cobra.Command {
	var (
		org    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens of an organization",
		Example: `  scimhub token list
  scimhub token list --org acme --json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				o, err := store.Organization(ctx, org)
				if err != nil {
					return err
				}
				tokens, err := store.Tokens(ctx, o.ID)
				if err != nil {
					return err
				}
				return printTokens(cmd, tokens, asJSON)
			})
		},
	}
	addOrganizationFlag(cmd, &org)
	addJSONFlag(cmd, &asJSON)
	addSettings(cmd, everyCommand)
	return cmd
}

func printTokens(cmd *cobra.Command, tokens []access.Token, asJSON bool) error {
	records := []tokenRecord{}
	list := table{heading: []string{"ID", "NAME", "STATUS", "SCOPES", "CREATED", "EXPIRES", "LAST USED"}}
	for _, t := range tokens {
		records = append(records, recordOfToken(t, ""))
		list.add(t.ID, t.Name, tokenStatus(t), briefScopes(t.Scopes), moment(t.CreatedAt), moment(t.ExpiresAt), moment(t.LastUsedAt))
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), records)
	}
	return list.print(cmd.OutOrStdout())
}

// briefScopes gives scopes for a table. Admin implies all others.
func briefScopes(scopes []access.Scope) string {
	if slices.Contains(scopes, access.Admin) {
		return "admin (all)"
	}
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return strings.Join(names, ",")
}

func (p *program) revokeTokenCommand() *cobra.Command {
	var org string
	cmd := &cobra.Command{
		Use:   "revoke ID",
		Short: "Make a token useless for good",
		Example: `  scimhub token revoke tok_06f1…
  scimhub token revoke tok_06f1… --org acme`,
		Args: takes("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.administer(cmd, func(ctx context.Context, store *storage.Store) error {
				t, err := findToken(ctx, store, org, args[0])
				if err != nil {
					return err
				}
				return revokeToken(ctx, cmd, store, t)
			})
		},
	}
	addOrganizationFlag(cmd, &org)
	addSettings(cmd, everyCommand)
	return cmd
}

func revokeToken(ctx context.Context, cmd *cobra.Command, store *storage.Store, t access.Token) error {
	if err := store.RevokeToken(ctx, t.OrganizationID, t.ID); err != nil {
		return err
	}
	cmd.PrintErrf("revoked token %s (%s)\n", t.Name, t.ID)
	return nil
}

// findToken gives a token of an organization, which is named by id or name.
func findToken(ctx context.Context, store *storage.Store, org, id string) (access.Token, error) {
	o, err := store.Organization(ctx, org)
	if err != nil {
		return access.Token{}, err
	}
	tokens, err := store.Tokens(ctx, o.ID)
	if err != nil {
		return access.Token{}, err
	}
	for _, t := range tokens {
		if t.ID == id {
			return t, nil
		}
	}
	return access.Token{}, fmt.Errorf("organization %s has no token %s; scimhub token list shows those it has, and --org names another organization", o.Name, id)
}
