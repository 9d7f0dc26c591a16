package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/admin"
	"github.com/scimhub/scimhub/server/hooks"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/server/scim"
)

// Server answers the hub's HTTP requests. It is an http.Handler and may be used
// by many goroutines.
type Server struct {
	auth    Authenticator
	ready   func(ctx context.Context) error
	failing atomic.Bool // the last readiness check failed
	limits  Limits
	logger  *slog.Logger
	metrics *metrics
	routes  []route.Route
	handler http.Handler

	stopping context.Context // of those who wait for events: done when the server shuts down
	stop     context.CancelFunc
}

// New makes a server. It reports all faults of the configuration at once.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("server configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, err
	}
	s := &Server{auth: cfg.Authenticator, ready: cfg.Ready, limits: cfg.Limits, logger: cfg.Logger, metrics: m}
	s.stopping, s.stop = context.WithCancel(context.Background()) //nolint:gosec // called when the http.Server shuts down
	s.routes = slices.Concat(s.healthRoutes(), scim.Routes(scim.Config{
		Hub: cfg.Hub, PageDefault: cfg.Limits.PageDefault, PageMax: cfg.Limits.PageMax,
	}))
	if cfg.Webhooks != nil {
		s.routes = append(s.routes, admin.Routes(admin.Config{
			Webhooks: cfg.Webhooks, Feed: cfg.Feed, Keys: cfg.Keys, Stopping: s.stopping,
		})...)
	}
	if cfg.Inbound != nil {
		s.routes = append(s.routes, hooks.Routes(*cfg.Inbound)...)
	}
	return s, s.mount()
}

// mount builds the handler that answers the routes.
func (s *Server) mount() error {
	compress, err := compression()
	if err != nil {
		return err
	}
	s.handler = normalizePaths(compress(s.engine()))
	return nil
}

// Routes gives every route that the server answers, in a fixed order.
func (s *Server) Routes() []route.Route { return slices.Clone(s.routes) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// HTTPServer gives a net/http server for the handler with timeouts that a slow
// or silent client can't stretch. Its errors go to the server's log. When it
// shuts down, requests that wait for events end at once.
func (s *Server) HTTPServer() *http.Server {
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute, // clients give up after one
		IdleTimeout:       2 * time.Minute, // longer than the usual load balancer's
		MaxHeaderBytes:    1 << 20,         // an oversized filter deserves an answer that says so
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	srv.RegisterOnShutdown(s.stop)
	return srv
}

// quietGin keeps gin, whose mode is global, from printing its routes.
var quietGin = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// engine builds the router: what holds for every request, then the routes.
func (s *Server) engine() *gin.Engine {
	quietGin()
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false // normalizePaths does it; push clients follow no redirects
	e.ForwardedByClientIP = false
	e.Use(requestID, s.observe, s.survive, s.adapt(s.limitBody))
	for _, r := range s.routes {
		e.Handle(r.Method, r.Path, s.adapt(s.authorize(r.Access)), s.adapt(r.Handler))
		if r.Method == http.MethodGet {
			e.Handle(http.MethodHead, r.Path, s.adapt(s.authorize(r.Access)), s.adapt(r.Handler))
		}
	}
	e.NoRoute(s.adapt(noRoute))
	e.NoMethod(s.adapt(noMethod))
	return e
}

// noRoute answers a path that is none of ours.
func noRoute(c *gin.Context) error {
	if isSCIM(c.Request.URL.Path) {
		return scim.NoRoute(c)
	}
	return fault.New(fault.NotFound, "there is nothing at this path")
}

// noMethod answers a method that a path of ours doesn't have. gin has set Allow.
func noMethod(c *gin.Context) error {
	return fault.New(fault.MethodNotAllowed, "this path has no %s; it allows %s", c.Request.Method, c.Writer.Header().Get("Allow"))
}
