package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/server/hooks"
	"github.com/scimhub/scimhub/webhooks"
)

// Authenticator tells who the bearer of a secret is.
type Authenticator interface {
	// Authenticate gives the actor that a token's secret stands for. A secret
	// that is damaged, unknown, expired or revoked is a fault of kind
	// Unauthenticated whose Detail says which.
	Authenticate(ctx context.Context, secret string) (access.Actor, error)
}

// Config is what a Server is made of. Fields without a default are required.
type Config struct {
	Hub           *scimresource.Hub
	Authenticator Authenticator

	// What the admin API is about. Without Webhooks it isn't served; with it, the
	// other two are required.
	Webhooks *webhooks.Service
	Feed     func(organizationID string) *webhooks.Feed
	Keys     *webhooks.Keys

	// Inbound takes in what sources post. Without it nothing is served there.
	Inbound *hooks.Config

	// Ready reports why the hub can't serve requests now, or nil. A fault's
	// Detail is shown to the prober, any other error only logged.
	Ready func(ctx context.Context) error

	Limits  Limits
	Logger  *slog.Logger         // default: logs are dropped
	Metrics *prometheus.Registry // default: a registry of its own
}

// Limits bound what a request may ask for. A zero is the default.
type Limits struct {
	Body        int64 // bytes of a request body; default 1 MiB
	PageDefault int   // resources on a page when the client doesn't say; default 100
	PageMax     int   // resources on a page at the most; default 1000
}

// Validate reports all faults of the configuration at once.
func (cfg Config) Validate() error {
	cfg = cfg.withDefaults()
	var faults []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	report(cfg.Hub == nil, "Hub is missing")
	report(cfg.Authenticator == nil, "Authenticator is missing")
	report(cfg.Webhooks != nil && cfg.Feed == nil, "Feed is missing")
	report(cfg.Webhooks != nil && cfg.Keys == nil, "Keys is missing")
	report(cfg.Ready == nil, "Ready is missing")
	report(cfg.Limits.Body < 1, "Limits.Body is %d, but must be at least 1 byte", cfg.Limits.Body)
	report(cfg.Limits.PageDefault < 1, "Limits.PageDefault is %d, but must be at least 1", cfg.Limits.PageDefault)
	report(cfg.Limits.PageMax < cfg.Limits.PageDefault,
		"Limits.PageMax is %d, less than Limits.PageDefault, which is %d", cfg.Limits.PageMax, cfg.Limits.PageDefault)
	return errors.Join(faults...)
}

func (cfg Config) withDefaults() Config {
	if cfg.Limits.Body == 0 {
		cfg.Limits.Body = 1 << 20
	}
	if cfg.Limits.PageDefault == 0 {
		cfg.Limits.PageDefault = 100
	}
	if cfg.Limits.PageMax == 0 {
		cfg.Limits.PageMax = 1000
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	return cfg
}
