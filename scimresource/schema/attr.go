package schema

import (
	"slices"
	"strings"
)

// Type is the data type of an attribute (RFC 7643 §2.3).
type Type string

// The data types of RFC 7643 §2.3, spelled as in schema documents.
const (
	String    Type = "string"
	Boolean   Type = "boolean"
	Decimal   Type = "decimal"
	Integer   Type = "integer"
	DateTime  Type = "dateTime"
	Reference Type = "reference"
	Binary    Type = "binary"
	Complex   Type = "complex"
)

// Mutability says when a client may set an attribute (RFC 7643 §7).
type Mutability string

// The mutabilities of RFC 7643 §7.
const (
	ReadWrite Mutability = "readWrite"
	ReadOnly  Mutability = "readOnly"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned says when an attribute stands in an answer (RFC 7643 §7).
type Returned string

// The values of the returned characteristic of RFC 7643 §7.
const (
	ReturnedDefault Returned = "default"
	ReturnedAlways  Returned = "always"
	ReturnedNever   Returned = "never"
	ReturnedRequest Returned = "request"
)

// Attr is an attribute with all its characteristics. A resource type as a
// whole is an Attr too: complex, its sub-attributes being the common
// attributes, those of the base schema and, for each extension, a complex
// attribute whose name is the extension's URN. An Attr is immutable once
// compiled.
type Attr struct {
	Name        string
	Type        Type
	Multi       bool // multi-valued: a JSON array
	Required    bool
	CaseExact   bool
	Mutability  Mutability
	Returned    Returned
	Uniqueness  string   // none, server or global
	Canonical   []string // canonicalValues
	RefTypes    []string // referenceTypes
	Description string
	Extension   bool    // the attribute stands for a schema extension
	Subs        []*Attr // in the order of the schema, which is the order of the stored document
	Path        string  // the name in filters and PATCH paths, e.g. "name.givenName"; "" for a whole resource

	byName map[string]*Attr // lower-case name → sub-attribute
}

// Sub gives the sub-attribute of a name, in any case, or nil.
func (a *Attr) Sub(name string) *Attr {
	if s, ok := a.byName[name]; ok {
		return s
	}
	return a.byName[strings.ToLower(name)]
}

// Value gives the sub-attribute "value", which a complex attribute without a
// sub-attribute stands for in a comparison, or nil.
func (a *Attr) Value() *Attr { return a.Sub("value") }

// IsCanonical reports whether v is one of the attribute's canonical values, in
// any case.
func (a *Attr) IsCanonical(v string) bool {
	return slices.ContainsFunc(a.Canonical, func(c string) bool { return strings.EqualFold(c, v) })
}

// link fills in the look-up tables and paths of a and all below it.
func (a *Attr) link(path string) {
	a.Path = path
	a.byName = make(map[string]*Attr, 2*len(a.Subs))
	for _, s := range a.Subs {
		a.byName[s.Name] = s
		a.byName[strings.ToLower(s.Name)] = s
		s.link(join(a, s.Name))
	}
}

// join gives the path of a sub-attribute of a: a colon follows the URN of an
// extension, a dot anything else (RFC 7644 §3.10).
func join(a *Attr, name string) string {
	switch {
	case a.Path == "":
		return name
	case a.Extension:
		return a.Path + ":" + name
	default:
		return a.Path + "." + name
	}
}
