// Package inbound takes in what directory vendors post: it verifies messages,
// keeps each once in an inbox, and applies them to the directory in order, by
// the same Directory service that answers SCIM. It also compares the directory
// with an upstream that can be read, and repairs what differs.
//
// What is particular to a vendor is in a file of its own. The package knows no
// SQL: what it needs of a database is the interface Store.
package inbound
