package webhooks

import "sync"

// Signal tells any number of waiters that something changed.
type Signal struct {
	mu sync.Mutex
	ch chan struct{}
}

// Changed gives a channel that is closed by the next Raise.
func (s *Signal) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

// Raise wakes all that wait.
func (s *Signal) Raise() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}
