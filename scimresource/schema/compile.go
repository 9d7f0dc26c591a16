package schema

import (
	elimity "github.com/elimity-com/scim/schema"
)

// URIs of the schemas that every hub has.
const (
	UserURI           = elimity.UserSchema
	GroupURI          = elimity.GroupSchema
	EnterpriseUserURI = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// Schema is a compiled schema definition (RFC 7643 §7).
type Schema struct {
	ID          string
	Name        string
	Description string
	Attrs       []*Attr
}

// compile turns a definition of the library into our tree.
func compile(def elimity.Schema) *Schema {
	s := &Schema{ID: def.ID, Name: def.Name.Value(), Description: def.Description.Value()}
	for _, a := range def.Attributes {
		s.Attrs = append(s.Attrs, compileAttr(a))
	}
	correct(s)
	return s
}

func compileAttr(a elimity.CoreAttribute) *Attr {
	out := &Attr{
		Name:        a.Name(),
		Type:        Type(a.AttributeType()),
		Multi:       a.MultiValued(),
		Required:    a.Required(),
		CaseExact:   a.CaseExact(),
		Mutability:  Mutability(a.Mutability()),
		Returned:    Returned(a.Returned()),
		Uniqueness:  a.Uniqueness(),
		Canonical:   a.CanonicalValues(),
		Description: a.Description(),
	}
	if out.Type == Reference || out.Type == Binary {
		out.CaseExact = true // RFC 7643 §2.3.6 and §2.3.7, whatever the document says
	}
	for _, t := range a.ReferenceTypes() {
		out.RefTypes = append(out.RefTypes, string(t))
	}
	for _, s := range a.SubAttributes() {
		out.Subs = append(out.Subs, compileAttr(s))
	}
	return out
}

// correct applies what the errata and the text of RFC 7643 say over its
// printed schemas: an attribute that holds the id of a resource is compared
// exactly, as ids are (erratum 8472; §3.1).
func correct(s *Schema) {
	idHolders := map[string]string{UserURI: "groups", GroupURI: "members", EnterpriseUserURI: "manager"}
	name, ok := idHolders[s.ID]
	if !ok {
		return
	}
	for _, a := range s.Attrs {
		if a.Name != name {
			continue
		}
		for _, sub := range a.Subs {
			if sub.Name == "value" {
				sub.CaseExact = true
			}
		}
	}
}

// common gives fresh copies of the attributes that every resource has
// (RFC 7643 §3.1), schemas first.
func common() []*Attr {
	var out []*Attr
	for _, a := range elimity.CommonAttributes() {
		c := compileAttr(a)
		if c.Name == "schemas" {
			c.Mutability = ReadWrite // PATCH may change it (RFC 7644 §3.5.2)
			c.Returned = ReturnedDefault
			c.CaseExact = false // URNs are compared without case (RFC 7644 §3.10)
		}
		out = append(out, c)
	}
	return out
}
