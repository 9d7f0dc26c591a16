package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/scimhub/scimhub/webhooks"
)

const (
	// signatureTolerance is how far the clock of a sender may be from this one.
	signatureTolerance = 5 * time.Minute

	// maxDelivery is more than any delivery has.
	maxDelivery = 1 << 20
)

// demoReceiver is an application that takes deliveries as docs/receiving.md
// advises: it believes none without its signature, knows those that it had
// before, and sees by the sequence whether one is missing.
type demoReceiver struct {
	url      string
	server   *http.Server
	arrived  chan demoDelivery
	patience time.Duration // how long the demo waits for deliveries

	mu        sync.Mutex
	secret    string
	refuse    int              // how many more it answers with 503
	had       map[string]bool  // ids of events
	sequences map[string]int64 // the last one of each resource
}

// demoDelivery is a delivery that reached the receiver.
type demoDelivery struct {
	told
	attempt string
	refused bool
	err     error // why it can't be believed, or what is missing before it
}

// startReceiver starts a receiver on a free port of this machine.
func startReceiver(ctx context.Context) (*demoReceiver, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for deliveries: %w", err)
	}
	r := &demoReceiver{
		url: "http://" + ln.Addr().String() + "/webhooks", arrived: make(chan demoDelivery, 1000),
		patience: 10 * time.Second, had: map[string]bool{}, sequences: map[string]int64{},
	}
	r.server = &http.Server{Handler: http.HandlerFunc(r.receive), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = r.server.Serve(ln) }() // until Close
	return r, nil
}

func (r *demoReceiver) Close() error { return r.server.Close() }

// expect sets the secret that deliveries must be signed with.
func (r *demoReceiver) expect(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

// fail makes the receiver refuse the next deliveries.
func (r *demoReceiver) fail(times int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = times
}

// received gives how many events the receiver had.
func (r *demoReceiver) received() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.had)
}

// misses reports whether the receiver never had an event.
func (r *demoReceiver) misses(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.had[id]
}

// receive answers a delivery: 400 if it can't be believed, 503 if it is to fail,
// else 204.
func (r *demoReceiver) receive(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := demoDelivery{attempt: req.Header.Get("scimhub-attempt")}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxDelivery))
	if err == nil {
		err = webhooks.Verify([]string{r.secret}, req.Header, body, time.Now(), signatureTolerance)
	}
	if err == nil {
		err = json.Unmarshal(body, &d.told)
	}
	switch {
	case err != nil:
		d.err = fmt.Errorf("a delivery can't be believed: %w", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
	case r.refuse > 0:
		r.refuse--
		d.refused = true
		http.Error(w, "not now", http.StatusServiceUnavailable)
	case r.had[d.ID]:
		w.WriteHeader(http.StatusNoContent)
		return // it came once more, which does no harm
	default:
		d.err = r.take(d.told)
		w.WriteHeader(http.StatusNoContent)
	}
	r.arrived <- d
}

// take notes an event, and reports what is missing before it.
func (r *demoReceiver) take(t told) error {
	resource := t.resource()
	last := r.sequences[resource]
	r.had[t.ID], r.sequences[resource] = true, t.Sequence
	if t.Sequence != last+1 {
		return fmt.Errorf("the sequence of %s is %d after %d", t.who(), t.Sequence, last)
	}
	return nil
}

// showDeliveries waits for the deliveries of the events that an exchange must
// have made, and prints them.
func (p *player) showDeliveries(x exchange) {
	if p.receiver == nil {
		return
	}
	deadline := time.After(p.receiver.patience)
	for got := []string{}; len(got) < len(x.tells); {
		select {
		case d := <-p.receiver.arrived:
			p.showDelivery(d)
			if !d.refused {
				got = append(got, string(d.Type))
			}
			if n := len(got); n > 0 && got[n-1] != x.tells[n-1] {
				p.miss(fmt.Errorf("the event is %s, not %s", got[n-1], x.tells[n-1]))
			}
		case <-deadline:
			p.miss(fmt.Errorf("no delivery of %s within %s", strings.Join(x.tells[len(got):], ", "), p.receiver.patience))
			return
		case <-p.ctx.Done():
			return
		}
	}
}

func (p *player) showDelivery(d demoDelivery) {
	if d.err != nil {
		p.miss(d.err)
		return
	}
	p.print.delivery(d)
}

// miss tells of what an application can't work with.
func (p *player) miss(err error) {
	p.missed++
	p.print.miss(err)
}

// showLater prints deliveries until the demo ends.
func (p *player) showLater() {
	for {
		select {
		case d := <-p.receiver.arrived:
			p.showDelivery(d)
		case <-p.ctx.Done():
			return
		}
	}
}

// checkFeed compares what the receiver had with the feed: nothing is missing, and
// nothing came that no exchange made.
func (p *player) checkFeed() {
	if more := len(p.receiver.arrived); more > 0 {
		p.miss(fmt.Errorf("%d deliveries more than the exchanges made events", more))
	}
	events := 0
	for after, more := "", true; more; {
		a, err := p.send(exchange{method: http.MethodGet, path: "/v2/events?after=" + after})
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("the feed answered %d", a.status)
		}
		if err != nil {
			p.miss(err)
			return
		}
		data, _ := a.at("data").([]any)
		for i := range data {
			if id, _ := a.at(fmt.Sprintf("data.%d.id", i)).(string); p.receiver.misses(id) {
				p.miss(fmt.Errorf("the event %s was never delivered", id))
			}
		}
		after, _ = a.at("next_cursor").(string)
		events, more = events+len(data), len(data) > 0
	}
	if events != p.receiver.received() {
		p.miss(errors.New("there were deliveries of events that the feed doesn't have"))
	}
}
