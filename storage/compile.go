package storage

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// compiler turns a filter into a condition on rows "r" of a resource table.
//
// Conditions are two-valued: each is TRUE or FALSE whatever is missing, so that
// NOT means what SCIM says it means. Only parameters carry values.
type compiler struct {
	*bound
	t    *schema.ResourceType
	args []any
}

// condition compiles an expression about a resource, or, with an element, about
// an element of a multi-valued attribute.
func (c *compiler) condition(e filter.Expr, in place) string {
	switch e := e.(type) {
	case filter.And:
		return c.joined(e.Terms, in, " AND ")
	case filter.Or:
		return c.joined(e.Terms, in, " OR ")
	case filter.Not:
		return "NOT " + c.condition(e.Term, in)
	case filter.Any:
		return c.any(e)
	case filter.Compare:
		return in.compare(c, e)
	case filter.Present:
		return in.present(c, e.Path)
	default:
		return "FALSE"
	}
}

func (c *compiler) joined(terms []filter.Expr, in place, op string) string {
	parts := make([]string, len(terms))
	for i, term := range terms {
		parts[i] = c.condition(term, in)
	}
	return "(" + strings.Join(parts, op) + ")"
}

// arg adds a parameter.
func (c *compiler) arg(v any) string {
	c.args = append(c.args, v)
	return "?"
}

// place is what the paths of an expression start from.
type place interface {
	compare(c *compiler, e filter.Compare) string
	present(c *compiler, path filter.Path) string
}

// column is a text that a condition can be about. One that isn't nullable needs
// no guard.
type column struct {
	sql      string
	nullable bool
}

// test compiles a comparison of a column with a key.
func (c *compiler) test(col column, op filter.Op, key string) string {
	if op == filter.NE {
		condition := col.sql + " <> " + c.arg(key)
		if col.nullable {
			condition = "(" + col.sql + " IS NULL OR " + condition + ")"
		}
		return condition
	}
	condition := c.positive(col.sql, op, key)
	if col.nullable {
		condition = "(" + col.sql + " IS NOT NULL AND " + condition + ")"
	}
	return condition
}

// positive compiles a comparison that only a value can satisfy.
func (c *compiler) positive(sql string, op filter.Op, key string) string {
	switch op {
	case filter.EQ:
		return sql + " = " + c.arg(key)
	case filter.CO:
		condition := c.store.contains(sql)
		c.arg(key)
		return condition
	case filter.SW:
		return c.startsWith(sql, key)
	case filter.EW:
		return c.store.suffix(sql, utf8.RuneCountInString(key)) + " = " + c.arg(key)
	case filter.GT:
		return sql + " > " + c.arg(key)
	case filter.GE:
		return sql + " >= " + c.arg(key)
	case filter.LT:
		return sql + " < " + c.arg(key)
	case filter.LE:
		return sql + " <= " + c.arg(key)
	case filter.NE:
	}
	return "FALSE"
}

// startsWith is a range, which an index serves.
func (c *compiler) startsWith(sql, key string) string {
	condition := sql + " >= " + c.arg(key)
	if next, ok := successor(key); ok {
		condition = "(" + condition + " AND " + sql + " < " + c.arg(next) + ")"
	}
	return condition
}

// any compiles a condition on the elements of a multi-valued attribute.
func (c *compiler) any(e filter.Any) string {
	path := e.Path.String()
	switch {
	case path == "emails" && c.t.Name == schema.User && onlyAbout(e.Where, "value", "type", "primary"):
		return c.emails(e.Where)
	case path == "groups" && c.t.Name == schema.User:
		return c.groups(e.Where)
	case path == "members" && c.t.Name == schema.Group:
		return c.members(e.Where)
	}
	from := c.store.elements("r.keys", names(e.Path))
	return "EXISTS (SELECT 1 FROM " + from + " WHERE " + c.condition(e.Where, element{}) + ")"
}

// onlyAbout reports whether an expression speaks of the given sub-attributes
// alone.
func onlyAbout(e filter.Expr, subs ...string) bool {
	about := func(p filter.Path) bool { return len(p) == 1 && slices.Contains(subs, p[0].Name) }
	other := func(e filter.Expr) bool { return !onlyAbout(e, subs...) }
	switch e := e.(type) {
	case filter.And:
		return !slices.ContainsFunc(e.Terms, other)
	case filter.Or:
		return !slices.ContainsFunc(e.Terms, other)
	case filter.Not:
		return !other(e.Term)
	case filter.Compare:
		return about(e.Path)
	case filter.Present:
		return about(e.Path)
	case filter.Any:
	}
	return false
}

// emails serves conditions on e-mail addresses from their own table.
func (c *compiler) emails(where filter.Expr) string {
	sql := "r.id IN (SELECT m.user_id FROM user_emails m WHERE m.organization_id = " + c.arg(c.organization) + " AND "
	return sql + c.condition(where, related{"value": {"m.value_key", true}, "type": {"m.type_key", true}, "primary": {primaryText, true}}) + ")"
}

const primaryText = "CASE WHEN m.is_primary THEN 'true' WHEN NOT m.is_primary THEN 'false' END"

// related is a place whose sub-attributes are columns of a related table, by
// their names.
type related map[string]column

func (p related) compare(c *compiler, e filter.Compare) string {
	col, ok := p[e.Path[len(e.Path)-1].Name]
	if !ok {
		return fmt.Sprint(e.Op == filter.NE)
	}
	return c.test(col, e.Op, e.Value.Key)
}

func (p related) present(_ *compiler, path filter.Path) string {
	col, ok := p[path[len(path)-1].Name]
	if !ok || !col.nullable {
		return fmt.Sprint(ok)
	}
	return col.sql + " IS NOT NULL"
}

// element is a place within an element of an array of r.keys.
type element struct{}

func (element) compare(c *compiler, e filter.Compare) string {
	sql := c.store.elementText()
	if len(e.Path) > 0 {
		sql = c.store.member(c.store.element(), names(e.Path))
	}
	return c.test(column{sql, true}, e.Op, e.Value.Key)
}

func (element) present(c *compiler, path filter.Path) string {
	if len(path) == 0 {
		return "TRUE"
	}
	return c.store.present(c.store.element(), names(path))
}

// names gives the names along a path.
func names(path filter.Path) []string {
	list := make([]string, len(path))
	for i, a := range path {
		list[i] = a.Name
	}
	return list
}

// micros compares a column of microseconds with a time that may be finer.
func (c *compiler) micros(col string, op filter.Op, t time.Time) string {
	exact := t.Equal(t.Truncate(time.Microsecond))
	switch {
	case op == filter.EQ && !exact:
		return "FALSE"
	case op == filter.NE && !exact:
		return "TRUE"
	case op == filter.GE && !exact:
		op = filter.GT
	case op == filter.LT && !exact:
		op = filter.LE
	}
	sign := map[filter.Op]string{
		filter.EQ: "=", filter.NE: "<>", filter.GT: ">", filter.GE: ">=", filter.LT: "<", filter.LE: "<=",
	}[op]
	return col + " " + sign + " " + c.arg(t.UnixMicro())
}
