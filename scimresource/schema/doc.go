// Package schema compiles SCIM schemas into one tree of attributes.
//
// Definitions come from the elimity-com/scim library (core User and Group, the
// enterprise extension) and from RFC 7643 §7 JSON documents (custom
// extensions). Everything that must agree on what an attribute is reads the
// compiled tree: validation, PATCH, projection, filters, sorting and the
// discovery documents, so that they can't disagree.
//
// The package knows nothing of resources as stored, of HTTP or of SQL.
package schema
