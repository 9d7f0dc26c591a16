package webhooks

import (
	"context"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// maxRecovery is after how many queued events a recovery stops and lets its
// caller decide to go on.
const maxRecovery = 100_000

// Recovered is how far a recovery came.
type Recovered struct {
	Since, Until time.Time // the window
	Queued       int
	Next         int64 // Recovery.After to go on with; 0: it is complete
}

// Recover queues the events of a window of time once more. Without an end, the
// window ends now. A subscription that is not active is a fault of kind Conflict:
// what is queued for it would wait for nobody knows how long.
func (s *Subscriptions) Recover(ctx context.Context, r Recovery) (Recovered, error) {
	if r.Until.IsZero() {
		r.Until = s.service.now()
	}
	if !r.Since.Before(r.Until) {
		return Recovered{}, fault.New(fault.InvalidValue, "since must be before until, which is %s", r.Until.Format(time.RFC3339Nano))
	}
	done := Recovered{Since: r.Since, Until: r.Until}
	for {
		step, err := s.store.Recover(ctx, r)
		if err != nil {
			return done, err
		}
		done.Queued += step.Queued
		done.Next, r.After = step.Next, step.Next
		if step.Next == 0 || done.Queued >= maxRecovery {
			s.service.Logger.InfoContext(ctx, "events queued for recovery", "subscription_id", r.SubscriptionID,
				"organization_id", s.actor.OrganizationID, "queued", done.Queued, "complete", done.Next == 0)
			return done, nil
		}
	}
}
