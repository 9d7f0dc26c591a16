// Package storagetest states what every database engine owes the hub, and makes
// databases for tests.
//
// Run is the statement: one subtest for each promise. Open, SQLiteDSN and
// PostgresDSN serve tests of other packages too.
package storagetest
