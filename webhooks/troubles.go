package webhooks

import "sync"

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
