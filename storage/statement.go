package storage

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// statement is a statement that writes.
type statement struct {
	fragment

	// one: it must change exactly one row; anything else means that the
	// resource is not as it was read.
	one bool
	// taken is the detail of the fault when a unique index has the value
	// already. Without it that is an error like any other.
	taken string
}

// outcome gives the error of a statement that was run.
func (s statement) outcome(e engine, changed int64, err error) error {
	switch {
	case err != nil && s.taken != "" && e.judge(err) == duplicate:
		return fault.Wrap(err, fault.Uniqueness, "%s", s.taken)
	case err != nil:
		return fmt.Errorf("%s: %w", s.head(), err)
	case s.one && changed != 1:
		return fmt.Errorf("%s: %d rows changed, want 1: the resource is not as it was read", s.head(), changed)
	}
	return nil
}

// head names a statement in errors: its first words, which hold no values.
func (s statement) head() string {
	words := strings.Fields(s.sql)
	return strings.Join(words[:min(3, len(words))], " ")
}

// numbered gives a statement with PostgreSQL's parameters, $1 and so on.
func numbered(sql string) string {
	var b strings.Builder
	n := 0
	for {
		i := strings.IndexByte(sql, '?')
		if i < 0 {
			b.WriteString(sql)
			return b.String()
		}
		n++
		b.WriteString(sql[:i])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
		sql = sql[i+1:]
	}
}
