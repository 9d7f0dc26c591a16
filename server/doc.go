// Package server is the HTTP side of the hub: the gin engine, what holds for
// every request (request id, log, metrics, recovery, limits, authentication)
// and the one place where a fault becomes a status. The capabilities below it
// give it their routes.
//
// It knows nothing of SQL, nor of what a resource is.
package server
