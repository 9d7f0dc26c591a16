package webhooks

import (
	"context"
	"log/slog"
	"net/http"
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

// Dispatcher delivers what is queued: each subscription by a pump of its own,
// so that one slow endpoint holds up no other.
type Dispatcher struct {
	DispatcherConfig
	keeper *Keeper
	slots  chan struct{} // one for each request in flight
}

// NewDispatcher makes a dispatcher. Run makes it work.
func NewDispatcher(cfg DispatcherConfig) *Dispatcher {
	cfg = cfg.withDefaults()
	d := &Dispatcher{DispatcherConfig: cfg, slots: make(chan struct{}, cfg.InFlight)}
	d.keeper = NewKeeper(KeeperConfig{
		Leases: cfg.Queue, Kind: ConsumerSubscription, Owner: cfg.Owner, Lease: d.lease(), Consumers: cfg.Consumers,
		Poll: cfg.Poll, Logger: cfg.Logger, Serve: d.serve,
	})
	return d
}

// Wake says that something was queued for the subscriptions, or, without any,
// that something may have been queued for anyone.
func (d *Dispatcher) Wake(subscriptions []string) { d.keeper.Wake(subscriptions) }

// Run delivers until ctx is done. Then requests in flight are finished and
// recorded, and leases given back, before it returns.
func (d *Dispatcher) Run(ctx context.Context) { d.keeper.Run(ctx) }

// lease is for how long a consumer is taken: longer than a request may take.
func (d *Dispatcher) lease() time.Duration { return d.Timeout + d.LeaseMargin }

// serve delivers to one subscription.
func (d *Dispatcher) serve(ctx context.Context, t *Tenure) {
	(&pump{Dispatcher: d, Tenure: t}).run(ctx)
}
