// Package remote reads from HTTP APIs that belong to others: no faster than it
// is let, patient with answers that ask for patience, bounded in what it takes
// in, and with faults that say whether another try is worth it.
//
// It knows nothing of what it reads, nor of how a request is authenticated: that
// is the business of the http.Client it is given.
package remote
