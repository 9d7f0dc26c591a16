package filter

import (
	"strings"
	"unicode/utf8"
)

// kind is the kind of a token. The four brackets are kinds of their own.
type kind byte

const (
	end    kind = 0
	word   kind = 'a' // a run of anything but blanks, brackets and quotes
	quoted kind = '"' // a JSON string
	opened kind = '!' // a JSON string without its closing quote
)

// token is the smallest unit of a filter: a bracket, a JSON string or a word.
// Whether a word is an attribute, an operator or a value depends on where it
// stands.
type token struct {
	kind   kind
	text   string // as written; that of a string includes its quotes
	pos    int    // byte offset in the source
	spaced bool   // blanks stand before it
}

// lexer cuts a source into tokens.
type lexer struct {
	src string
	pos int
}

// next gives the next token; at the end of the source it gives end forever.
func (l *lexer) next() token {
	start := l.pos
	for l.pos < len(l.src) && isBlank(l.src[l.pos]) {
		l.pos++
	}
	t := token{pos: l.pos, spaced: l.pos > start}
	rest := l.src[l.pos:]
	var n int
	t.kind, n = scan(rest)
	t.text = rest[:n]
	l.pos += n
	return t
}

// scan gives the kind and length in bytes of the token that s starts with.
func scan(s string) (kind, int) {
	if s == "" {
		return end, 0
	}
	switch c := s[0]; c {
	case '(', ')', '[', ']':
		return kind(c), 1
	case '"':
		return scanQuoted(s)
	default:
		return word, wordLen(s)
	}
}

func scanQuoted(s string) (kind, int) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return quoted, i + 1
		}
	}
	return opened, len(s)
}

func wordLen(s string) int {
	for i := range len(s) {
		switch c := s[i]; c {
		case '(', ')', '[', ']', '"':
			return i
		default:
			if isBlank(c) {
				return i
			}
		}
	}
	return len(s)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// is reports whether the token is the given keyword, in any case.
func (t token) is(keyword string) bool {
	return t.kind == word && len(t.text) == len(keyword) && strings.EqualFold(t.text, keyword)
}

// String tells what was found, for the detail of a fault.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case opened:
		return "a string without its closing quote"
	case quoted:
		return "the string " + excerpt(t.text)
	default:
		return `"` + excerpt(t.text) + `"`
	}
}

// excerpt cuts a text of the client to what an error message may repeat.
func excerpt(s string) string {
	const most = 24 // characters
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
