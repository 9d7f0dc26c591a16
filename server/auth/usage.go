package auth

import (
	"context"
	"sync"
	"time"
)

// flushTimeout bounds the last write, after the process was told to stop.
const flushTimeout = 5 * time.Second

// usage collects when tokens were used, so that requests needn't write it.
type usage struct {
	mu     sync.Mutex
	usedAt map[string]time.Time // token id → latest use not written yet
}

func newUsage() *usage { return &usage{usedAt: map[string]time.Time{}} }

func (u *usage) note(tokenID string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at.After(u.usedAt[tokenID]) {
		u.usedAt[tokenID] = at
	}
}

// take gives what was noted and starts anew.
func (u *usage) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.usedAt
	u.usedAt = map[string]time.Time{}
	return taken
}

// Run writes last-used times until ctx is done, and once more then.
func (a *Authenticator) Run(ctx context.Context) {
	tick := time.NewTicker(a.FlushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			a.flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
			defer cancel()
			a.flush(last)
			return
		}
	}
}

// flush writes what was noted. What can't be written is kept for the next time:
// there are never more entries than tokens.
func (a *Authenticator) flush(ctx context.Context) {
	usedAt := a.usage.take()
	if len(usedAt) == 0 {
		return
	}
	if err := a.Store.TouchTokens(ctx, usedAt); err != nil {
		a.Logger.WarnContext(ctx, "last use of tokens not recorded", "error", err)
		for id, at := range usedAt {
			a.usage.note(id, at)
		}
	}
}
