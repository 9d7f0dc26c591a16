package storage

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// postgresDialect is the SQL of PostgreSQL. Texts out of JSON have the collation
// of the database; "C" compares them by bytes, as the columns are.
type postgresDialect struct{}

func (postgresDialect) forUpdate() string { return " FOR UPDATE" }
func (postgresDialect) forShare() string  { return " FOR SHARE" }

func (postgresDialect) clock() string {
	return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
}

func (postgresDialect) contains(text fragment, value string) fragment {
	return sqlf("strpos(%s, %s) > 0", text, param(value))
}

func (postgresDialect) endsWith(text fragment, value string) fragment {
	return sqlf("right(%s, %s) = %s", text, param(utf8.RuneCountInString(value)), param(value))
}

// values goes through an array, which the planner takes for ten rows. A set that
// comes out of JSON it takes for a hundred, and then it reads all members of a
// group to find one.
func (postgresDialect) values() string {
	return "SELECT unnest(ARRAY(SELECT jsonb_array_elements_text(CAST(? AS jsonb))))"
}

func (postgresDialect) records() string { return "jsonb_array_elements(CAST(? AS jsonb)) AS v(fields)" }
func (postgresDialect) boolean() string { return "boolean" }
func (postgresDialect) field(i int) string {
	return fmt.Sprintf("(v.fields->>%d)", i)
}

func (postgresDialect) objects(order string, members ...string) string {
	return fmt.Sprintf("CAST(json_agg(json_build_object(%s) ORDER BY %s) AS text)", strings.Join(members, ", "), order)
}

func (postgresDialect) jsonText(column string, path []string) fragment {
	return sqlf(`(%s->>%s) COLLATE "C"`, jsonbStep(column, path[:len(path)-1]), textParam(path[len(path)-1]))
}

func (postgresDialect) jsonExists(column string, path []string) fragment {
	return sqlf("%s IS NOT NULL", jsonbStep(column, path))
}

// elements gives nothing for what is no array: a schema may have changed since
// the document was stored.
func (postgresDialect) elements(column string, path []string) fragment {
	list := jsonbStep(column, path)
	return sqlf("jsonb_array_elements(CASE jsonb_typeof(%s) WHEN 'array' THEN %s END) WITH ORDINALITY AS e(value, ordinal)", list, list)
}

func (d postgresDialect) elementText(path []string) fragment {
	if len(path) == 0 {
		return fragment{sql: `(e.value #>> '{}') COLLATE "C"`}
	}
	return d.jsonText("e.value", path)
}

func (d postgresDialect) elementExists(path []string) fragment { return d.jsonExists("e.value", path) }

func (postgresDialect) elementOrder() string { return "e.ordinal" }

// jsonbStep is the JSON at a path.
func jsonbStep(column string, path []string) fragment {
	f := fragment{sql: column}
	for _, name := range path {
		f = sqlf("%s->%s", f, textParam(name))
	}
	return sqlf("(%s)", f)
}

// textParam is a value where PostgreSQL can't tell that it is text.
func textParam(s string) fragment { return with("CAST(? AS text)", s) }
