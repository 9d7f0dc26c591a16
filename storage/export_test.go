package storage

import (
	"context"
	"strings"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
)

// Explain gives the plans by which the database would run a query: of the total
// and of the page.
func (s *Store) Explain(ctx context.Context, actor access.Actor, q scimresource.Query) (string, error) {
	t := &tenant{Store: s, organization: actor.OrganizationID, directory: actor.DirectoryID}
	r, err := t.listing(q)
	if err != nil {
		return "", err
	}
	return t.explain(ctx, t.statement(r))
}

// ExplainGet is Explain for a read of one resource.
func (s *Store) ExplainGet(ctx context.Context, actor access.Actor, typ string, id string, inc scimresource.Include) (string, error) {
	t := &tenant{Store: s, organization: actor.OrganizationID, directory: actor.DirectoryID}
	q, err := t.single(s.Registry.Type(typ), id, inc)
	if err != nil {
		return "", err
	}
	return t.explain(ctx, q)
}

func (t *tenant) explain(ctx context.Context, q fragment) (string, error) {
	explain := "EXPLAIN "
	if _, isSQLite := t.engine.(*sqlite); isSQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	var rows []map[string]any
	err := t.engine.read(t.as(ctx)).Raw(explain+q.sql, q.args...).Scan(&rows).Error
	var plan strings.Builder
	for _, row := range rows {
		for _, name := range []string{"detail", "QUERY PLAN"} {
			if line, ok := row[name].(string); ok {
				plan.WriteString(line + "\n")
			}
		}
	}
	return plan.String(), err
}

// GatherStatistics does what PostgreSQL does by itself now and then. SQLite
// plans by the figures of the migrations.
func (s *Store) GatherStatistics(ctx context.Context) error {
	if _, isSQLite := s.engine.(*sqlite); isSQLite {
		return nil
	}
	return s.engine.read(ctx).Exec("ANALYZE").Error
}
