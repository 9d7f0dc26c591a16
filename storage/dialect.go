package storage

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
)

// dialect is the SQL that the engines write differently. What it is given is
// SQL of ours or names of the schema, never input.
type dialect interface {
	// member gives the text of a member of a JSON object, by its path.
	member(object string, path []string) string
	// present is true where the JSON object has the member.
	present(object string, path []string) string
	// elements gives, for FROM, the elements of an array in a JSON object as
	// rows "e".
	elements(object string, path []string) string
	// element names an element of elements, elementText it as a text.
	element() string
	elementText() string
	// firstElement orders rows of elements: the primary one, then the rest as
	// they stand.
	firstElement() string
	// contains is true where the parameter occurs in a text.
	contains(text string) string
	// suffix gives as many characters as n from the end of a text.
	suffix(text string, n int) string
	// lockBootstrap lets one transaction at a time find the database empty.
	lockBootstrap(db *gorm.DB) error
	// lockRow and shareRows end a SELECT in a transaction.
	lockRow() string
	shareRows() string
}

type postgresDialect struct{}

func (postgresDialect) member(object string, path []string) string {
	return fmt.Sprintf(`(%s ->> %s) COLLATE "C"`, descend(object, path[:len(path)-1]), quote(path[len(path)-1]))
}

func (postgresDialect) present(object string, path []string) string {
	return "(" + descend(object, path) + ") IS NOT NULL"
}

func (postgresDialect) elements(object string, path []string) string {
	return "jsonb_array_elements(" + descend(object, path) + ") WITH ORDINALITY AS e (value, place)"
}

func (postgresDialect) element() string     { return "e.value" }
func (postgresDialect) elementText() string { return `(e.value #>> '{}') COLLATE "C"` }

func (postgresDialect) firstElement() string {
	return `(COALESCE(CASE WHEN jsonb_typeof(e.value) = 'object' THEN e.value ->> 'primary' END, '') = 'true') DESC, e.place`
}

func (postgresDialect) contains(text string) string { return "strpos(" + text + ", ?) > 0" }

func (postgresDialect) suffix(text string, n int) string {
	return fmt.Sprintf("right(%s, %d)", text, n)
}

func (postgresDialect) lockRow() string   { return " FOR UPDATE OF r" }
func (postgresDialect) shareRows() string { return " FOR SHARE OF r" }

// descend walks into a jsonb object.
func descend(object string, path []string) string {
	for _, name := range path {
		object += " -> " + quote(name)
	}
	return object
}

func (postgresDialect) lockBootstrap(db *gorm.DB) error {
	return db.Exec("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE").Error
}

type sqliteDialect struct{}

func (sqliteDialect) member(object string, path []string) string {
	return "(" + object + " ->> " + jsonPath(path) + ")"
}

func (d sqliteDialect) present(object string, path []string) string {
	return "json_type(" + object + ", " + jsonPath(path) + ") IS NOT NULL"
}

func (sqliteDialect) elements(object string, path []string) string {
	return "json_each(" + object + ", " + jsonPath(path) + ") AS e"
}

func (sqliteDialect) element() string     { return "e.value" }
func (sqliteDialect) elementText() string { return "e.value" }

func (sqliteDialect) firstElement() string {
	return `(CASE WHEN e.type = 'object' THEN e.value ->> '$."primary"' END IS 'true') DESC, e.key`
}

func (sqliteDialect) contains(text string) string { return "instr(" + text + ", ?) > 0" }

func (sqliteDialect) suffix(text string, n int) string {
	return fmt.Sprintf("substr(%s, -%d)", text, n)
}

// Transactions that change something have the whole database to themselves.
func (sqliteDialect) lockBootstrap(*gorm.DB) error { return nil }

func (sqliteDialect) lockRow() string   { return "" }
func (sqliteDialect) shareRows() string { return "" }

// jsonPath gives SQLite's path to a member.
func jsonPath(path []string) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, name := range path {
		b.WriteString(`."` + name + `"`)
	}
	return quote(b.String())
}

// quote gives a string literal. Attribute names and URNs have no quotes; that
// one had them would still end in a literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// successor gives the least string that no string beginning with s reaches; ok
// is false where there is none.
func successor(s string) (next string, ok bool) {
	for s != "" {
		last, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
		switch {
		case last == utf8.MaxRune:
			continue
		case last+1 == 0xD800: // surrogates are no characters
			return s + string(rune(0xE000)), true
		default:
			return s + string(last+1), true
		}
	}
	return "", false
}
