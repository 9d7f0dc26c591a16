// Package scimresource is the domain: the Directory service, which reads and
// changes the users and groups of an organization, the rules it keeps, and the
// events each change announces. It knows nothing of HTTP or SQL; what it needs
// of a database is the Store interface.
//
// The packages below it are its vocabulary: schema (what attributes there
// are), document (resources as canonical JSON), filter, patch, event and fault.
package scimresource
