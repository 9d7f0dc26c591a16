package schema

import (
	"strings"

	elimity "github.com/elimity-com/scim/schema"
)

// Names of the two resource types that every hub has.
const (
	User  = "User"
	Group = "Group"
)

// ResourceType is a compiled resource type (RFC 7643 §6): a base schema and its
// extensions as one tree.
type ResourceType struct {
	Name        string
	Endpoint    string // "/Users"
	Description string
	Base        *Schema
	Extensions  []Extension
	Root        *Attr // the resource as one complex attribute
}

// Extension is a schema extension of a resource type.
type Extension struct {
	Schema   *Schema
	Required bool // a resource without it is refused
}

// Registry holds the schemas and resource types that a hub offers. It does not
// change after it was made.
type Registry struct {
	types   []*ResourceType
	schemas []*Schema
	byName  map[string]*ResourceType
	byURI   map[string]*Schema // lower-case URI
}

// NewRegistry compiles the core schemas and the given custom definitions.
func NewRegistry(custom Definitions) (*Registry, error) {
	r := &Registry{byName: map[string]*ResourceType{}, byURI: map[string]*Schema{}}
	for _, def := range []elimity.Schema{elimity.CoreUserSchema(), elimity.CoreGroupSchema(), elimity.ExtensionEnterpriseUser()} {
		r.addSchema(compile(def))
	}
	r.addType(&ResourceType{
		Name: User, Endpoint: "/Users", Description: "User Account", Base: r.Schema(UserURI),
		Extensions: []Extension{{Schema: r.Schema(EnterpriseUserURI)}},
	})
	r.addType(&ResourceType{Name: Group, Endpoint: "/Groups", Description: "Group", Base: r.Schema(GroupURI)})
	if err := r.extend(custom); err != nil {
		return nil, err
	}
	for _, t := range r.types {
		t.compile()
	}
	return r, nil
}

// Types gives the resource types in a fixed order.
func (r *Registry) Types() []*ResourceType { return r.types }

// Schemas gives the schemas in a fixed order, base schemas first.
func (r *Registry) Schemas() []*Schema { return r.schemas }

// Type gives the resource type of a name such as User, or nil.
func (r *Registry) Type(name string) *ResourceType { return r.byName[name] }

// Schema gives the schema of a URI, in any case (RFC 7644 §3.10), or nil.
func (r *Registry) Schema(uri string) *Schema { return r.byURI[strings.ToLower(uri)] }

func (r *Registry) addSchema(s *Schema) {
	r.schemas = append(r.schemas, s)
	r.byURI[strings.ToLower(s.ID)] = s
}

func (r *Registry) addType(t *ResourceType) {
	r.types = append(r.types, t)
	r.byName[t.Name] = t
}

// compile builds the tree of the whole resource.
func (t *ResourceType) compile() {
	root := &Attr{Name: t.Name, Type: Complex, Mutability: ReadWrite, Returned: ReturnedDefault}
	root.Subs = append(root.Subs, common()...)
	root.Subs = append(root.Subs, t.Base.Attrs...)
	for _, e := range t.Extensions {
		root.Subs = append(root.Subs, &Attr{
			Name: e.Schema.ID, Type: Complex, Mutability: ReadWrite, Returned: ReturnedDefault,
			Required: e.Required, Extension: true, Subs: e.Schema.Attrs, Description: e.Schema.Description,
		})
	}
	root.link("")
	t.Root = root
}

// Attr resolves an attribute path: an optional schema URI, an attribute name
// and an optional sub-attribute name, all in any case. It gives the chain of
// attributes from the outermost (an extension, or the attribute itself) to the
// one named, or nil where the resource type has no such attribute. A uri that
// together with ":" and name is an extension's URN names the extension as a
// whole.
func (t *ResourceType) Attr(uri, name, sub string) []*Attr {
	chain := t.prefix(uri, name)
	if chain == nil || sub == "" {
		return chain
	}
	s := chain[len(chain)-1].Sub(sub)
	if s == nil {
		return nil
	}
	return append(chain, s)
}

// prefix resolves all of an attribute path but the sub-attribute.
func (t *ResourceType) prefix(uri, name string) []*Attr {
	if uri == "" || strings.EqualFold(uri, t.Base.ID) {
		if a := t.Root.Sub(name); a != nil {
			return []*Attr{a}
		}
		return nil
	}
	if ext := t.Root.Sub(uri + ":" + name); ext != nil && ext.Extension {
		return []*Attr{ext}
	}
	outer := t.Root.Sub(uri) // an extension, or, as some clients write, "name:familyName"
	if outer == nil {
		return nil
	}
	if a := outer.Sub(name); a != nil {
		return []*Attr{outer, a}
	}
	return nil
}

// Extension gives the attribute that stands for the extension of a URI, in any
// case, or nil.
func (t *ResourceType) Extension(uri string) *Attr {
	if a := t.Root.Sub(uri); a != nil && a.Extension {
		return a
	}
	return nil
}
