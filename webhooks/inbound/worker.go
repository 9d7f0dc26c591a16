package inbound

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// WorkerConfig is what a Worker is made of. Fields without a default are needed.
type WorkerConfig struct {
	Inbox   Inbox
	Vendors map[Kind]Vendor
	Applier *Applier
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
	Owner   string // names this hub among others, never used before

	// Listen calls its function with the ids of sources that other hubs roused,
	// and with none when any may have been, until the context is done.
	Listen func(ctx context.Context, roused func(sources []string))

	Retention   time.Duration     // of messages that are done with
	Schedule    webhooks.Schedule // of attempts; default 0 s, 5 s, 1 m, 5 m, 30 m, 2 h
	Concurrency int               // objects of one source at a time; default 8
	Sources     int               // served at a time; default 64
	Poll        time.Duration     // how often to look without being woken; default 1 s
	Lease       time.Duration     // how long a source is taken; default 30 s
}

func (c WorkerConfig) withDefaults() WorkerConfig {
	if c.Schedule == nil {
		c.Schedule = webhooks.Schedule{0, 5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
	}
	if c.Concurrency == 0 {
		c.Concurrency = 8
	}
	if c.Sources == 0 {
		c.Sources = 64
	}
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Lease == 0 {
		c.Lease = 30 * time.Second
	}
	return c
}

// Worker applies the messages of the inbox: those of one object in order, those
// of others at the same time.
type Worker struct {
	WorkerConfig
	keeper *webhooks.Keeper
	roused chan webhooks.Consumer
}

// NewWorker makes a worker. Run makes it work.
func NewWorker(cfg WorkerConfig) *Worker {
	w := &Worker{WorkerConfig: cfg.withDefaults(), roused: make(chan webhooks.Consumer, rouseQueue)}
	w.keeper = webhooks.NewKeeper(webhooks.KeeperConfig{
		Leases: w.Inbox, Kind: webhooks.ConsumerSource, Owner: w.Owner, Lease: w.Lease, Consumers: w.Sources,
		Poll: w.Poll, Logger: w.Logger, Serve: w.serve,
	})
	return w
}

const (
	// rouseQueue is how many sources may wait to be roused. What finds no room is
	// found by the poll.
	rouseQueue = 256
	// batchSize is how many messages are read at a time.
	batchSize = 256
	// batchTime is how long a batch begins new messages.
	batchTime = 10 * time.Second
	// linger is how long an idle source is kept.
	linger = time.Second
	// sweepEvery is how often sources are looked for that have messages nobody was
	// told of, because a hub ended between keeping and telling.
	sweepEvery = 15 * time.Second
)

// Received says that messages of a source were kept. It never blocks.
func (w *Worker) Received(s Source) {
	select {
	case w.roused <- webhooks.Consumer{ID: s.ID, OrganizationID: s.OrganizationID}:
	default:
	}
}

// Run applies messages until ctx is done, and until those begun are finished.
func (w *Worker) Run(ctx context.Context) {
	var loops sync.WaitGroup
	defer loops.Wait()
	loops.Go(func() { w.keeper.Run(ctx) })
	loops.Go(func() { w.rouse(ctx) })
	loops.Go(func() { w.Listen(ctx, w.keeper.Wake) })
	loops.Go(func() { w.sweep(ctx) })
}

// rouse makes sources ready that messages were kept for. What came for one
// source meanwhile is one statement.
func (w *Worker) rouse(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-w.roused:
			waiting := map[string]webhooks.Consumer{c.ID: c}
			for more := true; more; {
				select {
				case c := <-w.roused:
					waiting[c.ID] = c
				default:
					more = false
				}
			}
			for id, c := range waiting {
				if err := w.Inbox.Rouse(ctx, c); err != nil {
					w.keeper.Trouble(ctx, "rouse a source", err)
					continue
				}
				w.keeper.Wake([]string{id})
			}
		}
	}
}

// sweep rouses sources with forgotten messages, and removes old ones.
func (w *Worker) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(w.Inbox.RouseForgotten(ctx), w.Inbox.Forget(ctx, w.Now().Add(-w.Retention))); err != nil {
			w.keeper.Trouble(ctx, "look for forgotten messages", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// serve applies the messages of one source.
func (w *Worker) serve(ctx context.Context, t *webhooks.Tenure) {
	for ctx.Err() == nil && t.Hold(ctx, w.Lease/2) {
		batch, err := w.Inbox.Due(ctx, t.Consumer, batchSize)
		switch {
		case fault.Is(err, fault.NotFound):
			return // deleted
		case err != nil:
			w.keeper.Trouble(ctx, "read due messages", err)
			t.Release(ctx, batch.Generation, w.Now().Add(w.Poll))
			return
		case !batch.Source.Active || len(batch.Due) == 0:
			if !w.rest(ctx, t, batch) {
				return
			}
		default:
			w.work(ctx, t, batch)
		}
	}
	t.Release(ctx, 0, time.Time{}) // generation 0 is never the current one: what is left stays ready
}

// rest waits for messages. It gives false when the source was given back.
func (w *Worker) rest(ctx context.Context, t *webhooks.Tenure, b Batch) bool {
	if b.Source.Active {
		timer := time.NewTimer(linger)
		defer timer.Stop()
		select {
		case <-t.Woken():
			return true
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return !t.Release(ctx, b.Generation, b.NextAt)
}

// work applies a batch, then settles the memberships that two of its messages
// brought together.
func (w *Worker) work(ctx context.Context, t *webhooks.Tenure, b Batch) {
	until := time.Now().Add(min(batchTime, time.Until(t.Until())/2))
	lanes := make(chan []Message)
	var workers sync.WaitGroup
	for range min(w.Concurrency, len(b.Due)) {
		workers.Go(func() {
			for lane := range lanes {
				w.lane(ctx, b.Source, lane, until)
			}
		})
	}
	for _, lane := range intoLanes(b.Due) {
		lanes <- lane
	}
	close(lanes)
	workers.Wait()
	w.settle(ctx, b.Source)
}

// intoLanes splits messages by object, in the order of their first.
func intoLanes(list []Message) [][]Message {
	index := map[string]int{}
	var lanes [][]Message
	for _, m := range list {
		i, ok := index[m.Object.Lane()]
		if !ok || m.Object.ID == "" {
			i = len(lanes)
			index[m.Object.Lane()] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], m)
	}
	return lanes
}

// lane applies the messages of one object in the order in which they happened,
// up to the first that must be tried again.
func (w *Worker) lane(ctx context.Context, s Source, lane []Message, until time.Time) {
	slices.SortStableFunc(lane, func(a, b Message) int { return a.OccurredAt.Compare(b.OccurredAt) })
	for _, m := range lane {
		if ctx.Err() != nil || time.Now().After(until) {
			return
		}
		start := time.Now()
		done := w.apply(context.WithoutCancel(ctx), s, &m)
		w.Metrics.applied(s.Kind, m, time.Since(start), w.Now())
		if !done {
			return
		}
	}
}

// settle runs Applier.SettleAll where there is something to settle.
func (w *Worker) settle(ctx context.Context, s Source) {
	ctx = context.WithoutCancel(ctx)
	list, err := w.Inbox.Unsettled(ctx, s)
	if err != nil {
		w.keeper.Trouble(ctx, "look for unsettled memberships", err)
		return
	}
	for _, to := range list {
		if err := w.Applier.SettleAll(ctx, s, to); err != nil {
			w.keeper.Trouble(ctx, "settle memberships", err)
		}
	}
}

// apply brings a message to its end, or says when to try again. done is false
// when those behind it must wait.
func (w *Worker) apply(ctx context.Context, s Source, m *Message) (done bool) {
	err := w.try(ctx, s, m)
	if err == nil {
		return true
	}
	m.Attempts++
	wait, more := w.Schedule.After(m.Attempts)
	m.Early = errors.Is(err, errEarly)
	m.Detail = w.detail(ctx, *m, err)
	if worthTrying(err) && more {
		m.Status, m.NextAt = Pending, w.Now().Add(webhooks.Jitter(wait)).UTC().Truncate(time.Microsecond)
	} else {
		m.Status, m.NextAt, m.FinishedAt = Failed, time.Time{}, w.Now()
	}
	if err := w.Inbox.Finish(ctx, *m); err != nil {
		w.keeper.Trouble(ctx, "record a message", err)
		return false
	}
	return m.Status == Failed || m.Early
}

// worthTrying reports whether the same message may be applied later: the
// upstream or the database is away, or something failed that nobody foresaw.
func worthTrying(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal, fault.TooManyRequests:
		return true
	default:
		return false
	}
}

// detail tells why a message was not applied. What nobody classified is logged
// and not shown.
func (w *Worker) detail(ctx context.Context, m Message, err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		return f.Detail
	}
	w.Logger.ErrorContext(ctx, "message not applied", "message_id", m.ID, "source_id", m.SourceID, "error", err)
	return "internal error; the log of the hub tells more under the message's id"
}

// try applies a message. Where nothing is changed, it writes what became of it.
func (w *Worker) try(ctx context.Context, s Source, m *Message) error {
	vendor, ok := w.Vendors[s.Kind]
	if !ok {
		return fault.New(fault.InvalidValue, "no messages of kind %s are understood", s.Kind)
	}
	change, err := vendor.Read(s, *m)
	if err != nil {
		return err
	}
	if change.Action == Ignore {
		return w.end(ctx, m, Ignored, change.Note)
	}
	to, ok := s.Target(*m)
	if !ok {
		return w.end(ctx, m, Unmapped, "no mapping of the source fits "+named(*m)+"; add one, and the message is tried again")
	}
	if change.Action == Fetch {
		if change, err = fetch(ctx, vendor, s, change); err != nil {
			return err
		}
	}
	if m.OrganizationID != to.OrganizationID {
		m.OrganizationID = to.OrganizationID // whose directory it is about
		if err := w.Inbox.Finish(ctx, *m); err != nil {
			return err
		}
	}
	effect, err := w.Applier.run(ctx, s, to, change, m.OccurredAt, m, true)
	if err == nil && effect.Status == Conflict {
		return w.end(ctx, m, Conflict, effect.Detail)
	}
	return err
}

// named says where a message says that it comes from.
func named(m Message) string {
	switch {
	case m.Organization+m.Directory == "":
		return "messages that name no organization"
	case m.Directory == "":
		return "organization " + m.Organization
	default:
		return "organization " + m.Organization + ", directory " + m.Directory
	}
}

// fetch asks the upstream what is true of an object.
func fetch(ctx context.Context, vendor Vendor, s Source, c Change) (Change, error) {
	fetcher, ok := vendor.(Fetcher)
	if !ok || s.Upstream.BaseURL == "" {
		return c, fault.New(fault.InvalidValue, "the message says too little, and the source has no upstream to ask; set its base URL and credentials")
	}
	return fetcher.Fetch(ctx, s, c.Object)
}

// end writes what became of a message that changed nothing.
func (w *Worker) end(ctx context.Context, m *Message, status Status, detail string) error {
	m.finish(Effect{Status: status, Detail: detail}, w.Now())
	return w.Inbox.Finish(ctx, *m)
}

// Receiver takes messages in.
type Receiver struct {
	Inbox   Inbox
	Vendors map[Kind]Vendor
	Now     func() time.Time
	Metrics *Metrics
	// Kept is told of each source that messages were kept for.
	Kept func(Source)
}

// Receive verifies a request to a source and keeps its messages. It gives how
// many were new. A request that is not the vendor's is a fault of kind
// InvalidValue, one that can't be read InvalidSyntax, and a database that can't
// keep it Unavailable.
func (r *Receiver) Receive(ctx context.Context, s Source, req Request) (accepted int, err error) {
	vendor, ok := r.Vendors[s.Kind]
	if !ok {
		return 0, fault.New(fault.InvalidValue, "no messages of kind %s are understood", s.Kind)
	}
	if err := vendor.Verify(ctx, s, req); err != nil {
		r.Metrics.refused(s.Kind, err)
		return 0, err
	}
	list, err := vendor.Messages(s, req)
	if err != nil {
		r.Metrics.refused(s.Kind, err)
		return 0, err
	}
	for i := range list {
		complete(&list[i], s, req.At)
	}
	if len(list) > 0 {
		if accepted, err = r.Inbox.Receive(ctx, s, list); err != nil {
			return 0, unkept(err)
		}
	}
	r.Metrics.received(s.Kind, accepted, len(list))
	if accepted > 0 {
		r.Kept(s)
	}
	return accepted, nil
}

// complete sets what every message has.
func complete(m *Message, s Source, at time.Time) {
	m.ID, m.SourceID, m.OrganizationID, m.Status = access.NewID("msg"), s.ID, s.OrganizationID, Pending
	m.ReceivedAt = at.UTC().Truncate(time.Microsecond)
	if m.OccurredAt.IsZero() {
		m.OccurredAt = m.ReceivedAt
	}
}

// unkept makes any error of the database one that the vendor tries again after.
func unkept(err error) error {
	if fault.Is(err, fault.Unavailable) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable, "the message can't be kept now; send it again")
}
