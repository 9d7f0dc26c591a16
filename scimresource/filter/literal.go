package filter

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	filterparser "github.com/scim2/filter-parser/v2"
)

// compareValue reads the value of a comparison.
func (p *parser) compareValue() (any, error) {
	var value any
	switch tok := p.tok; {
	case tok.kind == quoted && !tok.spaced:
		return nil, p.expected("a space before the value")
	case tok.kind == quoted:
		s, err := p.unquote(tok)
		if err != nil {
			return nil, err
		}
		value = s
	case tok.kind == word && !isReserved(tok.text):
		value = literal(tok.text)
	default:
		return nil, p.expected("a value, strings being in double quotes")
	}
	p.advance()
	return value, nil
}

// unquote gives the text that a JSON string stands for. U+0000 is refused,
// escaped too, for databases can't compare it.
func (p *parser) unquote(t token) (string, error) {
	if !strings.ContainsAny(t.text, "\\\t") {
		return t.text[1 : len(t.text)-1], nil
	}
	s, err := jsontext.AppendUnquote(nil, t.text)
	if err != nil {
		return "", p.faultAt(t.pos, "the string %s is malformed JSON: look at its backslashes and tabs", excerpt(t.text))
	}
	if i := strings.IndexByte(string(s), 0); i >= 0 {
		return "", p.faultAt(t.pos, "the string %s holds the character U+0000, which is not accepted", excerpt(t.text))
	}
	return string(s), nil
}

// literal gives the value of a word: a literal of JSON, or else a string that
// lacks its quotes, as in "externalId eq jyoung". Numbers are those of JSON
// (RFC 8259 §6) and kept as written, whatever their size; 007 and 1f8a-22 are
// strings.
func literal(w string) any {
	switch strings.ToLower(w) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if isNumber(w) {
		return json.Number(w)
	}
	return w
}

// isNumber reports whether s is a number of JSON and nothing else.
func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || isDigit(s[0])) && isDigit(s[len(s)-1]) && json.Valid([]byte(s))
}

// isReserved reports whether a word is an operator or a keyword and so, without
// quotes, no value: in "title eq and active eq true" one is missing.
func isReserved(w string) bool {
	switch lower := strings.ToLower(w); lower {
	case string(filterparser.AND), string(filterparser.OR), "not":
		return true
	default:
		return isOperator(filterparser.CompareOperator(lower))
	}
}

func isOperator(op filterparser.CompareOperator) bool {
	switch op {
	case filterparser.EQ, filterparser.NE, filterparser.CO, filterparser.SW, filterparser.EW,
		filterparser.GT, filterparser.GE, filterparser.LT, filterparser.LE, filterparser.PR:
		return true
	default:
		return false
	}
}
