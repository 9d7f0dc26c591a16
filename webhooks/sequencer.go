package webhooks

import (
	"context"
	"log/slog"
	"time"
)

// SequencerConfig is what a Sequencer is made of. Every field is needed but
// Poll, which is 1 s by default.
type SequencerConfig struct {
	Queue      Queue
	FirstDelay time.Duration            // before a delivery is tried first
	Queued     func(consumers []string) // is told for whom something was queued
	Feed       *Signal                  // is raised when the feed has grown
	Logger     *slog.Logger
	Metrics    *Metrics
	Poll       time.Duration // how often to look without being woken
}

// Sequencer gives committed events their place in the feed, and queues the
// deliveries of them.
type Sequencer struct {
	SequencerConfig
	wake chan struct{}
}

// NewSequencer makes a sequencer. Run makes it work.
func NewSequencer(cfg SequencerConfig) *Sequencer {
	orDefault(&cfg.Poll, time.Second)
	return &Sequencer{SequencerConfig: cfg, wake: make(chan struct{}, 1)}
}

// Wake says that events were committed. It never blocks.
func (s *Sequencer) Wake() { nudge(s.wake) }

// Run works until ctx is done. Another hub, or this one when it is started
// again, goes on with what is left then.
func (s *Sequencer) Run(ctx context.Context) {
	poll := time.NewTicker(s.Poll)
	defer poll.Stop()
	var troubles troubles
	for {
		select {
		case <-s.wake:
		case <-poll.C:
		case <-ctx.Done():
			return
		}
		err := s.passes(ctx)
		switch {
		case err == nil:
			troubles.over()
		case ctx.Err() == nil && troubles.isNew(err):
			s.Logger.ErrorContext(ctx, "events wait for their place in the feed", "error", err)
		}
	}
}

// passes sequences all there is.
func (s *Sequencer) passes(ctx context.Context) error {
	for {
		done, err := s.Queue.Sequence(ctx, s.FirstDelay)
		if err != nil {
			return err
		}
		if done.Events > 0 {
			s.Metrics.sequenced(done.Events)
			s.Feed.Raise()
		}
		if len(done.Consumers) > 0 {
			s.Queued(done.Consumers)
		}
		if !done.More {
			return nil
		}
	}
}
