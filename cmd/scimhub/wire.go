package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server"
	"github.com/scimhub/scimhub/server/auth"
	"github.com/scimhub/scimhub/server/hooks"
	"github.com/scimhub/scimhub/storage"
	"github.com/scimhub/scimhub/webhooks"
)

// scimPath is where the SCIM API is, below the public URL.
const scimPath = "/scim/v2"

// app is the hub with its parts wired together, ready to serve.
type app struct {
	cfg      Config
	store    *storage.Store
	engine   *webhooks.Engine
	server   *server.Server
	draining atomic.Bool // a stop was asked for

	// madeToken is the token that was made up for an empty database, or "".
	madeToken string

	stopBackground context.CancelFunc
	background     sync.WaitGroup
}

// newHub wires the parts together: it opens the database, migrates it (or, with
// NoMigrate, refuses one that is not current) and gives an empty one its first
// organization, directory and token. The caller closes the app.
func newHub(ctx context.Context, cfg Config) (*app, error) {
	cfg.Serves = true
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.PublicURL = cmp.Or(cfg.PublicURL, defaultPublicURL(cfg.Listen))
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	registry, err := readRegistry(cfg.Schemas)
	if err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	key, err := cfg.encryptionKey()
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg}
	settings := storeConfig(cfg, registry)
	settings.EncryptionKey, settings.Committed = key, a.committed
	if a.store, err = storage.Open(ctx, settings); err != nil {
		return nil, err
	}
	if err := a.start(ctx, registry); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	return a, nil
}

// readRegistry compiles the core schemas and those of a directory; "" is none.
func readRegistry(dir string) (*schema.Registry, error) {
	var custom schema.Definitions
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%q is no directory that can be read", dir)
		}
		var err error
		if custom, err = schema.Load(os.DirFS(dir)); err != nil {
			return nil, err
		}
	}
	return schema.NewRegistry(custom)
}

func storeConfig(cfg Config, registry *schema.Registry) storage.Config {
	return storage.Config{
		DSN:      cfg.Database,
		Registry: registry,
		BaseURL:  cfg.PublicURL + scimPath,
		Now:      time.Now,
		Logger:   cfg.Logger,
	}
}

// committed hands new events to the engine. Nothing is committed before there
// is one.
func (a *app) committed() { a.engine.Committed() }

// start readies the database and makes what stands on it.
func (a *app) start(ctx context.Context, registry *schema.Registry) error {
	if err := a.migrate(ctx); err != nil {
		return err
	}
	if err := a.bootstrap(ctx); err != nil {
		return err
	}
	authenticator, err := auth.New(auth.Config{Store: a.store, Now: time.Now, Logger: a.cfg.Logger})
	if err != nil {
		return err
	}
	metrics, keys := newMetrics(), webhooks.NewKeys(a.store)
	if a.engine, err = a.newEngine(metrics, keys); err != nil {
		return err
	}
	hub := scimresource.Config{
		Registry: registry, Bind: a.store.Bind, BaseURL: a.cfg.PublicURL + scimPath, Now: time.Now, Logger: a.cfg.Logger,
	}
	in, err := a.newInbound(metrics, hub)
	if err != nil {
		return err
	}
	a.server, err = server.New(server.Config{ //nolint:contextcheck // a request has its own
		Hub:           scimresource.NewHub(hub),
		Authenticator: authenticator,
		Webhooks: webhooks.NewService(webhooks.ServiceConfig{
			Bind: a.store.Webhooks, Now: time.Now, AllowPrivateNetworks: a.cfg.WebhooksAllowPrivateNetworks, Logger: a.cfg.Logger,
		}),
		Feed:    func(org string) *webhooks.Feed { return webhooks.NewFeed(a.store.Webhooks(org), a.engine.Grown()) },
		Keys:    keys,
		Inbound: &hooks.Config{Finder: a.store, Receiver: in.receiver, Now: time.Now},
		Ready:   a.ready,
		Limits:  server.Limits{Body: a.cfg.MaxBodyBytes, PageDefault: a.cfg.PageSizeDefault, PageMax: a.cfg.PageSizeMax},
		Logger:  a.cfg.Logger,
		Metrics: metrics,
	})
	if err != nil {
		return err
	}
	a.inBackground(ctx, authenticator.Run, a.engine.Run, in.worker.Run)
	return nil
}

// newEngine makes what delivers events.
func (a *app) newEngine(reg *prometheus.Registry, keys *webhooks.Keys) (*webhooks.Engine, error) {
	metrics, err := webhooks.NewMetrics(reg, a.store, time.Now)
	if err != nil {
		return nil, err
	}
	return webhooks.NewEngine(webhooks.EngineConfig{
		Dispatcher: webhooks.DispatcherConfig{
			Queue:     a.store,
			Renderer:  webhooks.NewRenderer(webhooks.RendererConfig{PublicURL: a.cfg.PublicURL, Keys: keys}),
			Client:    webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: a.cfg.WebhooksAllowPrivateNetworks}),
			Now:       time.Now,
			Logger:    a.cfg.Logger,
			Metrics:   metrics,
			Owner:     access.NewID("hub"),
			UserAgent: "scimhub/" + readBuild().Version,
			Schedule:  a.cfg.WebhooksRetrySchedule,
			Timeout:   a.cfg.WebhooksTimeout,
		},
		Retention: a.cfg.EventsRetention,
		Listen:    a.store.Listen,
	}), nil
}

// newMetrics makes a registry that measures the process itself already.
func newMetrics() *prometheus.Registry {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return metrics
}

func (a *app) migrate(ctx context.Context) error {
	if a.cfg.NoMigrate {
		return a.store.CheckMigrated(ctx)
	}
	return a.store.Migrate(ctx)
}

// bootstrap gives an empty database its first organization, directory and token.
func (a *app) bootstrap(ctx context.Context) error {
	secret := cmp.Or(a.cfg.BootstrapToken, access.NewSecret())
	created, err := a.store.Bootstrap(ctx, access.Hash(secret))
	if err != nil {
		return fmt.Errorf("bootstrap the empty database: %w", err)
	}
	switch {
	case created && a.cfg.BootstrapToken == "":
		a.madeToken = secret
	case created:
		a.cfg.Logger.InfoContext(ctx, "gave the empty database the token of SCIMHUB_BOOTSTRAP_TOKEN")
	case a.cfg.BootstrapToken != "":
		return a.warnOfUnusedToken(ctx)
	}
	return nil
}

// warnOfUnusedToken tells an operator who sets SCIMHUB_BOOTSTRAP_TOKEN anew why
// it doesn't work. Where it is what the database was begun with, all is well.
func (a *app) warnOfUnusedToken(ctx context.Context) error {
	_, err := a.store.TokenByHash(ctx, access.Hash(a.cfg.BootstrapToken))
	if fault.Is(err, fault.NotFound) {
		a.cfg.Logger.WarnContext(ctx, "SCIMHUB_BOOTSTRAP_TOKEN is not used: the database is not empty; make a token with scimhub token create")
		return nil
	}
	return err
}

// ready reports why the hub can't serve now, or nil.
func (a *app) ready(ctx context.Context) error {
	if a.draining.Load() {
		return fault.New(fault.Unavailable, "the hub is stopping")
	}
	return a.store.Ping(ctx)
}

// inBackground runs loops of the parts until the app is closed.
func (a *app) inBackground(ctx context.Context, loops ...func(context.Context)) {
	ctx, a.stopBackground = context.WithCancel(context.WithoutCancel(ctx))
	for _, loop := range loops {
		a.background.Go(func() { loop(ctx) })
	}
}

// Handler answers the hub's HTTP requests.
func (a *app) Handler() http.Handler { return a.server }

// Close ends what runs in the background and closes the database. No request
// may be in flight.
func (a *app) Close() error {
	a.stopBackground()
	a.background.Wait()
	return a.store.Close()
}
