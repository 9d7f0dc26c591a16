package filter

import (
	"unicode"
	"unicode/utf8"
)

// What a filter or path may cost. Identity providers send filters of one to
// three comparisons; the limits leave room for people and bound the work and
// the stack that a hostile text takes.
const (
	maxLength = 8 << 10 // bytes
	maxDepth  = 32      // levels of parentheses and brackets
	maxTerms  = 128     // comparisons, "pr" included
)

// checkText refuses a text that is too long, is not UTF-8 or holds control
// characters. Tabs are blanks; inside a string JSON forbids them too.
func (p *parser) checkText() error {
	if len(p.src) > maxLength {
		return p.faultAt(maxLength, "at most %d bytes are accepted, not %d", maxLength, len(p.src))
	}
	for i, r := range p.src {
		switch {
		case r == utf8.RuneError && !startsRune(p.src[i:]):
			return p.faultAt(i, "the text is not valid UTF-8")
		case unicode.IsControl(r) && r != '\t':
			return p.faultAt(i, "the control character U+%04X is not accepted", r)
		}
	}
	return nil
}

// startsRune tells a U+FFFD that was written from one that stands for bytes
// which are no UTF-8.
func startsRune(s string) bool {
	_, size := utf8.DecodeRuneInString(s)
	return size > 1
}
