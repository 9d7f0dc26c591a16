package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the hub",
		Long: `Start the hub: migrate the database, then serve SCIM on --listen.

An empty database is given an organization and a directory, both named default,
and a token with all scopes: that of SCIMHUB_BOOTSTRAP_TOKEN, or a random one
that is printed once, to standard output. The log goes to standard error.

SIGTERM and SIGINT stop the hub: /readyz turns 503, no more requests are
accepted, those in flight are finished. A second signal ends it at once.

Every flag is an environment variable too, and a key of the configuration file:
--log-level, SCIMHUB_LOG_LEVEL and log-level. A flag beats the environment, and
the environment beats the file.`,
		Example: `  scimhub serve
  scimhub serve --listen :8080 --public-url https://scim.example.com
  SCIMHUB_DATABASE=postgres://scimhub@db/scimhub scimhub serve
  scimhub serve --config /etc/scimhub.yaml --log-level debug`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), cfg, cmd.OutOrStdout())
		},
	}
	addSettings(cmd, everyCommand, serveOnly)
	return cmd
}

// config reads the configuration of a command and tells its warnings.
func (p *program) config(cmd *cobra.Command) (Config, error) {
	l, err := load(cmd.Flags(), p.env)
	if err != nil {
		return l.Config, err
	}
	l.Logger = newLogger(cmd.ErrOrStderr(), l.Config)
	for _, warning := range l.warnings {
		l.Logger.WarnContext(cmd.Context(), "configuration", "warning", warning)
	}
	return l.Config, nil
}

// serve runs the hub until a signal stops it or ctx is done.
func serve(ctx context.Context, cfg Config, stdout io.Writer) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()

	ln, address, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	defer ln.Close() //nolint:errcheck // closed already once the hub has served
	cfg.Listen = address

	hub, err := newHub(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hub.Close()) }()
	if err := hub.showToken(stdout); err != nil {
		return err
	}
	return hub.serve(ctx, ln)
}

// showToken prints the token that was made for an empty database: the only time
// that it is shown. It is not logged, as logs are kept and passed on.
func (a *app) showToken(stdout io.Writer) error {
	if a.madeToken == "" {
		return nil
	}
	_, err := fmt.Fprintf(stdout, `
The database was empty. It now has an organization and a directory, both named
"default", and this token, which may do everything. It is not shown again:

    %s

`, a.madeToken)
	return err
}

// serve answers requests on a listener until ctx is done, then stops cleanly.
func (a *app) serve(ctx context.Context, ln net.Listener) error {
	srv := a.server.HTTPServer()
	requests := context.WithoutCancel(ctx) // those in flight outlive the signal
	srv.BaseContext = func(net.Listener) context.Context { return requests }

	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	a.cfg.Logger.InfoContext(ctx, "listening",
		slog.String("address", ln.Addr().String()),
		slog.String("public_url", a.cfg.PublicURL),
		slog.String("database", redactDatabase(a.cfg.Database)),
		slog.String("version", readBuild().Version),
	)
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return a.stop(requests, srv)
	}
}

// stop ends the server: probes learn of it first, then nothing new is accepted,
// then what is in flight is finished.
func (a *app) stop(ctx context.Context, srv *http.Server) error {
	a.draining.Store(true)
	a.cfg.Logger.InfoContext(ctx, "stopping",
		slog.Duration("delay", a.cfg.ShutdownDelay), slog.Duration("timeout", a.cfg.ShutdownTimeout))
	<-time.After(a.cfg.ShutdownDelay)

	ctx, cancel := context.WithTimeout(ctx, a.cfg.ShutdownTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("requests were still running after %s and were cut off", a.cfg.ShutdownTimeout), srv.Close())
	}
	a.cfg.Logger.InfoContext(ctx, "stopped")
	return nil
}

// untilSignal gives a context that SIGINT or SIGTERM ends; a second signal ends
// the process.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
