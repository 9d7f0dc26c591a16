package storage

import (
	"context"
	"math/rand/v2"
	"time"
)

// Attempts of a transaction, and the longest waits between them: 5, 10, 20 ms
// and so on.
const (
	maxAttempts = 8
	firstWait   = 5 * time.Millisecond
)

// retry runs attempt until it succeeds, fails for good or was tried often
// enough. Only faults that a repetition can heal are worth one: deadlocks,
// serialization failures, a busy SQLite file.
func (s *Store) retry(ctx context.Context, attempt func() error) error {
	for n := 1; ; n++ {
		err := attempt()
		if err == nil || n == maxAttempts || s.engine.judge(err) != transient {
			return err
		}
		s.Logger.DebugContext(ctx, "transaction runs again", "attempt", n, "error", err)
		longest := firstWait << (n - 1)
		if pause(ctx, rand.N(longest)+1) != nil { //nolint:gosec // jitter needs no secrecy
			return err
		}
	}
}

// pause waits, but no longer than the context lives.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
