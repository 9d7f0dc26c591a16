package webhooks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// DispatcherConfig is what a Dispatcher is made of. Fields without a default
// are needed.
type DispatcherConfig struct {
	Queue    Queue
	Renderer *Renderer
	Client   *http.Client
	Now      func() time.Time
	Logger   *slog.Logger
	Metrics  *Metrics

	Owner     string        // names this hub among others, never used before
	UserAgent string        // of the requests
	Schedule  Schedule      // of attempts
	Timeout   time.Duration // of one request, from dialing to the end of the answer

	Concurrency int           // requests to one endpoint at a time; default 16
	InFlight    int           // requests to all endpoints at a time; default 512
	Consumers   int           // served at a time; default 256
	Poll        time.Duration // how often to look without being woken; default 1 s
	LeaseMargin time.Duration // how much longer than a request a lease lasts; default 15 s
	GiveUpAfter time.Duration // of failures without a success, the subscription ends; default 5 days
}

func (c DispatcherConfig) withDefaults() DispatcherConfig {
	orDefault(&c.Concurrency, 16)
	orDefault(&c.InFlight, 512)
	orDefault(&c.Consumers, 256)
	orDefault(&c.Poll, time.Second)
	orDefault(&c.LeaseMargin, 15*time.Second)
	orDefault(&c.GiveUpAfter, 5*24*time.Hour)
	return c
}

func orDefault[T comparable](v *T, byDefault T) {
	var zero T
	if *v == zero {
		*v = byDefault
	}
}

// Dispatcher delivers what is queued. It serves consumers that no other hub
// serves, each by a pump of its own, so that one slow endpoint holds up no
// other.
type Dispatcher struct {
	DispatcherConfig
	slots  chan struct{} // one for each request in flight
	roused chan struct{} // there may be consumers to serve

	mu    sync.Mutex
	pumps map[string]*pump // by the id of the consumer

	troubles troubles
}

// NewDispatcher makes a dispatcher. Run makes it work.
func NewDispatcher(cfg DispatcherConfig) *Dispatcher {
	cfg = cfg.withDefaults()
	return &Dispatcher{
		DispatcherConfig: cfg,
		slots:            make(chan struct{}, cfg.InFlight),
		roused:           make(chan struct{}, 1),
		pumps:            map[string]*pump{},
	}
}

// Wake says that something was queued for the consumers, or, without any, that
// something may have been queued for anyone.
func (d *Dispatcher) Wake(consumers []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	strangers := len(consumers) == 0
	for _, id := range consumers {
		if p := d.pumps[id]; p != nil {
			nudge(p.wake)
		} else {
			strangers = true
		}
	}
	if strangers {
		nudge(d.roused)
	}
	if len(consumers) == 0 {
		for _, p := range d.pumps {
			nudge(p.wake)
		}
	}
}

// nudge puts a token into a channel that holds one.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Run delivers until ctx is done. Then requests in flight are finished and
// recorded, and leases given back, before it returns.
func (d *Dispatcher) Run(ctx context.Context) {
	var pumps sync.WaitGroup
	defer pumps.Wait()
	poll := time.NewTicker(d.Poll)
	defer poll.Stop()
	for {
		select {
		case <-d.roused:
		case <-poll.C:
		case <-ctx.Done():
			return
		}
		d.serve(ctx, &pumps)
	}
}

// serve starts a pump for each consumer that is ready, as far as there is room.
// They are taken in random order, so that hubs which look at the same time
// share them.
func (d *Dispatcher) serve(ctx context.Context, pumps *sync.WaitGroup) {
	room := d.Consumers - d.serving()
	if room <= 0 {
		return
	}
	ready, err := d.Queue.Ready(ctx, room)
	if err != nil {
		d.trouble(ctx, "look for consumers", err)
		return
	}
	d.troubles.over()
	rand.Shuffle(len(ready), func(i, j int) { ready[i], ready[j] = ready[j], ready[i] })
	for _, c := range ready {
		if p := d.take(ctx, c); p != nil {
			pumps.Go(func() {
				p.run(ctx)
				d.leave(p)
			})
		}
	}
}

func (d *Dispatcher) serving() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.pumps)
}

// take leases a consumer and gives its pump, or nil if another serves it.
func (d *Dispatcher) take(ctx context.Context, c Consumer) *pump {
	p := &pump{Dispatcher: d, consumer: c, wake: make(chan struct{}, 1), leaseUntil: time.Now().Add(d.lease())}
	d.mu.Lock()
	_, taken := d.pumps[c.ID]
	if !taken {
		d.pumps[c.ID] = p
	}
	d.mu.Unlock()
	if taken {
		return nil
	}
	ok, err := d.Queue.Lease(ctx, c, d.Owner, d.lease())
	if err != nil {
		d.trouble(ctx, "take a lease", err)
	}
	if !ok || err != nil {
		d.leave(p)
		return nil
	}
	return p
}

// leave forgets a pump that ended. What was queued meanwhile is looked for.
func (d *Dispatcher) leave(p *pump) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.pumps, p.consumer.ID)
	if len(p.wake) > 0 {
		nudge(d.roused)
	}
}
