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
	// recordTimeout bounds a write at the end of the hub.
	recordTimeout = 10 * time.Second
)

// pump delivers for one consumer whose lease it holds.
type pump struct {
	*Dispatcher
	consumer   Consumer
	wake       chan struct{} // something was queued
	leaseUntil time.Time     // when the lease ends, at the earliest
	limiter    *rate.Limiter
}

// run delivers until there is nothing to do for a while, the lease is lost or
// the context is done.
func (p *pump) run(ctx context.Context) {
	for {
		batch, err := p.Queue.Due(ctx, p.consumer, batchSize)
		switch {
		case fault.Is(err, fault.NotFound):
			return // deleted, and its lease with it
		case err != nil:
			p.trouble(ctx, "read due deliveries", err)
			p.release(ctx, batch)
			return
		}
		if p.idle(batch) {
			if !p.rest(ctx, batch) {
				return
			}
			continue
		}
		if !p.work(ctx, batch) {
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
	if !p.hold(ctx) {
		return false
	}
	results := p.send(ctx, b)
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	taken := time.Now()
	ok, err := p.Queue.Record(record, p.consumer, p.Owner, results, p.lease())
	if err != nil {
		p.trouble(ctx, "record deliveries", err)
		return false
	}
	if !ok {
		p.Logger.WarnContext(ctx, "lease lost: deliveries just made are made again by another hub", "subscription_id", p.consumer.ID)
		return false
	}
	p.leaseUntil = taken.Add(p.lease())
	p.observe(ctx, b.Subscription, results)
	if results.Deactivate != nil {
		return false
	}
	if ctx.Err() != nil {
		p.release(record, b)
		return false
	}
	return true
}

// lease is for how long a consumer is taken: longer than a request may take.
func (d *Dispatcher) lease() time.Duration { return d.Timeout + d.LeaseMargin }

// hold sees to it that the lease lasts for a request at least.
func (p *pump) hold(ctx context.Context) bool {
	if time.Until(p.leaseUntil) > p.Timeout+p.LeaseMargin/2 {
		return true
	}
	taken := time.Now()
	ok, err := p.Queue.Lease(ctx, p.consumer, p.Owner, p.lease())
	if err != nil {
		p.trouble(ctx, "renew a lease", err)
	}
	p.leaseUntil = taken.Add(p.lease())
	return ok && err == nil
}

// rest waits for something to do. It gives false when the pump has given the
// consumer back, or lost it.
func (p *pump) rest(ctx context.Context, b Batch) bool {
	if p.mayLinger(b) {
		timer := time.NewTimer(linger)
		defer timer.Stop()
		select {
		case <-p.wake:
			return true
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return !p.release(ctx, b) && ctx.Err() == nil && p.hold(ctx)
}

// mayLinger reports whether a consumer may be kept: one that is paused or
// turned off has nothing to wait for.
func (p *pump) mayLinger(b Batch) bool {
	return b.Subscription.Active && !b.Health.paused(p.Now()) && time.Until(p.leaseUntil) > linger
}

// release gives the consumer back. It gives false when something was queued
// meanwhile, or the lease is lost.
func (p *pump) release(ctx context.Context, b Batch) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	readyAt := b.NextAt
	if len(b.Due) > 0 {
		readyAt = p.Now()
	}
	ok, err := p.Queue.Release(ctx, p.consumer, p.Owner, b.Generation, readyAt)
	if err != nil {
		p.trouble(ctx, "release a lease", err)
		return true // it ends by itself
	}
	if !ok {
		p.leaseUntil = time.Time{} // to be taken anew, if it is still to be had
	}
	return ok
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
	if latest := p.leaseUntil.Add(-p.Timeout); latest.Before(s.until) {
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
