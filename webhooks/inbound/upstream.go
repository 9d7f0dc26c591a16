package inbound

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/remote"
	"github.com/scimhub/scimhub/webhooks/scimclient"
)

// UpstreamsConfig is what Upstreams are made of. Fields without a default are
// needed.
type UpstreamsConfig struct {
	// HTTP guards what is connected to: see webhooks.NewClient. An upstream's
	// address is an administrator's choice, who may not see the hub's network.
	HTTP      *http.Client
	Now       func() time.Time // default: time.Now
	UserAgent string
	Rate      rate.Limit // requests to one upstream per second; default 10
	Attempts  int        // at one request; default as of remote.Config
}

// Upstreams reads the upstreams of sources. Access tokens and rate limits are
// shared by all who read the same source.
type Upstreams struct {
	UpstreamsConfig
	mu    sync.Mutex
	known map[string]*upstream // by the id of the source
}

// upstream is what is kept of a source's upstream.
type upstream struct {
	base    *url.URL
	from    Upstream // what it was made of
	login   Login
	http    *http.Client
	limiter *rate.Limiter
}

// NewUpstreams makes Upstreams.
func NewUpstreams(c UpstreamsConfig) *Upstreams {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rate == 0 {
		c.Rate = 10
	}
	return &Upstreams{UpstreamsConfig: c, known: map[string]*upstream{}}
}

// SCIM gives a client of a source's upstream that is a SCIM server. A source
// without an upstream is a fault of kind InvalidValue.
func (u *Upstreams) SCIM(s Source) (*scimclient.Client, error) {
	up, err := u.of(s)
	if err != nil {
		return nil, err
	}
	return scimclient.New(scimclient.Config{BaseURL: up.base.String(), PageSize: s.Upstream.PageSize, Remote: u.remote(up)}), nil
}

// Reader gives a reader of a source's upstream that has an API of its own. A
// source without an upstream is a fault of kind InvalidValue.
func (u *Upstreams) Reader(s Source) (*Reader, error) {
	up, err := u.of(s)
	if err != nil {
		return nil, err
	}
	return &Reader{base: up.base, remote: remote.New(u.remote(up))}, nil
}

// Forget drops what is kept of a source, which was changed or removed.
func (u *Upstreams) Forget(sourceID string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.known, sourceID)
}

func (u *Upstreams) remote(up *upstream) remote.Config {
	return remote.Config{HTTP: up.http, Now: u.Now, UserAgent: u.UserAgent, Limiter: up.limiter, Attempts: u.Attempts}
}

// of gives what is kept of a source's upstream, anew where the source says
// something else by now.
func (u *Upstreams) of(s Source) (*upstream, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if up := u.known[s.ID]; up != nil && up.from == s.Upstream && up.login == s.Credentials.Upstream {
		return up, nil
	}
	up, err := u.connect(s)
	if err == nil && s.ID != "" {
		u.known[s.ID] = up
	}
	return up, err
}

func (u *Upstreams) connect(s Source) (*upstream, error) {
	if s.Upstream.BaseURL == "" {
		return nil, fault.New(fault.InvalidValue, "the source has no upstream to read: its base_url is not set")
	}
	base, err := url.Parse(strings.TrimRight(s.Upstream.BaseURL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fault.New(fault.InvalidValue, "the upstream's base_url is no URL of http or https")
	}
	return &upstream{
		base: base, from: s.Upstream, login: s.Credentials.Upstream,
		http: authenticated(u.HTTP, base, s.Credentials.Upstream), limiter: rate.NewLimiter(u.Rate, max(int(u.Rate), 1)),
	}, nil
}

// Reader reads JSON from the API of a vendor. Its faults are those of
// remote.Client.Get.
type Reader struct {
	base   *url.URL
	remote *remote.Client
}

// Get reads what is at a path below the source's base URL, as in "/api/v1/users",
// or at an absolute URL that the same server gave, as of the next page.
func (r *Reader) Get(ctx context.Context, ref string, query url.Values) (remote.Answer, error) {
	to, err := url.Parse(ref)
	if err != nil {
		return remote.Answer{}, fault.Wrap(err, fault.InvalidValue, "the upstream's address is not a URL")
	}
	if !to.IsAbs() {
		below := *r.base
		path, rawQuery, _ := strings.Cut(ref, "?")
		if to, err = url.Parse(strings.TrimRight(below.String(), "/") + "/" + strings.TrimLeft(path, "/")); err != nil {
			return remote.Answer{}, fault.Wrap(err, fault.InvalidValue, "the upstream's address is not a URL")
		}
		to.RawQuery = rawQuery
	}
	if len(query) > 0 {
		all := to.Query()
		maps.Copy(all, query)
		to.RawQuery = all.Encode()
	}
	return r.remote.Get(ctx, to.String())
}

// JSON is Get, and decodes the answer into v as encoding/json does.
func (r *Reader) JSON(ctx context.Context, ref string, query url.Values, v any) error {
	answer, err := r.Get(ctx, ref, query)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer.Body, v); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the upstream's answer can't be read")
	}
	return nil
}

// Object is Get, and decodes the answer as a document, with numbers as sent.
func (r *Reader) Object(ctx context.Context, ref string, query url.Values) (document.Object, error) {
	answer, err := r.Get(ctx, ref, query)
	if err != nil {
		return nil, err
	}
	obj, err := document.Decode(answer.Body)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the upstream's answer can't be read")
	}
	return obj, nil
}
