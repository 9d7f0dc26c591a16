package webhooks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Leases are the consumers in the database, of which each is served by one hub
// at a time.
type Leases interface {
	// Ready lists consumers of a kind that have something to do and that no hub
	// serves.
	Ready(ctx context.Context, kind ConsumerKind, limit int) ([]Consumer, error)

	// Lease takes a consumer that no other hub serves for the given time. ok is
	// false when one does.
	Lease(ctx context.Context, c Consumer, owner string, d time.Duration) (ok bool, err error)

	// Release gives a consumer back, which is ready again at the time given
	// (zero: when something is queued). ok is false, and the lease kept, when
	// something was queued since its Generation was read.
	Release(ctx context.Context, c Consumer, owner string, generation int64, readyAt time.Time) (ok bool, err error)
}

// ConsumerKind says what a consumer is.
type ConsumerKind string

// The kinds of consumers.
const (
	ConsumerSubscription ConsumerKind = "subscription"
	ConsumerSource       ConsumerKind = "source"
)

// Consumer is what something is queued for: it has an order of its own, and is
// served by one hub at a time, which holds its lease.
type Consumer struct {
	ID             string // of the subscription or source
	OrganizationID string
}

// KeeperConfig is what a Keeper is made of. Every field is needed.
type KeeperConfig struct {
	Leases    Leases
	Kind      ConsumerKind
	Owner     string        // names this hub among others, never used before
	Lease     time.Duration // how long a consumer is taken
	Consumers int           // served at a time
	Poll      time.Duration // how often to look without being woken
	Logger    *slog.Logger

	// Serve serves a consumer until there is nothing to do for a while, the lease
	// is lost or the context is done.
	Serve func(ctx context.Context, t *Tenure)
}

// Keeper looks for consumers that have something to do and serves them, each by
// a goroutine of its own, so that one that is slow holds up no other.
type Keeper struct {
	KeeperConfig
	roused chan struct{} // there may be consumers to serve

	mu      sync.Mutex
	tenures map[string]*Tenure // by the id of the consumer

	troubles troubles
}

// NewKeeper makes a keeper. Run makes it work.
func NewKeeper(cfg KeeperConfig) *Keeper {
	return &Keeper{KeeperConfig: cfg, roused: make(chan struct{}, 1), tenures: map[string]*Tenure{}}
}

// Wake says that something was queued for the consumers, or, without any, that
// something may have been queued for anyone. It never blocks.
func (k *Keeper) Wake(consumers []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	strangers := len(consumers) == 0
	for _, id := range consumers {
		if t := k.tenures[id]; t != nil {
			nudge(t.wake)
		} else {
			strangers = true
		}
	}
	if strangers {
		nudge(k.roused)
	}
	if len(consumers) == 0 {
		for _, t := range k.tenures {
			nudge(t.wake)
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

// Run serves until ctx is done, and until all consumers are given back.
func (k *Keeper) Run(ctx context.Context) {
	var serving sync.WaitGroup
	defer serving.Wait()
	poll := time.NewTicker(k.Poll)
	defer poll.Stop()
	for {
		select {
		case <-k.roused:
		case <-poll.C:
		case <-ctx.Done():
			return
		}
		k.look(ctx, &serving)
	}
}

// look begins to serve each consumer that is ready, as far as there is room.
// They are taken in random order, so that hubs which look at the same time
// share them.
func (k *Keeper) look(ctx context.Context, serving *sync.WaitGroup) {
	room := k.Consumers - k.served()
	if room <= 0 {
		return
	}
	ready, err := k.Leases.Ready(ctx, k.Kind, room)
	if err != nil {
		k.Trouble(ctx, "look for consumers", err)
		return
	}
	k.troubles.over()
	rand.Shuffle(len(ready), func(i, j int) { ready[i], ready[j] = ready[j], ready[i] }) //nolint:gosec // fairness needs no secrecy
	for _, c := range ready {
		if t := k.take(ctx, c); t != nil {
			serving.Go(func() {
				k.Serve(ctx, t)
				k.leave(t)
			})
		}
	}
}

func (k *Keeper) served() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.tenures)
}

// take leases a consumer, or gives nil if it is served already.
func (k *Keeper) take(ctx context.Context, c Consumer) *Tenure {
	t := &Tenure{Consumer: c, keeper: k, wake: make(chan struct{}, 1)}
	k.mu.Lock()
	_, taken := k.tenures[c.ID]
	if !taken {
		k.tenures[c.ID] = t
	}
	k.mu.Unlock()
	if taken {
		return nil
	}
	if !t.Hold(ctx, 0) {
		k.leave(t)
		return nil
	}
	return t
}

// leave forgets a tenure that ended. What was queued meanwhile is looked for.
func (k *Keeper) leave(t *Tenure) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.tenures, t.Consumer.ID)
	if len(t.wake) > 0 {
		nudge(k.roused)
	}
}

// Trouble logs an error that doesn't end the keeper, once while it lasts.
func (k *Keeper) Trouble(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil && k.troubles.isNew(err) {
		k.Logger.ErrorContext(ctx, "work is held up", "kind", string(k.Kind), "doing", doing, "error", err)
	}
}

// Tenure is the time in which this hub serves a consumer.
type Tenure struct {
	Consumer Consumer

	keeper *Keeper
	wake   chan struct{}
	until  time.Time // when the lease ends, at the earliest
}

// Woken gives a channel that tells that something was queued.
func (t *Tenure) Woken() <-chan struct{} { return t.wake }

// Until is when the lease ends, at the earliest.
func (t *Tenure) Until() time.Time { return t.until }

// Renewed notes that the lease was renewed, by a statement that began then.
func (t *Tenure) Renewed(began time.Time) { t.until = began.Add(t.keeper.Lease) }

// Hold sees to it that the lease lasts for the given time at least. It gives
// false when the consumer is another's, or may be.
func (t *Tenure) Hold(ctx context.Context, least time.Duration) bool {
	if left := time.Until(t.until); left > 0 && left > least {
		return true
	}
	began := time.Now()
	ok, err := t.keeper.Leases.Lease(ctx, t.Consumer, t.keeper.Owner, t.keeper.Lease)
	if err != nil {
		t.keeper.Trouble(ctx, "take a lease", err)
	}
	t.Renewed(began)
	return ok && err == nil
}

// releaseTimeout bounds the end of a tenure at the end of the hub.
const releaseTimeout = 10 * time.Second

// Release gives the consumer back, which is ready again at the time given (zero:
// when something is queued). It gives false when the consumer must be served on,
// as far as Hold allows it: something was queued since the generation was read.
func (t *Tenure) Release(ctx context.Context, generation int64, readyAt time.Time) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	ok, err := t.keeper.Leases.Release(ctx, t.Consumer, t.keeper.Owner, generation, readyAt)
	if err != nil {
		t.keeper.Trouble(ctx, "release a lease", err)
		return true // it ends by itself
	}
	if !ok {
		t.until = time.Time{} // to be taken anew, if it is still to be had
	}
	return ok
}
