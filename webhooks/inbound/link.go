package inbound

import (
	"context"
	"slices"
	"strings"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// link finds the user in the directory that a vendor's user may be taken for, by
// the source's rule. Without a rule that fits, the user is new; that its
// userName is taken is then a conflict, which only an administrator can resolve.
func (a *application) link(ctx context.Context, t *schema.ResourceType, attrs document.Object) (id string, ok bool, err error) {
	if t.Name != schema.User {
		return "", false, nil
	}
	rule := a.source.Linking
	if name, _ := attrs["userName"].(string); rule.UserName && name != "" {
		if id, ok, err = a.only(ctx, t, "userName eq "+quote(name)); ok || err != nil {
			return id, ok, err
		}
	}
	for _, address := range addresses(attrs) {
		if !rule.trusts(address) {
			continue
		}
		if id, ok, err = a.only(ctx, t, "emails.value eq "+quote(address)); ok || err != nil {
			return id, ok, err
		}
	}
	return "", false, nil
}

// only gives the one user that a filter selects and that is not linked to
// another of the vendor's. Two are a conflict.
func (a *application) only(ctx context.Context, t *schema.ResourceType, text string) (id string, ok bool, err error) {
	expr, err := filter.ParseExpr(t, text)
	if err != nil {
		return "", false, err
	}
	page, err := a.dir.List(ctx, scimresource.Query{Type: t, Filter: expr, Limit: 2})
	if err != nil || page.Total == 0 {
		return "", false, err
	}
	if page.Total > 1 {
		return "", false, fault.New(fault.Uniqueness, "more than one user could be meant; link one by setting its externalId to %q", a.change.Object.ID)
	}
	if other := page.Resources[0].ExternalID; other != "" && other != a.change.Object.ID {
		return "", false, fault.New(fault.Uniqueness, "the user that could be meant is linked to another of the source's users already")
	}
	return page.Resources[0].ID, true, nil
}

// trusts reports whether the vendor may speak for the domain of an address.
func (l Linking) trusts(address string) bool {
	_, domain, ok := strings.Cut(address, "@")
	return ok && slices.ContainsFunc(l.EmailDomains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// addresses gives the e-mail addresses of a user as a vendor sent them.
func addresses(attrs document.Object) []string {
	emails, _ := attrs["emails"].([]any)
	var list []string
	for _, e := range emails {
		if obj, ok := e.(document.Object); ok {
			if address, ok := obj["value"].(string); ok && address != "" {
				list = append(list, address)
			}
		}
	}
	return list
}

// quote writes a text as a filter does (RFC 7644 §3.4.2.2).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
