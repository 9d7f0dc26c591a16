package scim

import (
	"encoding/json"

	"github.com/scimhub/scimhub/scimresource/schema"
)

// documentationURI is where people read on.
const documentationURI = "https://github.com/scimhub/scimhub"

// listResponse is a list of discovery documents (RFC 7644 §3.4.2).
type listResponse struct {
	Schemas      []string          `json:"schemas"`
	TotalResults int               `json:"totalResults"`
	StartIndex   int               `json:"startIndex"`
	ItemsPerPage int               `json:"itemsPerPage"`
	Resources    []json.RawMessage `json:"Resources"`
}

// meta is the meta attribute of a discovery document.
type meta struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

// providerConfig is the ServiceProviderConfig (RFC 7643 §5). All of it is sent,
// also about what is not supported: some clients fail without.
type providerConfig struct {
	Schemas               []string     `json:"schemas"`
	DocumentationURI      string       `json:"documentationUri"`
	Patch                 supported    `json:"patch"`
	Bulk                  bulk         `json:"bulk"`
	Filter                filterConfig `json:"filter"`
	ChangePassword        supported    `json:"changePassword"`
	Sort                  supported    `json:"sort"`
	ETag                  supported    `json:"etag"`
	AuthenticationSchemes []authScheme `json:"authenticationSchemes"`
	Meta                  meta         `json:"meta"`
}

type supported struct {
	Supported bool `json:"supported"`
}

type bulk struct {
	Supported      bool `json:"supported"`
	MaxOperations  int  `json:"maxOperations"`
	MaxPayloadSize int  `json:"maxPayloadSize"`
}

type filterConfig struct {
	Supported  bool `json:"supported"`
	MaxResults int  `json:"maxResults"`
}

type authScheme struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	Description string `json:"description"`
	SpecURI     string `json:"specUri"`
	Primary     bool   `json:"primary"`
}

func newProviderConfig(base string, maxResults int) providerConfig {
	return providerConfig{
		Schemas:          []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		DocumentationURI: documentationURI,
		Patch:            supported{true},
		Filter:           filterConfig{Supported: true, MaxResults: maxResults},
		Sort:             supported{true},
		ETag:             supported{true},
		AuthenticationSchemes: []authScheme{{
			Type: "oauthbearertoken", Name: "Bearer token", Primary: true,
			Description: "A token of the hub in the Authorization header",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
		}},
		Meta: meta{ResourceType: "ServiceProviderConfig", Location: base + providerPath},
	}
}

// resourceType is a ResourceType document (RFC 7643 §6).
type resourceType struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Endpoint    string      `json:"endpoint"`
	Schema      string      `json:"schema"`
	Extensions  []extension `json:"schemaExtensions,omitempty"`
	Meta        meta        `json:"meta"`
}

type extension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

func newResourceType(base string, t *schema.ResourceType) resourceType {
	doc := resourceType{
		Schemas: []string{schema.ResourceTypeURI}, ID: t.Name, Name: t.Name, Description: t.Description,
		Endpoint: t.Endpoint, Schema: t.Base.ID,
		Meta: meta{ResourceType: "ResourceType", Location: base + typesPath + "/" + t.Name},
	}
	for _, e := range t.Extensions {
		doc.Extensions = append(doc.Extensions, extension{e.Schema.ID, e.Required})
	}
	return doc
}

// schemaDocument is a Schema document (RFC 7643 §7).
type schemaDocument struct {
	Schemas     []string    `json:"schemas"`
	ID          string      `json:"id"`
	Name        string      `json:"name,omitempty"`
	Description string      `json:"description,omitempty"`
	Attributes  []attribute `json:"attributes"`
	Meta        meta        `json:"meta"`
}

// attribute is an attribute with every characteristic, defaults written out:
// clients read what is there and guess differently about what isn't.
type attribute struct {
	Name            string            `json:"name"`
	Type            schema.Type       `json:"type"`
	SubAttributes   []attribute       `json:"subAttributes,omitempty"`
	MultiValued     bool              `json:"multiValued"`
	Description     string            `json:"description,omitempty"`
	Required        bool              `json:"required"`
	CanonicalValues []string          `json:"canonicalValues,omitempty"`
	CaseExact       bool              `json:"caseExact"`
	Mutability      schema.Mutability `json:"mutability"`
	Returned        schema.Returned   `json:"returned"`
	Uniqueness      string            `json:"uniqueness"`
	ReferenceTypes  []string          `json:"referenceTypes,omitempty"`
}

func newSchema(base string, s *schema.Schema) schemaDocument {
	return schemaDocument{
		Schemas: []string{schema.SchemaURI}, ID: s.ID, Name: s.Name, Description: s.Description,
		Attributes: attributes(s.Attrs),
		Meta:       meta{ResourceType: "Schema", Location: base + schemasPath + "/" + s.ID},
	}
}

func attributes(attrs []*schema.Attr) []attribute {
	var out []attribute
	for _, a := range attrs {
		out = append(out, attribute{
			Name: a.Name, Type: a.Type, SubAttributes: attributes(a.Subs), MultiValued: a.Multi,
			Description: a.Description, Required: a.Required, CanonicalValues: a.Canonical,
			CaseExact: a.CaseExact, Mutability: a.Mutability, Returned: a.Returned,
			Uniqueness: a.Uniqueness, ReferenceTypes: a.RefTypes,
		})
	}
	return out
}
