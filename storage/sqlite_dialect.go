package storage

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// sqliteDialect is the SQL of SQLite. It compares texts by bytes by itself.
type sqliteDialect struct{}

// A transaction that writes is alone: there is nobody to lock out.
func (sqliteDialect) forUpdate() string { return "" }
func (sqliteDialect) forShare() string  { return "" }

func (sqliteDialect) clock() string { return "CAST(unixepoch('subsec') * 1000000 AS INTEGER)" }

func (sqliteDialect) contains(text fragment, value string) fragment {
	return sqlf("instr(%s, %s) > 0", text, param(value))
}

func (sqliteDialect) endsWith(text fragment, value string) fragment {
	return sqlf("substr(%s, -%s) = %s", text, param(utf8.RuneCountInString(value)), param(value))
}

func (sqliteDialect) values() string  { return "SELECT value FROM json_each(?)" }
func (sqliteDialect) records() string { return "json_each(?) AS v" }
func (sqliteDialect) boolean() string { return "INTEGER" }
func (sqliteDialect) field(i int) string {
	return fmt.Sprintf("(v.value->>%d)", i)
}

func (sqliteDialect) objects(order string, members ...string) string {
	return fmt.Sprintf("json_group_array(json_object(%s) ORDER BY %s)", strings.Join(members, ", "), order)
}

func (sqliteDialect) jsonText(column string, path []string) fragment {
	return sqlf("json_extract("+column+", %s)", param(jsonPath(path)))
}

func (sqliteDialect) jsonExists(column string, path []string) fragment {
	return sqlf("json_type("+column+", %s) IS NOT NULL", param(jsonPath(path)))
}

func (sqliteDialect) elements(column string, path []string) fragment {
	return sqlf("json_each("+column+", %s) AS e", param(jsonPath(path)))
}

func (d sqliteDialect) elementText(path []string) fragment {
	if len(path) == 0 {
		return fragment{sql: "e.value"}
	}
	return d.jsonText("e.value", path)
}

func (d sqliteDialect) elementExists(path []string) fragment { return d.jsonExists("e.value", path) }

func (sqliteDialect) elementOrder() string { return "e.key" }

// jsonPath writes a path for SQLite's JSON functions. Names come from the
// schema, where neither an attribute name nor a URN can hold a quotation mark.
func jsonPath(path []string) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, name := range path {
		b.WriteString(`."` + name + `"`)
	}
	return b.String()
}
