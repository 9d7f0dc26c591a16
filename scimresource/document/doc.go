// Package document handles SCIM resources as JSON documents: it decodes what
// clients send under strict limits, normalises it by the schema tree to the one
// canonical form that is stored, encodes that form with a stable order of keys,
// compares and projects documents, and derives their comparison keys.
//
// It knows nothing of where documents are stored or how they travel.
package document
