package webhooks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/storage/storagetest"
	"github.com/scimhub/scimhub/webhooks"
)

// onBothEngines runs a test on a fresh database of each engine.
func onBothEngines(t *testing.T, test func(t *testing.T, h *hub)) {
	t.Helper()
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLiteDSN, "postgres": storagetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHub(t, dsn(t)))
		})
	}
}

// hub is a directory and the engine that delivers its events.
type hub struct {
	store    *storage.Store
	out      webhooks.Store
	dir      *scimresource.Directory
	org      string
	users    *schema.ResourceType
	metrics  *prometheus.Registry
	settings webhooks.EngineConfig
	engine   *webhooks.Engine
}

func newHub(t testing.TB, dsn string) *hub {
	t.Helper()
	h := &hub{metrics: prometheus.NewRegistry()}
	h.store = storagetest.Open(t, storage.Config{DSN: dsn, Committed: func() {
		if h.engine != nil {
			h.engine.Committed()
		}
	}})
	org, err := h.store.CreateOrganization(t.Context(), "org")
	must(t, err)
	d, err := h.store.Directory(t.Context(), org.ID, access.DefaultDirectory)
	must(t, err)
	h.org, h.out, h.users = org.ID, h.store.Webhooks(org.ID), h.store.Registry.Type(schema.User)
	h.dir = scimresource.NewHub(scimresource.Config{
		Registry: h.store.Registry, Bind: h.store.Bind, BaseURL: h.store.BaseURL, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}).As(access.Actor{OrganizationID: org.ID, DirectoryID: d.ID})
	metrics, err := webhooks.NewMetrics(h.metrics, h.store, time.Now)
	must(t, err)
	h.settings = webhooks.EngineConfig{
		Dispatcher: webhooks.DispatcherConfig{
			Queue: h.store, Client: webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true}), Now: time.Now,
			Renderer: webhooks.NewRenderer(webhooks.RendererConfig{PublicURL: "https://hub.example.com", Keys: webhooks.NewKeys(h.store)}),
			Logger:   slog.New(slog.DiscardHandler), Metrics: metrics, Owner: access.NewID("hub"), UserAgent: "scimhub/test",
			Schedule: webhooks.Schedule{0, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond}, Timeout: time.Second,
			Poll: 50 * time.Millisecond,
		},
		Retention: time.Hour, Listen: h.store.Listen,
	}
	return h
}

// start makes the engine work until the test ends, or until the function that
// it gives is called.
func (h *hub) start(t testing.TB) (stop func()) {
	t.Helper()
	h.engine = webhooks.NewEngine(h.settings)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { h.engine.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		done.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// subscribe stores a subscription to a receiver.
func (h *hub) subscribe(t testing.TB, url string, fn ...func(*webhooks.Subscription)) webhooks.Subscription {
	t.Helper()
	sub := webhooks.Subscription{
		ID: access.NewID("sub"), OrganizationID: h.org, URL: url, Active: true, Events: []webhooks.Selector{{Name: "*", Version: "1"}},
		Format: webhooks.FormatScimhub, Ordering: webhooks.OrderByResource, OnExhausted: webhooks.ExhaustedSkip,
		Signature:   webhooks.SignatureHMAC,
		Credentials: webhooks.Credentials{Secrets: []webhooks.Secret{{Key: webhooks.NewSecret(webhooks.SignatureHMAC)}}},
		CreatedAt:   time.Now(), UpdatedAt: time.Now(),
	}
	for _, f := range fn {
		f(&sub)
	}
	must(t, h.out.CreateSubscription(t.Context(), sub))
	return sub
}

// create adds a user.
func (h *hub) create(t testing.TB, name string) string {
	t.Helper()
	r, err := h.dir.Create(t.Context(), h.users, document.Object{"userName": name}, scimresource.Include{})
	must(t, err)
	return r.ID
}

// change gives a user a new title.
func (h *hub) change(t testing.TB, id, title string) {
	t.Helper()
	ops, err := patch.Parse(h.users, document.Object{"Operations": []any{
		document.Object{"op": "replace", "path": "title", "value": title},
	}})
	must(t, err)
	_, err = h.dir.Patch(t.Context(), h.users, id, ops, scimresource.Condition{}, scimresource.Include{})
	must(t, err)
}

// deliveries waits until a subscription has that many deliveries of a status.
func (h *hub) deliveries(t *testing.T, sub webhooks.Subscription, status webhooks.DeliveryStatus, n int) []webhooks.Delivery {
	t.Helper()
	var list []webhooks.Delivery
	eventually(t, fmt.Sprintf("%d deliveries are %s", n, status), func() bool {
		var err error
		list, err = h.out.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Status: status, Limit: 1000})
		must(t, err)
		return len(list) == n
	})
	return list
}

// status waits until a subscription has a status.
func (h *hub) status(t *testing.T, sub webhooks.Subscription, status webhooks.Status) webhooks.Subscription {
	t.Helper()
	var got webhooks.Subscription
	eventually(t, "the subscription is "+string(status), func() bool {
		var err error
		got, err = h.out.Subscription(t.Context(), sub.ID)
		must(t, err)
		return got.Status() == status
	})
	return got
}

// activate turns a subscription on.
func (h *hub) activate(t *testing.T, sub webhooks.Subscription) {
	t.Helper()
	_, err := h.out.UpdateSubscription(t.Context(), sub.ID, func(s *webhooks.Subscription) error {
		s.Active, s.DeactivatedAt, s.DeactivatedReason = true, time.Time{}, ""
		return nil
	})
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok, but not for ever.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came about that %s", what)
		}
	}
}

// receiver is an endpoint that notes what it took.
type receiver struct {
	*httptest.Server
	// answer gives the status for a delivery, the n-th request (from 0), or 0 for
	// 204. It may set headers.
	answer func(w http.ResponseWriter, d taken, n int) int

	mu       sync.Mutex
	requests int
	taken    []taken
	active   int
	most     int // requests at a time
}

// taken is a delivery that the receiver answered with 2xx.
type taken struct {
	header   http.Header
	body     []byte
	resource string
	sequence int64
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, d taken, n int) int) *receiver {
	t.Helper()
	rcv := &receiver{answer: answer}
	rcv.Server = httptest.NewServer(rcv)
	t.Cleanup(rcv.Close)
	return rcv
}

// ServeHTTP implements http.Handler.
func (rcv *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender gave up
	}
	d := taken{header: r.Header.Clone(), body: body}
	d.resource, d.sequence = subjectOf(body)
	rcv.mu.Lock()
	n := rcv.requests
	rcv.requests++
	rcv.active++
	rcv.most = max(rcv.most, rcv.active)
	rcv.mu.Unlock()
	status := http.StatusNoContent
	if rcv.answer != nil {
		if s := rcv.answer(w, d, n); s != 0 {
			status = s
		}
	}
	rcv.mu.Lock()
	rcv.active--
	if status < 300 {
		rcv.taken = append(rcv.taken, d)
	}
	rcv.mu.Unlock()
	w.WriteHeader(status)
}

func (rcv *receiver) all() []taken {
	rcv.mu.Lock()
	defer rcv.mu.Unlock()
	return slices.Clone(rcv.taken)
}

// subjectOf reads of an event which resource it is about, and its sequence.
func subjectOf(body []byte) (resource string, sequence int64) {
	var e struct {
		Sequence int64
		Data     map[string]any
	}
	_ = json.Unmarshal(body, &e) // what is no event has no subject
	for _, name := range []string{"user_id", "group_id", "subscription_id"} {
		if id, ok := e.Data[name].(string); ok {
			resource = id
		}
	}
	return resource, e.Sequence
}

// takes waits until the receiver has taken n deliveries.
func (rcv *receiver) takes(t *testing.T, n int) []taken {
	t.Helper()
	eventually(t, fmt.Sprintf("the receiver takes %d deliveries", n), func() bool { return len(rcv.all()) >= n })
	return rcv.all()
}

// inOrder checks that the deliveries of each resource came in order, without
// gaps. Repeated ones don't count.
func inOrder(t *testing.T, list []taken) {
	t.Helper()
	last := map[string]int64{}
	for _, d := range list {
		if d.sequence > last[d.resource]+1 {
			t.Errorf("%s: sequence %d after %d", d.resource, d.sequence, last[d.resource])
		}
		last[d.resource] = max(last[d.resource], d.sequence)
	}
}

func TestDeliveriesAreSignedAndInOrder(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, nil)
		sub := h.subscribe(t, rcv.URL, func(s *webhooks.Subscription) { s.Credentials.AuthorizationHeader = "Custom abc" })
		h.start(t)
		for i := range 3 {
			id := h.create(t, fmt.Sprint("user", i))
			for j := range 10 {
				h.change(t, id, fmt.Sprint("title", j))
			}
		}
		list := rcv.takes(t, 33)
		inOrder(t, list)
		for _, d := range list {
			if err := webhooks.Verify([]string{sub.Credentials.Secrets[0].Key}, d.header, d.body, time.Now(), time.Minute); err != nil {
				t.Fatal(err)
			}
			if got := d.header.Get("Authorization"); got != "Custom abc" {
				t.Errorf("Authorization %q", got)
			}
		}
		done := h.deliveries(t, sub, webhooks.DeliveryDelivered, 33)
		one, err := h.out.Delivery(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: done[0].Position})
		must(t, err)
		if a := one.History[0]; len(one.History) != 1 || a.StatusCode != http.StatusNoContent || a.Outcome != webhooks.OutcomeDelivered {
			t.Errorf("attempts %+v", one.History)
		}
		if got := list[0].header.Get("Scimhub-Delivery"); !slices.ContainsFunc(done, func(d webhooks.Delivery) bool { return d.ID() == got }) {
			t.Errorf("scimhub-delivery %q is none of the deliveries", got)
		}
	})
}

func TestFailuresAreRetriedInOrder(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, func(_ http.ResponseWriter, _ taken, n int) int {
			if n%7 == 3 {
				return http.StatusInternalServerError
			}
			return 0
		})
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		ids := make([]string, 5)
		for i := range ids {
			ids[i] = h.create(t, fmt.Sprint("user", i))
		}
		for j := range 10 {
			for _, id := range ids {
				h.change(t, id, fmt.Sprint("title", j))
			}
		}
		inOrder(t, rcv.takes(t, 55))
		h.deliveries(t, sub, webhooks.DeliveryDelivered, 55)
		if n, err := testutil.GatherAndCount(h.metrics, "scimhub_delivery_attempts_total"); err != nil || n < 2 {
			t.Errorf("%d outcomes are counted, %v", n, err)
		}
	})
}

func TestAnExhaustedDeliveryLetsItsLaneGoOn(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, func(_ http.ResponseWriter, d taken, _ int) int {
			if d.sequence == 2 {
				return http.StatusBadRequest
			}
			return 0
		})
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		id := h.create(t, "user")
		h.change(t, id, "poison")
		h.change(t, id, "after")
		dead := h.deliveries(t, sub, webhooks.DeliveryDead, 1)
		if want := len(h.settings.Dispatcher.Schedule); dead[0].Attempts != want {
			t.Errorf("%d attempts, want %d", dead[0].Attempts, want)
		}
		if list := rcv.takes(t, 2); list[1].sequence != 3 {
			t.Errorf("sequence %d follows 1", list[1].sequence)
		}
	})
}

func TestABlockingSubscriptionWaitsForGood(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, func(_ http.ResponseWriter, d taken, n int) int {
			if d.sequence == 1 && n < 8 {
				return http.StatusBadRequest
			}
			return 0
		})
		h.subscribe(t, rcv.URL, func(s *webhooks.Subscription) { s.OnExhausted = webhooks.ExhaustedBlock })
		h.start(t)
		h.change(t, h.create(t, "user"), "after")
		inOrder(t, rcv.takes(t, 2))
	})
}

func TestOneHangingEndpointHoldsUpNoOther(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		hang := make(chan struct{})
		slow := newReceiver(t, func(http.ResponseWriter, taken, int) int {
			<-hang
			return 0
		})
		t.Cleanup(func() { close(hang) }) // before the server closes, which waits for its requests
		quick := newReceiver(t, nil)
		h.subscribe(t, slow.URL)
		h.subscribe(t, quick.URL)
		h.start(t)
		start := time.Now()
		for i := range 30 {
			h.create(t, fmt.Sprint("user", i))
		}
		quick.takes(t, 30)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("the quick endpoint had its deliveries after %s", took)
		}
		slow.mu.Lock()
		defer slow.mu.Unlock()
		if slow.most > 16 {
			t.Errorf("%d requests at a time to one endpoint, want 16 at the most", slow.most)
		}
	})
}

func TestGoneEndsASubscription(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		gone := newReceiver(t, func(_ http.ResponseWriter, _ taken, n int) int {
			if n == 0 {
				return http.StatusGone
			}
			return 0
		})
		watcher := newReceiver(t, nil)
		sub := h.subscribe(t, gone.URL)
		h.subscribe(t, watcher.URL, func(s *webhooks.Subscription) { s.Events[0].Name = "subscription.*" })
		h.start(t)
		h.create(t, "user")
		if got := h.status(t, sub, webhooks.StatusDeactivated); got.DeactivatedReason != "the endpoint answered 410 Gone" {
			t.Errorf("reason %q", got.DeactivatedReason)
		}
		watcher.takes(t, 1)
		h.create(t, "meanwhile")
		eventually(t, "all three events are in the feed", func() bool {
			page, err := h.out.Events(t.Context(), webhooks.FeedQuery{Limit: 10})
			must(t, err)
			return len(page.Events) == 3
		})
		h.activate(t, sub)
		list := gone.takes(t, 1)
		h.deliveries(t, sub, webhooks.DeliveryPending, 0)
		if got := gone.all(); len(got) != 1 || !slices.Equal(got[0].body, list[0].body) {
			t.Errorf("%d deliveries, want the one that waited and none of what came meanwhile", len(got))
		}
	})
}

func TestFailingForTooLongEndsASubscription(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		h.settings.Dispatcher.GiveUpAfter = 150 * time.Millisecond
		h.settings.Dispatcher.Schedule = slices.Repeat(webhooks.Schedule{20 * time.Millisecond}, 50)
		rcv := newReceiver(t, func(http.ResponseWriter, taken, int) int { return http.StatusServiceUnavailable })
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		h.create(t, "user")
		h.status(t, sub, webhooks.StatusDeactivated)
		h.deliveries(t, sub, webhooks.DeliveryRetrying, 1) // kept for when it is turned on
	})
}

func TestRetryAfterIsHonored(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		first := make(chan time.Time, 1)
		rcv := newReceiver(t, func(w http.ResponseWriter, _ taken, n int) int {
			if n == 0 {
				first <- time.Now()
				w.Header().Set("Retry-After", "1")
				return http.StatusTooManyRequests
			}
			return 0
		})
		h.subscribe(t, rcv.URL)
		h.start(t)
		h.create(t, "one")
		at := <-first
		h.create(t, "two") // another lane: the endpoint itself is left alone
		rcv.takes(t, 2)
		if waited := time.Since(at); waited < time.Second {
			t.Errorf("tried again after %s, want 1s", waited)
		}
	})
}

func TestAnUnreachableEndpointIsLeftAlone(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		h.settings.Dispatcher.Schedule = slices.Repeat(webhooks.Schedule{10 * time.Millisecond}, 5)
		rcv := newReceiver(t, nil)
		rcv.Close()
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		for i := range 60 {
			h.create(t, fmt.Sprint("user", i))
		}
		consumer := webhooks.Consumer{ID: sub.ID, OrganizationID: h.org}
		eventually(t, "the endpoint is left alone", func() bool {
			batch, err := h.store.Due(t.Context(), consumer, 1)
			must(t, err)
			return batch.Health.PausedUntil.After(time.Now().Add(time.Second))
		})
		tried := 0
		for _, d := range h.all(t, sub) {
			tried += d.Attempts
		}
		if tried > 60 {
			t.Errorf("%d attempts at an endpoint that can't be reached", tried)
		}
	})
}

// all lists the deliveries of a subscription.
func (h *hub) all(t *testing.T, sub webhooks.Subscription) []webhooks.Delivery {
	t.Helper()
	list, err := h.out.Deliveries(t.Context(), webhooks.DeliveryQuery{SubscriptionID: sub.ID, Limit: 1000})
	must(t, err)
	return list
}

func TestTheRateLimitIsKept(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, nil)
		h.subscribe(t, rcv.URL, func(s *webhooks.Subscription) { s.RateLimit = 20 })
		for i := range 21 {
			h.create(t, fmt.Sprint("user", i))
		}
		start := time.Now()
		h.start(t)
		rcv.takes(t, 21)
		if took := time.Since(start); took < 950*time.Millisecond {
			t.Errorf("21 deliveries took %s at 20 a second", took)
		}
	})
}

func TestReplaysSayThatTheyAre(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, nil)
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		h.create(t, "user")
		first := rcv.takes(t, 1)[0]
		done := h.deliveries(t, sub, webhooks.DeliveryDelivered, 1)
		_, err := h.out.Redeliver(t.Context(), webhooks.DeliveryRef{SubscriptionID: sub.ID, Position: done[0].Position})
		must(t, err)
		again := rcv.takes(t, 2)[1]
		if first.header.Get("Scimhub-Replay") != "" || again.header.Get("Scimhub-Replay") != "true" ||
			first.header.Get("Webhook-Id") != again.header.Get("Webhook-Id") {
			t.Errorf("first %v, again %v", first.header, again.header)
		}
	})
}

func TestARotatedSecretSignsAlong(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, nil)
		older, newer := webhooks.NewSecret(webhooks.SignatureHMAC), webhooks.NewSecret(webhooks.SignatureHMAC)
		ended := webhooks.NewSecret(webhooks.SignatureHMAC)
		h.subscribe(t, rcv.URL, func(s *webhooks.Subscription) {
			s.Credentials.Secrets = []webhooks.Secret{
				{Key: newer}, {Key: older, ExpiresAt: time.Now().Add(time.Hour)}, {Key: ended, ExpiresAt: time.Now()},
			}
		})
		h.start(t)
		h.create(t, "user")
		d := rcv.takes(t, 1)[0]
		for key, want := range map[string]bool{newer: true, older: true, ended: false} {
			if err := webhooks.Verify([]string{key}, d.header, d.body, time.Now(), time.Minute); (err == nil) != want {
				t.Errorf("verified by %s: %v, want %v", key, err, want)
			}
		}
	})
}

// TestTheEndLosesNothing stops the engine in the middle, starts another, and
// expects every event once more at the most where a request was cut short.
func TestTheEndLosesNothing(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		rcv := newReceiver(t, func(http.ResponseWriter, taken, int) int {
			<-time.After(2 * time.Millisecond)
			return 0
		})
		sub := h.subscribe(t, rcv.URL)
		stop := h.start(t)
		for i := range 40 {
			h.create(t, fmt.Sprint("user", i))
			if i == 20 {
				stop()
				h.start(t)
			}
		}
		list := rcv.takes(t, 40)
		h.deliveries(t, sub, webhooks.DeliveryDelivered, 40)
		if got := rcv.all(); len(got) != 40 {
			t.Errorf("%d deliveries of 40 events, though none was cut short", len(list))
		}
	})
}

// TestTheEndGivesLeasesBack stops the engine when more was queued since the batch
// that it delivers was read. Another hub can go on at once.
func TestTheEndGivesLeasesBack(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		arrived, goOn := make(chan struct{}, 1), make(chan struct{})
		rcv := newReceiver(t, func(http.ResponseWriter, taken, int) int {
			nudge(arrived)
			<-goOn
			return 0
		})
		sub := h.subscribe(t, rcv.URL)
		stop := h.start(t)
		h.create(t, "one")
		<-arrived
		h.create(t, "two")
		h.deliveries(t, sub, webhooks.DeliveryPending, 2)
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		close(goOn)
		<-stopped
		ready, err := h.store.Ready(t.Context(), webhooks.ConsumerSubscription, 10)
		must(t, err)
		if len(h.all(t, sub)) != len(rcv.all()) && len(ready) != 1 {
			t.Errorf("%d consumers are ready, want the one whose hub ended", len(ready))
		}
	})
}

func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// TestTurnedOffAndOnAgain turns a subscription off while a hub waits for its next
// event, and on again: what comes then is delivered by whoever is there.
func TestTurnedOffAndOnAgain(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		h.settings.Dispatcher.LeaseMargin = time.Hour
		rcv := newReceiver(t, nil)
		sub := h.subscribe(t, rcv.URL)
		h.start(t)
		h.create(t, "before")
		rcv.takes(t, 1)
		_, err := h.out.UpdateSubscription(t.Context(), sub.ID, func(s *webhooks.Subscription) error {
			s.Active = false
			return nil
		})
		must(t, err)
		eventually(t, "the consumer is given back", func() bool {
			batch, err := h.store.Due(t.Context(), webhooks.Consumer{ID: sub.ID, OrganizationID: h.org}, 1)
			must(t, err)
			ok, err := h.store.Release(t.Context(), webhooks.Consumer{ID: sub.ID, OrganizationID: h.org}, "", batch.Generation, time.Time{})
			must(t, err)
			return ok
		})
		h.activate(t, sub)
		h.create(t, "after")
		rcv.takes(t, 2)
	})
}

// TestHubsShareTheWork runs two hubs on one database. Each delivery is made
// once, and each subscription's in order.
func TestHubsShareTheWork(t *testing.T) {
	h := newHub(t, storagetest.PostgresDSN(t))
	receivers := make([]*receiver, 6)
	for i := range receivers {
		receivers[i] = newReceiver(t, nil)
		h.subscribe(t, receivers[i].URL)
	}
	h.start(t)
	second := *h
	second.settings.Dispatcher.Owner = access.NewID("hub")
	second.start(t)
	id := h.create(t, "user")
	for i := range 50 {
		h.change(t, id, strconv.Itoa(i))
	}
	for _, rcv := range receivers {
		list := rcv.takes(t, 51)
		inOrder(t, list)
		if len(list) != 51 {
			t.Errorf("%d deliveries of 51 events", len(list))
		}
	}
}

func TestTheFeedWaitsForEvents(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *hub) {
		h.start(t)
		feed := webhooks.NewFeed(h.out, h.engine.Grown())
		start, err := h.out.Head(t.Context())
		must(t, err)
		go func() {
			<-time.After(20 * time.Millisecond)
			h.create(t, "user")
		}()
		page, err := feed.Page(t.Context(), webhooks.FeedQuery{After: start, Limit: 10, Types: []event.Type{event.UserCreated}}, 20*time.Second)
		must(t, err)
		if len(page.Events) != 1 || page.Events[0].Type != event.UserCreated {
			t.Errorf("page %+v", page)
		}
		page, err = feed.Page(t.Context(), webhooks.FeedQuery{After: page.Next, Limit: 10}, time.Millisecond)
		must(t, err)
		if len(page.Events) != 0 || page.Next == 0 {
			t.Errorf("page %+v", page)
		}
	})
}
