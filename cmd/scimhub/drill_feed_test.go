package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// feedReader reads the feed of events from its beginning, as it grows.
type feedReader struct {
	name string
	url  string // of the hub
	auth string
	stop context.CancelFunc
	over sync.WaitGroup

	mu     sync.Mutex
	events []deliveredEvent
	reads  int    // requests that were made
	cut    func() // is called after each event, if not nil
}

// follow starts a reader in one of two ways.
func follow(t testing.TB, name, url, token string, read func(*feedReader, context.Context, string) (string, error)) *feedReader {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &feedReader{name: name, url: url, auth: "Bearer " + token, stop: cancel}
	f.over.Go(func() {
		for cursor := ""; ctx.Err() == nil; {
			next, err := read(f, ctx, cursor)
			if cursor = next; err != nil {
				<-time.After(10 * time.Millisecond) // the hub is down
			}
		}
	})
	t.Cleanup(func() { f.stop(); f.over.Wait() })
	return f
}

// page reads a page, waiting for one, and gives the cursor to go on with.
func (f *feedReader) page(ctx context.Context, cursor string) (string, error) {
	resp, err := f.get(ctx, "/v2/events?limit=100&wait=20s&after="+cursor, "")
	if err != nil {
		return cursor, err
	}
	defer resp.Body.Close()
	var page struct {
		Data       []deliveredEvent
		NextCursor string `json:"next_cursor"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return cursor, err
	}
	f.add(page.Data...)
	return page.NextCursor, nil
}

// stream reads the stream until it ends, and gives the id of the last event that
// came whole.
func (f *feedReader) stream(ctx context.Context, last string) (string, error) {
	resp, err := f.get(ctx, "/v2/events/stream", last)
	if err != nil {
		return last, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	id, data := last, ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "data":
			data = value
		case "": // the end of an event; a comment has a name of its own kind
			if lines.Text() != "" {
				continue
			}
			if data != "" {
				var e deliveredEvent
				if err := json.Unmarshal([]byte(data), &e); err != nil {
					return last, err
				}
				f.add(e)
			}
			last, data = id, ""
		}
	}
	return last, lines.Err()
}

// get sends a request. Anything but success is an error.
func (f *feedReader) get(ctx context.Context, path, lastEvent string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", f.auth)
	if lastEvent != "" {
		req.Header.Set("Last-Event-ID", lastEvent)
	}
	resp, err := http.DefaultClient.Do(req)
	if err == nil && resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	if err == nil {
		f.mu.Lock()
		f.reads++
		f.mu.Unlock()
	}
	return resp, err
}

func (f *feedReader) add(events ...deliveredEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, events...)
	if f.cut != nil {
		f.cut()
	}
}

func (f *feedReader) seen() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

// completes waits until the feedReader saw all the events, and checks that it saw
// each once, those of a resource in their order.
func (f *feedReader) completes(t testing.TB, events []deliveredEvent) {
	t.Helper()
	waitFor(t, fmt.Sprintf("the %s shows %d events (%d so far)", f.name, len(events), f.seen()), func() bool { return f.seen() >= len(events) })
	f.mu.Lock()
	defer f.mu.Unlock()
	times, last := map[string]int{}, map[string]int64{}
	for _, e := range f.events {
		times[e.ID]++
		if e.Sequence != last[e.resource()]+1 {
			t.Errorf("the %s shows sequence %d of %s after %d", f.name, e.Sequence, e.resource(), last[e.resource()])
		}
		last[e.resource()] = e.Sequence
	}
	for _, e := range events {
		if times[e.ID] != 1 {
			t.Errorf("the %s shows event %s %d times", f.name, e.ID, times[e.ID])
		}
	}
}
