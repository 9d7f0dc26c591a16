package webhooks

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/scimhub/scimhub/scimresource/fault"
)

const (
	// batchSize is how many deliveries are sent before they are recorded: what
	// may be delivered twice when a hub is killed.
	batchSize = 256
	// batchTime is how long a batch begins new requests, so that a slow endpoint
	// too has its deliveries recorded now and then.
	batchTime = 5 * time.Second
	// linger is how long a pump keeps an idle consumer: the next event needs no
	// lease then.
	linger = time.Second
)

// pump delivers for one subscription whose lease it holds.
type pump struct {
	*Dispatcher
	*Tenure
	limiter *rate.Limiter
}

// run delivers until there is nothing to do for a while, the lease is lost or
// the context is done.
func (p *pump) run(ctx context.Context) {
	for {
		batch, err := p.Queue.Due(ctx, p.Consumer, batchSize)
		switch {
		case fault.Is(err, fault.NotFound):
			return // deleted, and its lease with it
		case err != nil:
			p.Dispatcher.keeper.Trouble(ctx, "read due deliveries", err)
			p.release(ctx, batch)
			return
		case p.idle(batch):
			if !p.rest(ctx, batch) {
				return
			}
		case !p.work(ctx, batch):
			return
		}
	}
}

// idle reports whether a batch has nothing that may be sent now.
func (p *pump) idle(b Batch) bool {
	return len(b.Due) == 0 || !b.Subscription.Active || b.Health.paused(p.Now())
}

// work sends a batch and records what came of it. It gives false when the pump
// must stop.
func (p *pump) work(ctx context.Context, b Batch) bool {
	if !p.Hold(ctx, p.Timeout+p.LeaseMargin/2) {
		return false
	}
	results := p.send(ctx, b)
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	began := time.Now()
	ok, err := p.Queue.Record(record, p.Consumer, p.Owner, results, p.lease())
	if err != nil {
		p.Dispatcher.keeper.Trouble(ctx, "record deliveries", err)
		return false
	}
	if !ok {
		p.Logger.WarnContext(ctx, "lease lost: deliveries just made are made again by another hub", "subscription_id", p.Consumer.ID)
		return false
	}
	p.Renewed(began)
	p.observe(ctx, b.Subscription, results)
	if results.Deactivate != nil {
		return false
	}
	if ctx.Err() != nil {
		p.release(ctx, b)
		return false
	}
	return true
}

// rest waits for something to do. It gives false when the pump has given the
// consumer back, or lost it.
func (p *pump) rest(ctx context.Context, b Batch) bool {
	if p.mayLinger(b) {
		timer := time.NewTimer(linger)
		defer timer.Stop()
		select {
		case <-p.Woken():
			return true
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return !p.release(ctx, b) && ctx.Err() == nil && p.Hold(ctx, 0)
}

// mayLinger reports whether a consumer may be kept: one that is paused or
// turned off has nothing to wait for.
func (p *pump) mayLinger(b Batch) bool {
	return b.Subscription.Active && !b.Health.paused(p.Now()) && time.Until(p.Until()) > linger
}

// release gives the consumer back. It gives false when something was queued
// meanwhile, or the lease is lost.
func (p *pump) release(ctx context.Context, b Batch) bool {
	readyAt := b.NextAt
	if len(b.Due) > 0 {
		readyAt = p.Now()
	}
	return p.Release(ctx, b.Generation, readyAt)
}

// sending is a batch on its way.
type sending struct {
	*pump
	sub     Subscription
	until   time.Time // no request is begun later
	probing bool

	mu      sync.Mutex
	results Results
	stopped bool
}

// send delivers a batch: lanes at the same time, each lane in order up to its
// first failure.
func (p *pump) send(ctx context.Context, b Batch) Results {
	s := &sending{pump: p, sub: b.Subscription, results: Results{Health: b.Health}}
	s.results.Health.PausedUntil = time.Time{}
	s.until = time.Now().Add(batchTime)
	if latest := p.Until().Add(-p.Timeout); latest.Before(s.until) {
		s.until = latest
	}
	if s.probing = b.Health.open(); s.probing {
		b.Due = b.Due[:1]
	}
	p.limit(b.Subscription)
	lanes := make(chan []QueuedDelivery)
	var workers sync.WaitGroup
	for range min(p.Concurrency, len(b.Due)) {
		workers.Go(func() {
			for lane := range lanes {
				s.lane(ctx, lane)
			}
		})
	}
	for _, lane := range intoLanes(b.Due) {
		lanes <- lane
	}
	close(lanes)
	workers.Wait()
	return s.results
}

// limit makes the limiter follow the subscription.
func (p *pump) limit(sub Subscription) {
	limit := rate.Inf
	if sub.RateLimit > 0 {
		limit = rate.Limit(sub.RateLimit)
	}
	if p.limiter == nil {
		p.limiter = rate.NewLimiter(limit, 1)
	}
	p.limiter.SetLimit(limit)
}

// intoLanes splits deliveries by lane, in the order of their first.
func intoLanes(due []QueuedDelivery) [][]QueuedDelivery {
	index := map[string]int{}
	var lanes [][]QueuedDelivery
	for _, q := range due {
		i, ok := index[q.Lane]
		if !ok {
			i = len(lanes)
			index[q.Lane] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], q)
	}
	return lanes
}

// lane delivers one lane up to its first failure.
func (s *sending) lane(ctx context.Context, lane []QueuedDelivery) {
	for _, q := range lane {
		if !s.enter(ctx) {
			return
		}
		a := s.attempt(ctx, s.sub, q)
		s.leave()
		s.note(q, a)
		if a.Outcome != OutcomeDelivered {
			return
		}
	}
}

// enter waits until a request may begin. It gives false when none may.
func (s *sending) enter(ctx context.Context) bool {
	ctx, cancel := context.WithDeadline(ctx, s.until)
	defer cancel()
	if s.over() || s.limiter.Wait(ctx) != nil {
		return false
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if s.over() || ctx.Err() != nil {
		s.leave()
		return false
	}
	return true
}

func (s *sending) leave() { <-s.slots }

// over reports whether the batch has found out that it must not go on.
func (s *sending) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// note adds what came of an attempt.
func (s *sending) note(q QueuedDelivery, a Attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.results
	r.Attempts = append(r.Attempts, Result{q, a})
	r.Health = r.Health.after(a, s.probing)
	if r.Deactivate == nil {
		r.Deactivate = s.deactivation(a, r.Health)
	}
	s.stopped = r.Deactivate != nil || r.Health.open() || r.Health.paused(s.Now())
}
