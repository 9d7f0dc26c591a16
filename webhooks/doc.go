// Package webhooks tells others of changes: subscriptions, the feed of events,
// and the dispatcher that delivers events signed, in order and until they
// arrive. Payload formats, signatures and the HTTP client that posts to
// addresses which strangers chose are here too.
//
// It knows no SQL: what it needs of a database are the interfaces Store and
// Queue. It knows nothing of the admin API either, nor of what a change means.
package webhooks
