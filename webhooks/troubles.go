package webhooks

import (
	"context"
	"sync"
)

// troubles remembers what was logged, so that a fault that lasts is logged once.
type troubles struct {
	mu   sync.Mutex
	last string
}

// isNew reports whether an error is another than the last.
func (t *troubles) isNew(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == err.Error() {
		return false
	}
	t.last = err.Error()
	return true
}

// over says that things go well again.
func (t *troubles) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = ""
}

// trouble logs an error that doesn't end the dispatcher.
func (d *Dispatcher) trouble(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil && d.troubles.isNew(err) {
		d.Logger.ErrorContext(ctx, "deliveries are held up", "doing", doing, "error", err)
	}
}
