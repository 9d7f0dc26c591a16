package storage

import (
	"database/sql"
	"fmt"
	"strings"

	"gorm.io/gorm"
)

// fragment is a piece of SQL. Each "?" stands for one of args, in order: there
// is no other way for a value to get into a statement.
type fragment struct {
	sql  string
	args []any
}

// sqlf builds a fragment from parts: each %s of the format takes a fragment, or
// a string that is SQL itself.
func sqlf(format string, parts ...any) fragment {
	texts := make([]any, len(parts))
	var args []any
	for i, part := range parts {
		switch part := part.(type) {
		case fragment:
			texts[i] = part.sql
			args = append(args, part.args...)
		default:
			texts[i] = part
		}
	}
	return fragment{sql: fmt.Sprintf(format, texts...), args: args}
}

// param is a fragment that is one value.
func param(v any) fragment { return fragment{sql: "?", args: []any{v}} }

// with gives a fragment with its arguments.
func with(sql string, args ...any) fragment { return fragment{sql: sql, args: args} }

// join puts fragments behind each other.
func join(list []fragment, separator string) fragment {
	var text strings.Builder
	var args []any
	for i, f := range list {
		if i > 0 {
			text.WriteString(separator)
		}
		text.WriteString(f.sql)
		args = append(args, f.args...)
	}
	return fragment{sql: text.String(), args: args}
}

// collect runs a query and gives what scan makes of each row.
func collect[T any](db *gorm.DB, q fragment, scan func(rows *sql.Rows) (T, error)) ([]T, error) {
	rows, err := db.Raw(q.sql, q.args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// scanString reads a row of one column.
func scanString(rows *sql.Rows) (s string, err error) {
	return s, rows.Scan(&s)
}
