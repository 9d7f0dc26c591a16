// Package patch applies SCIM PATCH requests (RFC 7644 §3.5.2) to resources in
// canonical form: Parse reads the message and binds every path to the schema
// tree, Apply carries the operations out in order on a copy, so that a request
// happens as a whole or not at all.
//
// Members of a group never pass through the document: operations on them come
// out as MemberOps, which Fold reduces to sets, so that adding one member costs
// the same in a group of ten and in one of a hundred thousand.
//
// Where identity providers are known to depart from the RFC and the departure
// can't be mistaken for something else, it is understood; testdata has one
// example for each.
//
// The package knows nothing of storage or HTTP.
package patch
