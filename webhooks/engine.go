package webhooks

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// EngineConfig is what an Engine is made of. Every field is needed.
type EngineConfig struct {
	Dispatcher DispatcherConfig
	// Retention is how long events and attempts are kept.
	Retention time.Duration
	// Listen calls its function with the ids of consumers that other hubs queued
	// something for, and with none when anything may have been, until the context
	// is done.
	Listen func(ctx context.Context, queued func(consumers []string))
}

// Engine runs all that happens to events after their commit: they get their
// place in the feed, are delivered, and are removed when they are old.
type Engine struct {
	EngineConfig
	feed       Signal
	sequencer  *Sequencer
	dispatcher *Dispatcher
}

// NewEngine makes an engine. Run makes it work.
func NewEngine(cfg EngineConfig) *Engine {
	e := &Engine{EngineConfig: cfg, dispatcher: NewDispatcher(cfg.Dispatcher)}
	e.sequencer = NewSequencer(SequencerConfig{
		Queue: cfg.Dispatcher.Queue, FirstDelay: cfg.Dispatcher.Schedule.first(), Queued: e.dispatcher.Wake,
		Feed: &e.feed, Logger: cfg.Dispatcher.Logger, Metrics: cfg.Dispatcher.Metrics, Poll: cfg.Dispatcher.Poll,
	})
	return e
}

// Committed says that events were committed. It never blocks.
func (e *Engine) Committed() { e.sequencer.Wake() }

// Grown is raised whenever the feed has grown.
func (e *Engine) Grown() *Signal { return &e.feed }

// Run works until ctx is done. Requests in flight are finished and recorded
// before it returns.
func (e *Engine) Run(ctx context.Context) {
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { e.sequencer.Run(ctx) })
	loops.Go(func() { e.dispatcher.Run(ctx) })
	loops.Go(func() { e.retain(ctx) })
	loops.Go(func() {
		e.Listen(ctx, func(consumers []string) {
			e.feed.Raise()
			e.dispatcher.Wake(consumers)
		})
	})
}

// retainEvery is how often old events are looked for.
const retainEvery = 10 * time.Minute

// retain removes what is old until ctx is done.
func (e *Engine) retain(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	cfg := e.Dispatcher
	for {
		err := cfg.Queue.Retain(ctx, cfg.Now().Add(-e.Retention))
		if err != nil && ctx.Err() == nil {
			cfg.Logger.ErrorContext(ctx, "old events are not removed", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
