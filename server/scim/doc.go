// Package scim answers the SCIM 2.0 protocol (RFC 7644) below /scim/v2: it
// reads requests, asks the Directory, and writes resources, lists and the
// discovery documents.
//
// It knows nothing of tokens or of how errors are written: handlers return
// faults, and the server answers them.
package scim
