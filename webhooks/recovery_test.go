package webhooks_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/webhooks"
)

// endless is a store with more events than anybody makes for a test: each step
// of a recovery queues a thousand, and there is always another.
type endless struct{ webhooks.Store }

func (endless) Recover(_ context.Context, r webhooks.Recovery) (webhooks.RecoveryStep, error) {
	return webhooks.RecoveryStep{Queued: 1000, Next: r.After + 1000}, nil
}

func TestRecoveryStopsAndSaysWhereToGoOn(t *testing.T) {
	now := time.Now()
	service := webhooks.NewService(webhooks.ServiceConfig{
		Bind: func(string) webhooks.Store { return endless{} }, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	since := now.Add(-time.Hour)
	for _, after := range []int64{0, 100_000} {
		got, err := service.As(access.Actor{}).Recover(t.Context(), webhooks.Recovery{Since: since, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if got.Queued != 100_000 || got.Next != after+100_000 || !got.Since.Equal(since) || !got.Until.Equal(now.UTC().Truncate(time.Microsecond)) {
			t.Errorf("after %d: %+v", after, got)
		}
	}
}
