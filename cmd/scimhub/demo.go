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
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/scimresource/access"
)

// demoOptions are the flags of the demo command.
type demoOptions struct {
	once   bool
	listen string
}

func demoCommand() *cobra.Command {
	var options demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play real exchanges of Okta and Entra against a fresh hub",
		Long: `Start a hub on a fresh embedded database and play against it, over HTTP, what
Okta and Microsoft Entra ID send when they provision: every request, its answer,
what changed in the directory, and what an application that subscribed to events
was told of it. Then keep serving, so that you can try it.

The database is removed at the end. With --once the demo ends after the play,
with status 0 only if every answer was as the client needs it and every event
was delivered, signed and in order.`,
		Example: `  scimhub demo
  scimhub demo --once
  scimhub demo --listen 127.0.0.1:9000`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), options, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&options.once, "once", false, "end after the play")
	cmd.Flags().StringVar(&options.listen, "listen", "127.0.0.1:8080", "address to serve on; another port is taken if this one is in use")
	return cmd
}

// demo runs a hub on a temporary database and plays every client against it.
func demo(ctx context.Context, options demoOptions, out io.Writer) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	dir, err := os.MkdirTemp("", "scimhub-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	receiver, err := startReceiver(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, receiver.Close()) }()
	ln, err := listenNear(ctx, options.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer ln.Close() //nolint:errcheck // closed already once the hub served
	token := access.NewSecret()
	cfg := defaultConfig()
	cfg.Listen = ln.Addr().String()
	cfg.Database = "sqlite:" + filepath.Join(dir, "demo.db")
	cfg.BootstrapToken = token
	cfg.WebhooksAllowPrivateNetworks = true // the application is on this machine
	cfg.WebhooksRetrySchedule = []time.Duration{0, 200 * time.Millisecond, 400 * time.Millisecond, time.Second, 5 * time.Second}
	cfg.Logger = slog.New(slog.DiscardHandler) // the demo prints what happens itself
	hub, err := newHub(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hub.Close()) }()

	serving, endServing := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- hub.serve(serving, ln) }()
	err = playAll(options, &player{
		ctx: ctx, baseURL: hub.cfg.PublicURL + scimPath, token: token, seen: snapshot{}, receiver: receiver,
		client: &http.Client{Timeout: 30 * time.Second}, print: newPrinter(out),
	})
	if options.once || err != nil {
		endServing()
	}
	defer endServing()
	return errors.Join(err, <-served)
}

// playAll plays every client, then tells the reader how to go on.
func playAll(options demoOptions, p *player) error {
	p.print.line("A hub with an empty directory serves %s", p.baseURL)
	for _, play := range []func(*player){
		playSubscribe, playOktaCatalog, playOktaWizard, playEntra, playEntraFlag, playFailure, playFeed, (*player).checkFeed,
	} {
		play(p)
	}
	if p.ctx.Err() != nil {
		return nil //nolint:nilerr // the reader has seen enough
	}
	p.print.chapter("Result")
	p.print.line("%d exchanges, %d answers not as the client needs them", p.print.count, p.failed)
	p.print.line("%d events delivered, %d faults in what the application was sent", p.receiver.received(), p.missed)
	if p.failed+p.missed > 0 {
		return fmt.Errorf("%d answers were not as the client needs them, and %d deliveries not as the application does", p.failed, p.missed)
	}
	if !options.once {
		p.print.goOn(strings.TrimSuffix(p.baseURL, scimPath), p.token)
		go p.showLater()
	}
	return nil
}

// goOn tells the reader what to try.
func (p *printer) goOn(hubURL, token string) {
	p.line(`
The hub keeps serving until you press Ctrl-C:

  SCIM   %[1]s/scim/v2
  API    %[1]s/docs
  token  %[2]s

Try it; what the application is told of it shows below:

  curl -H 'Authorization: Bearer %[2]s' '%[1]s/scim/v2/Users?count=2'

  curl -G -H 'Authorization: Bearer %[2]s' '%[1]s/scim/v2/Users' --data-urlencode 'filter=active eq true and emails.value ew "@example.com"'

  curl -H 'Authorization: Bearer %[2]s' -H 'Content-Type: application/scim+json' '%[1]s/scim/v2/Users' -d '{"userName":"you@example.com"}'

  curl -H 'Authorization: Bearer %[2]s' '%[1]s/v2/events?types=user.deactivated'

Have events posted to a program of yours:

  %[3]s listen --url %[1]s --token %[2]s --forward-to http://localhost:3000/
`, hubURL, token, os.Args[0])
}

// listenNear listens on an address, or, where its port is in use, on any other
// port of the same host.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not HOST:PORT: %w", address, err)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	}
	return ln, nil
}
