package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/scimhub/scimhub/api"
)

const (
	// longestSilence is after how long without a word from the hub, which sends a
	// heartbeat every 15 seconds, the connection is taken for dead.
	longestSilence = time.Minute

	// The waits before connecting again grow from the first to the longest.
	firstReconnect   = 500 * time.Millisecond
	longestReconnect = 15 * time.Second
)

// follower follows the feed of a hub over connections that may break.
type follower struct {
	open  func(ctx context.Context, cursor string) (*http.Response, error)
	each  func(ctx context.Context, m sseMessage) // of every event, in order
	begun func()                                  // the first connection was made
	away  func(why error)                         // the hub can't be reached; told once
	back  func()                                  // it can be again
	pause func(ctx context.Context, d time.Duration)
	// silence is how long a connection may be without a word.
	silence time.Duration

	cursor string // of the last message that was dealt with
}

// refusal is an answer that won't be another one the next time.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// follow deals with events until ctx is done or the hub refuses. Before the
// first connection anything that goes wrong ends it: most likely it is a
// mistyped address.
func (f *follower) follow(ctx context.Context) error {
	connected, gone := false, false
	wait := firstReconnect
	for {
		established := func() {
			if !connected {
				f.begun()
			}
			if gone {
				f.back()
			}
			connected, gone, wait = true, false, firstReconnect
		}
		err := f.connection(ctx, established)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, refused := errors.AsType[refusal](err); refused || !connected {
			return err
		}
		if err != nil && !gone {
			gone = true
			f.away(err)
		}
		f.pause(ctx, wait)
		wait = min(2*wait, longestReconnect)
	}
}

// connection deals with the events of one connection. It gives nil when the
// connection was made and ended: that happens every hour.
func (f *follower) connection(ctx context.Context, established func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(f.silence, cancel)
	defer watchdog.Stop()
	resp, err := f.open(ctx, f.cursor)
	if err != nil {
		return fmt.Errorf("the hub can't be reached: %w", plainError(err))
	}
	defer resp.Body.Close()
	if err := checkStream(resp); err != nil {
		return err
	}
	established()
	for messages := newSSEReader(resp.Body); ; {
		watchdog.Reset(f.silence)
		m, err := messages.next()
		if err != nil {
			return nil // whether the hub is away shows when it is called again
		}
		watchdog.Stop() // what follows may take its time
		if m.data != "" {
			f.each(ctx, m)
		}
		if ctx.Err() == nil {
			f.cursor = m.id
		}
	}
}

// checkStream reports why an answer isn't a feed.
func checkStream(resp *http.Response) error {
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && mediaType == "text/event-stream" {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what could be read will do
	var problem api.Problem
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		err := fmt.Errorf("%s answered %s, but not as a hub does; is --url right?", resp.Request.URL.Redacted(), resp.Status)
		return orRefusal(resp.StatusCode, err)
	}
	return orRefusal(resp.StatusCode, fmt.Errorf("the hub answered %s: %s", resp.Status, problem.Detail))
}

// orRefusal makes a refusal of an error unless a later try may fare better.
func orRefusal(status int, err error) error {
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return err
	}
	return refusal{err}
}

// plainError takes the method and the URL from an error of an HTTP client.
func plainError(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
