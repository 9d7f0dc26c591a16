package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// Config is what a Client is made of. Fields without a default are needed.
type Config struct {
	// HTTP authenticates requests, and guards what they connect to: see
	// webhooks.NewClient.
	HTTP *http.Client
	Now  func() time.Time // default: time.Now

	Accept    string        // media types; default "application/json"
	UserAgent string        // default "scimhub"
	Limiter   *rate.Limiter // of requests; default: none
	Timeout   time.Duration // of one request, its answer included; default 30 s
	Attempts  int           // at one request; default 4
	Patience  time.Duration // the longest wait before another attempt; default 1 min
	MaxBody   int64         // bytes of an answer; default 32 MiB
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	orDefault(&c.Accept, "application/json")
	orDefault(&c.UserAgent, "scimhub")
	orDefault(&c.Timeout, 30*time.Second)
	orDefault(&c.Attempts, 4)
	orDefault(&c.Patience, time.Minute)
	orDefault(&c.MaxBody, 32<<20)
	return c
}

func orDefault[T comparable](v *T, byDefault T) {
	var zero T
	if *v == zero {
		*v = byDefault
	}
}

// Client reads. It may be used by many goroutines.
type Client struct{ Config }

// New makes a client.
func New(c Config) *Client { return &Client{c.withDefaults()} }

// Answer is a successful answer.
type Answer struct {
	Header http.Header
	Body   []byte
	At     time.Time // when the attempt began that it is the answer to
}

// Get reads what is at a URL. Answers that are no success are faults with a
// *StatusError beneath: 404 and 410 of kind NotFound, 401 and 403 of kind
// Forbidden, what may be different later of kind Unavailable (such attempts were
// repeated), anything else of kind InvalidValue. So is an address that may not
// be connected to; a connection that fails is of kind Unavailable.
func (c *Client) Get(ctx context.Context, url string) (Answer, error) {
	for attempt := 1; ; attempt++ {
		answer, err := c.try(ctx, url)
		if err != nil && ctx.Err() != nil {
			return answer, ctx.Err()
		}
		if err == nil || !fault.Is(err, fault.Unavailable) || attempt >= c.Attempts {
			return answer, err
		}
		wait := c.backoff(attempt, err)
		if wait > c.Patience {
			return answer, err
		}
		if stop := pause(ctx, wait); stop != nil {
			return answer, stop
		}
	}
}

// try makes one attempt.
func (c *Client) try(ctx context.Context, url string) (Answer, error) {
	if c.Limiter != nil {
		if err := c.Limiter.Wait(ctx); err != nil {
			return Answer{}, interrupted(ctx, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return Answer{}, fault.Wrap(err, fault.InvalidValue, "the upstream's address is not a URL")
	}
	request.Header.Set("Accept", c.Accept)
	request.Header.Set("User-Agent", c.UserAgent)
	answer := Answer{At: c.Now()}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return answer, unreachable(err)
	}
	defer response.Body.Close()
	answer.Header = response.Header
	if answer.Body, err = c.body(response); err != nil {
		return answer, err
	}
	return answer, c.judge(response, answer.Body)
}

// body reads an answer, that of a failure no further than its detail needs.
func (c *Client) body(response *http.Response) ([]byte, error) {
	limit := c.MaxBody
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxFailure)) // what came of it will do
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if int64(len(body)) > limit {
		return nil, fault.New(fault.InvalidValue, "the upstream's answer is longer than %d bytes; ask for smaller pages", limit)
	}
	return body, nil
}

// unreachable is the fault of a request that got no whole answer.
func unreachable(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok { // of who authenticates
		return f
	}
	if webhooks.Refused(err) {
		return fault.Wrap(err, fault.InvalidValue, "the upstream's address is not on the public internet")
	}
	return fault.Wrap(err, fault.Unavailable, "the upstream can't be reached")
}

// interrupted is the error of a wait that ended early: that of the context, or
// of one whose end was too near to wait at all.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.Wrap(err, fault.Unavailable, "the upstream's rate limit leaves no time for the request")
}

// pause waits, or gives the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
