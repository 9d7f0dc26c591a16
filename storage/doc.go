// Package storage keeps the hub's data in PostgreSQL or SQLite through gorm. It
// is the only place with SQL.
//
// A Store opens the database and knows organizations, directories and tokens;
// Bind gives the part of it that one actor may touch, a scimresource.Store, and
// nothing else in the package reads or writes resources. On PostgreSQL
// row-level security is a second fence around every organization.
//
// Both engines compare alike because neither is asked to: what SCIM compares
// is a key computed in Go (schema.Attr.Key), stored beside the document and
// compared by bytes. Times are microseconds since 1970 in UTC.
//
// The package knows nothing of HTTP. What every engine owes is stated in
// storagetest.
package storage
