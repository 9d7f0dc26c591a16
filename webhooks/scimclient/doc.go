// Package scimclient reads from SCIM 2.0 servers of others, in the hub's own
// vocabulary. It takes servers as they are: with pages smaller than what was
// asked for, numbers as strings, counts that are wrong, and names in any case.
//
// It writes nothing, and knows nothing of how a server is authenticated to.
package scimclient
