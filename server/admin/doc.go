// Package admin is the hub's API beside SCIM, as api/openapi.yaml describes it:
// subscriptions, deliveries and the feed of events, and the description itself.
//
// It knows nothing of SQL, nor of how events are delivered.
package admin
