package filter

import "github.com/scimhub/scimhub/scimresource/schema"

// Expr is a filter bound to the attributes of one resource type. Its logic is
// two-valued: a comparison with a missing value is false, but for NE, which is
// true, so that "not (a eq x)" and "a ne x" agree where a is missing.
//
// An Expr is what an engine has to understand: six cases, no attribute names
// to resolve, no values to convert. It is one of And, Or, Not, Any, Compare
// and Present.
type Expr interface{ expr() }

// And holds where all terms hold. It has at least two.
type And struct{ Terms []Expr }

// Or holds where at least one term holds. It has at least two.
type Or struct{ Terms []Expr }

// Not holds where its term does not.
type Not struct{ Term Expr }

// Any holds where at least one element of the multi-valued attribute at Path
// satisfies Where. The paths in Where start at the element; Any is never
// nested in Any.
type Any struct {
	Path  Path
	Where Expr
}

// Compare compares the value at Path with a literal.
type Compare struct {
	Path  Path
	Op    Op
	Value Value
}

// Present holds where the attribute at Path has a value (RFC 7644 §3.4.2.2,
// "pr"). A complex attribute is present when one of its sub-attributes is, a
// multi-valued one when it has an element.
type Present struct{ Path Path }

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Any) expr()     {}
func (Compare) expr() {}
func (Present) expr() {}

// Path leads through single-valued attributes, from the resource (inside Any:
// from the element) to the one that is meant, e.g. [name givenName] or
// [urn:…:User manager value]. Inside Any over a multi-valued attribute without
// sub-attributes the empty Path is the element itself.
type Path []*schema.Attr

// Op is a comparison operator of RFC 7644 §3.4.2.2, Table 3.
type Op string

// The comparison operators, "pr" apart, which is Present.
const (
	EQ Op = "eq"
	NE Op = "ne"
	CO Op = "co"
	SW Op = "sw"
	EW Op = "ew"
	GT Op = "gt"
	GE Op = "ge"
	LT Op = "lt"
	LE Op = "le"
)

// Value is the literal of a comparison, converted to the attribute's type.
type Value struct {
	Key string // the comparison key: see schema.Attr.Key
	Raw any    // string, bool, json.Number or time.Time
}

// Sort is an order of resources by the value at Path: that of the primary
// element or else the first of a multi-valued attribute. Resources without a
// value come last ascending and first descending (RFC 7644 §3.4.2.3).
type Sort struct {
	Path       Path // may lead through one multi-valued attribute
	Descending bool
}

// String gives the path as written in a filter, e.g. "name.givenName".
func (p Path) String() string {
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1].Path
}
