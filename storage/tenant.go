package storage

import "context"

// system stands for the hub itself among the organizations: it looks up tokens
// before their organization is known, and lists organizations. No organization
// can bear the name, since their ids begin with "org_".
const system = "*"

// tenantKey is the key of the organization that a context works for.
type tenantKey struct{}

// withTenant gives a context whose statements work for one organization, or for
// the system. PostgreSQL's row-level security goes by it.
func withTenant(ctx context.Context, organizationID string) context.Context {
	return context.WithValue(ctx, tenantKey{}, organizationID)
}

func withSystem(ctx context.Context) context.Context { return withTenant(ctx, system) }

// tenantOf gives the organization that a context works for; "" is none, which
// sees nothing.
func tenantOf(ctx context.Context) string {
	id, _ := ctx.Value(tenantKey{}).(string)
	return id
}
