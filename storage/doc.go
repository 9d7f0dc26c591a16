// Package storage keeps the hub's data in PostgreSQL or SQLite. It is the only
// package that knows SQL.
//
// A Store holds the connections. What belongs to one organization is reached by
// Bind, which gives a scimresource.Store that puts the organization into every
// statement; on PostgreSQL row-level security is the second fence behind it.
//
// Filters are compiled to SQL that is never NULL and in which only parameters
// carry values. Both engines compare the keys of package schema, so they agree
// with each other and with filter.Match.
//
// The package knows nothing of HTTP, and no rules: what a change means is
// decided before it comes here.
package storage
