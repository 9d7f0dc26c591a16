package storage

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/scimhub/scimhub/scimresource/filter"
)

// operand is the left side of a comparison.
type operand interface {
	compare(op filter.Op, v filter.Value) (fragment, error)
	present() fragment
	key() fragment // to sort by: NULL where there is no value
}

// textOperand is an expression that gives comparison keys, or NULL.
type textOperand struct {
	dialect
	fragment
	exists fragment // when the attribute is present; zero: when the key is not NULL
}

func (o textOperand) key() fragment { return o.fragment }

func (o textOperand) present() fragment {
	if o.exists.sql != "" {
		return o.exists
	}
	return sqlf("%s IS NOT NULL", o.fragment)
}

func (o textOperand) compare(op filter.Op, v filter.Value) (fragment, error) {
	switch op {
	case filter.EQ:
		return o.known(sqlf("%s = %s", o.fragment, param(v.Key))), nil
	case filter.NE:
		return sqlf("%s IS DISTINCT FROM %s", o.fragment, param(v.Key)), nil
	case filter.CO:
		return o.known(o.contains(o.fragment, v.Key)), nil
	case filter.SW:
		return o.known(o.startsWith(v.Key)), nil
	case filter.EW:
		return o.known(o.endsWith(o.fragment, v.Key)), nil
	case filter.GT:
		return o.known(sqlf("%s > %s", o.fragment, param(v.Key))), nil
	case filter.GE:
		return o.known(sqlf("%s >= %s", o.fragment, param(v.Key))), nil
	case filter.LT:
		return o.known(sqlf("%s < %s", o.fragment, param(v.Key))), nil
	case filter.LE:
		return o.known(sqlf("%s <= %s", o.fragment, param(v.Key))), nil
	}
	return fragment{}, unknownOperator(op)
}

// known makes a comparison FALSE where there is no key. The comparison stands
// by itself so that an index can serve it.
func (o textOperand) known(comparison fragment) fragment {
	return sqlf("%s AND %s IS NOT NULL", comparison, o.fragment)
}

// startsWith compares by range, which an index can serve.
func (o textOperand) startsWith(prefix string) fragment {
	from := sqlf("%s >= %s", o.fragment, param(prefix))
	end, ok := successor(prefix)
	if !ok {
		return from
	}
	return sqlf("%s AND %s < %s", from, o.fragment, param(end))
}

// successor gives the least text that is greater than all that begin with
// prefix; ok is false where there is none. Texts are ordered by bytes, which
// in UTF-8 is by code points.
func successor(prefix string) (next string, ok bool) {
	for len(prefix) > 0 {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == utf8.MaxRune:
			continue
		case last+1 == 0xD800: // surrogates are no characters
			return prefix + string(rune(0xE000)), true
		default:
			return prefix + string(last+1), true
		}
	}
	return "", false
}

// booleanOperand is a column that holds a truth value or NULL.
type booleanOperand struct{ column string }

// key gives the comparison keys of booleans.
func (o booleanOperand) key() fragment {
	return fragment{sql: "CASE WHEN " + o.column + " THEN 'true' WHEN NOT " + o.column + " THEN 'false' END"}
}

func (o booleanOperand) present() fragment { return fragment{sql: o.column + " IS NOT NULL"} }

func (o booleanOperand) compare(op filter.Op, v filter.Value) (fragment, error) {
	is := map[filter.Op]string{filter.EQ: " IS ", filter.NE: " IS NOT "}[op]
	value := map[string]string{"true": "TRUE", "false": "FALSE"}[v.Key]
	if is == "" || value == "" {
		return fragment{}, unknownOperator(op)
	}
	return fragment{sql: o.column + is + value}, nil
}

// timeOperand is a column of microseconds that is never NULL.
type timeOperand struct{ column string }

func (o timeOperand) key() fragment     { return fragment{sql: o.column} }
func (o timeOperand) present() fragment { return fragment{sql: "TRUE"} }

// compare takes care of literals finer than a microsecond: no stored time
// equals one, and those in the same microsecond are before it.
func (o timeOperand) compare(op filter.Op, v filter.Value) (fragment, error) {
	t, ok := v.Raw.(time.Time)
	if !ok {
		return fragment{}, fmt.Errorf("compile filter: a time is compared with a %T", v.Raw)
	}
	exact := t.Nanosecond()%1000 == 0
	var operator string
	switch op {
	case filter.EQ:
		operator = "="
	case filter.NE:
		operator = "<>"
	case filter.GT:
		operator = ">"
	case filter.GE:
		operator = pick(exact, ">=", ">")
	case filter.LT:
		operator = pick(exact, "<", "<=")
	case filter.LE:
		operator = "<="
	case filter.CO, filter.SW, filter.EW:
		return fragment{}, unknownOperator(op)
	}
	if !exact && (op == filter.EQ || op == filter.NE) {
		return fragment{sql: pick(op == filter.NE, "TRUE", "FALSE")}, nil
	}
	return sqlf("%s %s %s", o.column, operator, param(micros(t))), nil
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// rowOperand is an attribute whose value, if there is one, is in a row of
// another table: select ids of resources by it.
type rowOperand struct {
	rows  fragment // "r.id IN (SELECT … WHERE …", without the end
	value operand
	sort  fragment
}

func (o rowOperand) key() fragment     { return o.sort }
func (o rowOperand) present() fragment { return sqlf("%s)", o.rows) }

func (o rowOperand) compare(op filter.Op, v filter.Value) (fragment, error) {
	if op == filter.NE { // also where there is no row
		equal, err := o.compare(filter.EQ, v)
		return sqlf("NOT (%s)", equal), err
	}
	condition, err := o.value.compare(op, v)
	return sqlf("%s AND %s)", o.rows, condition), err
}

// always is an attribute that every resource has and nothing compares, such as
// meta.
type always struct{}

func (always) key() fragment     { return fragment{sql: "NULL"} }
func (always) present() fragment { return fragment{sql: "TRUE"} }
func (always) compare(op filter.Op, _ filter.Value) (fragment, error) {
	return fragment{}, unknownOperator(op)
}

func unknownOperator(op filter.Op) error {
	return fmt.Errorf("compile filter: operator %q does not fit the attribute", op)
}
