package filter

import (
	"strings"

	filterparser "github.com/scim2/filter-parser/v2"
)

// ParsePath reads a PATCH path of RFC 7644 §3.5.2: an attribute, or a value
// path with or without a sub-attribute. Faults are of kind InvalidPath, but
// InvalidFilter where a value filter that has its brackets is wrong.
//
// The text doesn't tell the URN of an extension from the path of an attribute:
// urn:…:2.0:User comes out as attribute "User" of the URI "urn:…:2.0", and so
// does name:familyName as "familyName" of the URI "name". Whoever binds the
// path to a resource type tells them apart. What follows the last colon and is
// no attribute path, like the end of urn:example:hr:1.0, is the AttributeName
// as a whole.
func ParsePath(s string) (filterparser.Path, error) {
	p := parser{lexer: lexer{src: s}, what: "path"}
	if err := p.start(); err != nil {
		return filterparser.Path{}, err
	}
	path, err := p.path()
	switch {
	case err != nil:
		return filterparser.Path{}, err
	case p.tok.kind != end:
		return filterparser.Path{}, p.expected("the end")
	}
	return path, nil
}

// ParseAttrPath reads the path of an attribute without a value filter, as in
// the parameters attributes and sortBy (RFC 7644 §3.10). Like ParsePath it
// leaves open what stands before the last colon. Faults are of kind InvalidPath.
func ParseAttrPath(s string) (filterparser.AttributePath, error) {
	p := parser{lexer: lexer{src: s}, what: "path"}
	if err := p.start(); err != nil {
		return filterparser.AttributePath{}, err
	}
	path, err := p.attrPath()
	switch {
	case err != nil:
		return filterparser.AttributePath{}, err
	case p.tok.kind != end:
		return filterparser.AttributePath{}, p.expected("the end")
	}
	return path, nil
}

func (p *parser) path() (filterparser.Path, error) {
	var path filterparser.Path
	var err error
	if path.AttributePath, err = p.attrPath(); err != nil || !p.opensValueFilter() {
		return path, err
	}
	if path.ValueExpression, err = p.valueFilter(); err != nil || !p.startsSubAttr() {
		return path, err
	}
	name, err := p.subAttr()
	path.SubAttribute = &name
	return path, err
}

// attrPath reads an attribute path, which is one word.
func (p *parser) attrPath() (filterparser.AttributePath, error) {
	if p.tok.kind != word {
		return filterparser.AttributePath{}, p.expected("an attribute")
	}
	path, ok := splitAttrPath(p.tok.text)
	if !ok {
		return filterparser.AttributePath{}, p.expected("an attribute such as userName or name.familyName")
	}
	p.advance()
	return path, nil
}

// splitAttrPath takes an attribute path apart. The URI reaches to the last
// colon, whatever dots are in it.
func splitAttrPath(s string) (filterparser.AttributePath, bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return splitName(s)
	}
	uri, rest := s[:i], s[i+1:]
	path, ok := splitName(rest)
	if !ok {
		path, ok = filterparser.AttributePath{AttributeName: rest}, isURI(rest)
	}
	path.URIPrefix = &uri
	return path, ok && isURI(uri)
}

// splitName takes name or name.sub apart.
func splitName(s string) (filterparser.AttributePath, bool) {
	name, sub, dotted := strings.Cut(s, ".")
	path := filterparser.AttributePath{AttributeName: name}
	if dotted {
		path.SubAttribute = new(sub)
	}
	return path, isName(name) && (!dotted || isName(sub))
}

// startsSubAttr reports whether the token at hand is the sub-attribute of the
// value path before it.
func (p *parser) startsSubAttr() bool {
	return p.tok.kind == word && !p.tok.spaced && p.tok.text[0] == '.'
}

func (p *parser) subAttr() (string, error) {
	name := p.tok.text[1:]
	if !isName(name) {
		return "", p.expected(`"." and the name of a sub-attribute`)
	}
	p.advance()
	return name, nil
}

// isName reports whether s is an attribute name: a letter, then letters,
// digits, "-", "_" and "$" (RFC 7643 §2.1). The one in use that begins
// otherwise is "$ref".
func isName(s string) bool {
	s = strings.TrimPrefix(s, "$")
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '$' {
			return false
		}
	}
	return true
}

// isURI reports whether s may be part of a URI: not empty, and nothing but the
// characters of RFC 3986 §2 that can stand in a word.
func isURI(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && strings.IndexByte("-._~:/?#@!$&'*+,;=%", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
