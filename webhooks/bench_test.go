package webhooks_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scimhub/scimhub/storage/storagetest"
	"github.com/scimhub/scimhub/webhooks"
)

// counter is an endpoint that counts and forgets.
type counter struct {
	*httptest.Server
	n atomic.Int64
}

func newCounter(b *testing.B) *counter {
	c := &counter{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c.n.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(c.Close)
	return c
}

// BenchmarkBareDelivery is the limit of deliveries: a client that signs and
// posts from 16 goroutines, and records nothing.
func BenchmarkBareDelivery(b *testing.B) {
	endpoint := newCounter(b)
	client := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true})
	secrets := []webhooks.Secret{{Key: webhooks.NewSecret(webhooks.SignatureHMAC)}}
	body := bytes.Repeat([]byte("x"), 800)
	var next atomic.Int64
	var workers sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		workers.Go(func() {
			for next.Add(1) <= int64(b.N) {
				post(b, client, endpoint.URL, secrets, body)
			}
		})
	}
	workers.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

func post(b *testing.B, client *http.Client, url string, secrets []webhooks.Secret, body []byte) {
	id, now := rand.Text(), time.Now()
	signature, err := webhooks.Sign(secrets, id, now, body)
	must(b, err)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body)) //nolint:usetesting // b.Context would end with it
	must(b, err)
	req.Header.Set(webhooks.HeaderID, id)
	req.Header.Set(webhooks.HeaderSignature, signature)
	resp, err := client.Do(req)
	must(b, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

// BenchmarkDelivery delivers what is queued already: b.N events of 64 users.
func BenchmarkDelivery(b *testing.B) {
	for _, e := range []struct {
		name string
		dsn  func(testing.TB) string
	}{{"sqlite", storagetest.SQLiteDSN}, {"postgres", storagetest.PostgresDSN}} {
		for _, subscriptions := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/%d", e.name, subscriptions), func(b *testing.B) {
				h := newHub(b, e.dsn(b))
				endpoint := newCounter(b)
				for i := range subscriptions {
					h.subscribe(b, fmt.Sprintf("%s/%d", endpoint.URL, i))
				}
				h.write(b, (b.N+subscriptions-1)/subscriptions)
				for more := true; more; {
					done, err := h.store.Sequence(b.Context(), 0)
					must(b, err)
					more = done.More
				}
				b.ResetTimer()
				h.start(b)
				for endpoint.n.Load() < int64(b.N) {
					<-time.After(time.Millisecond)
				}
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
			})
		}
	}
}

// write makes n events of up to 64 users.
func (h *hub) write(b *testing.B, n int) {
	ids := make([]string, 0, 64)
	for i := range n {
		if len(ids) < cap(ids) {
			ids = append(ids, h.create(b, fmt.Sprint("user", i)))
		} else {
			h.change(b, ids[i%len(ids)], fmt.Sprint(i))
		}
	}
}

// BenchmarkCommitToReceipt measures one event at a time on an idle hub.
func BenchmarkCommitToReceipt(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLiteDSN, "postgres": storagetest.PostgresDSN} {
		b.Run(name, func(b *testing.B) {
			h := newHub(b, dsn(b))
			arrived := make(chan struct{}, 1)
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				arrived <- struct{}{}
				w.WriteHeader(http.StatusNoContent)
			}))
			b.Cleanup(endpoint.Close)
			h.subscribe(b, endpoint.URL)
			h.start(b)
			id := h.create(b, "user")
			<-arrived
			latencies := make([]time.Duration, 0, b.N)
			for i := 0; b.Loop(); i++ {
				h.change(b, id, fmt.Sprint(i))
				start := time.Now()
				<-arrived
				latencies = append(latencies, time.Since(start))
			}
			b.ReportMetric(float64(percentile(latencies, 50).Microseconds()), "p50-µs")
			b.ReportMetric(float64(percentile(latencies, 99).Microseconds()), "p99-µs")
		})
	}
}

// percentile gives the latency that p percent don't exceed.
func percentile(list []time.Duration, p int) time.Duration {
	slices.Sort(list)
	return list[min(len(list)*p/100, len(list)-1)]
}

// BenchmarkChange measures what subscriptions add to a change.
func BenchmarkChange(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLiteDSN, "postgres": storagetest.PostgresDSN} {
		for _, subscriptions := range []int{0, 1, 10} {
			b.Run(fmt.Sprintf("%s/%d", name, subscriptions), func(b *testing.B) {
				h := newHub(b, dsn(b))
				endpoint := newCounter(b)
				for i := range subscriptions {
					h.subscribe(b, fmt.Sprintf("%s/%d", endpoint.URL, i))
				}
				h.start(b)
				id := h.create(b, "user")
				for i := 0; b.Loop(); i++ {
					h.change(b, id, fmt.Sprint(i))
				}
			})
		}
	}
}
