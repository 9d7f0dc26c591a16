package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	elimity "github.com/elimity-com/scim/schema"
)

// URIs of the discovery documents themselves.
const (
	SchemaURI       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ResourceTypeURI = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// Definitions are custom schemas and changes to resource types, as read from
// RFC 7643 documents.
type Definitions struct {
	Schemas       []elimity.Schema
	ResourceTypes []TypeDefinition
}

// TypeDefinition is a ResourceType document (RFC 7643 §6).
type TypeDefinition struct {
	Name       string `json:"name"`
	Endpoint   string `json:"endpoint"`
	Schema     string `json:"schema"`
	Extensions []struct {
		Schema   string `json:"schema"`
		Required bool   `json:"required"`
	} `json:"schemaExtensions"`
}

// Load reads every *.json file at the top of fsys: each a Schema (RFC 7643 §7)
// or ResourceType (§6) document, or an array or ListResponse of them. All
// faults are reported together, each with its file.
func Load(fsys fs.FS) (Definitions, error) {
	var defs Definitions
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return defs, fmt.Errorf("list schema files: %w", err)
	}
	var faults []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err == nil {
			err = defs.add(data)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path.Base(name), err))
		}
	}
	return defs, errors.Join(faults...)
}

// add takes in one document or a list of them.
func (d *Definitions) add(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) == nil {
		return d.addAll(list)
	}
	var doc struct {
		Schemas   []string          `json:"schemas"`
		Resources []json.RawMessage `json:"Resources"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	if doc.Resources != nil {
		return d.addAll(doc.Resources)
	}
	for _, uri := range doc.Schemas {
		if strings.EqualFold(uri, ResourceTypeURI) {
			return d.addType(data)
		}
	}
	return d.addSchema(data)
}

func (d *Definitions) addAll(docs []json.RawMessage) error {
	for i, doc := range docs {
		if err := d.add(doc); err != nil {
			return fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return nil
}

func (d *Definitions) addSchema(data []byte) error {
	var s elimity.Schema
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("not a Schema document (RFC 7643 §7): %w", err)
	}
	if s.ID == "" || len(s.Attributes) == 0 {
		return errors.New(`a Schema document needs "id" and at least one of "attributes" (RFC 7643 §7)`)
	}
	d.Schemas = append(d.Schemas, s)
	return nil
}

func (d *Definitions) addType(data []byte) error {
	var t TypeDefinition
	if err := json.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("not a ResourceType document (RFC 7643 §6): %w", err)
	}
	if t.Name == "" || t.Schema == "" {
		return errors.New(`a ResourceType document needs "name" and "schema" (RFC 7643 §6)`)
	}
	d.ResourceTypes = append(d.ResourceTypes, t)
	return nil
}

// extend adds custom definitions to the registry. An extension that no
// ResourceType document names belongs to the resource type its URN ends in.
func (r *Registry) extend(custom Definitions) error {
	var faults []error
	named := map[string]bool{}
	for _, def := range custom.Schemas {
		if r.Schema(def.ID) != nil {
			faults = append(faults, fmt.Errorf("schema %s is defined twice", def.ID))
			continue
		}
		s := compile(def)
		faults = append(faults, s.check())
		r.addSchema(s)
	}
	for _, def := range custom.ResourceTypes {
		for _, e := range def.Extensions {
			named[strings.ToLower(e.Schema)] = true
		}
		faults = append(faults, r.extendType(def))
	}
	for _, def := range custom.Schemas {
		if !named[strings.ToLower(def.ID)] {
			faults = append(faults, r.attach(def.ID))
		}
	}
	return errors.Join(faults...)
}

// extendType adds the extensions of a ResourceType document to the type it
// describes.
func (r *Registry) extendType(def TypeDefinition) error {
	t := r.Type(def.Name)
	if t == nil || !strings.EqualFold(t.Base.ID, def.Schema) {
		return fmt.Errorf("resource type %s with schema %s: only User and Group, with their core schemas, can be extended", def.Name, def.Schema)
	}
	for _, e := range def.Extensions {
		s := r.Schema(e.Schema)
		if s == nil {
			return fmt.Errorf("resource type %s: no schema %s is defined", def.Name, e.Schema)
		}
		if r.isBase(s) {
			return fmt.Errorf("resource type %s: schema %s is the base of a resource type, not an extension", def.Name, e.Schema)
		}
		t.addExtension(s, e.Required)
	}
	return nil
}

// isBase reports whether s is the base schema of a resource type.
func (r *Registry) isBase(s *Schema) bool {
	return slices.ContainsFunc(r.types, func(t *ResourceType) bool { return t.Base == s })
}

// attach adds an extension to the resource type that its URN ends in.
func (r *Registry) attach(uri string) error {
	last := uri[strings.LastIndexByte(uri, ':')+1:]
	for _, t := range r.types {
		if strings.EqualFold(t.Name, last) {
			t.addExtension(r.Schema(uri), false)
			return nil
		}
	}
	return fmt.Errorf("schema %s: no ResourceType document names it in schemaExtensions, and its URN doesn't end in :User or :Group", uri)
}

func (t *ResourceType) addExtension(s *Schema, required bool) {
	for i := range t.Extensions {
		if t.Extensions[i].Schema == s {
			t.Extensions[i].Required = required
			return
		}
	}
	t.Extensions = append(t.Extensions, Extension{Schema: s, Required: required})
}
