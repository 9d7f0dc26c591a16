package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/spelling"
	"github.com/scimhub/scimhub/webhooks"
)

// tokenVariable has the token of commands that speak to a running hub.
const tokenVariable = "SCIMHUB_TOKEN" //nolint:gosec // the name of one

// Where listen may begin in the feed.
const (
	sinceBeginning = "beginning"
	sinceNow       = "now"
)

// listenOptions are the flags of the listen command.
type listenOptions struct {
	forwardTo     string
	url           string // of the hub
	token         string
	types         []string
	since         string
	format        string
	secret        string // "": one is made
	authorization string // "": none
	retry         int
}

func (p *program) listenCommand() *cobra.Command {
	var o listenOptions
	cmd := &cobra.Command{
		Use:   "listen --forward-to URL",
		Short: "Post the events of a hub to a program on this machine",
		Long: `Follow the feed of a running hub and post each event to a program on this
machine, signed as a delivery is, so that you can write a receiver before it has
an address that the hub could reach. Each event is a line: when, what, about whom,
what the program answered, and how long it took.

The token needs the scope events.read; it is --token or ` + tokenVariable + `. Nothing is
set up at the hub, and the hub doesn't learn what the program answered: a failed
event is posted again only as often as --retry says, and those behind it wait.

When the hub goes away, listen waits for it and goes on where it was. Ctrl-C ends it.`,
		Example: `  scimhub listen --forward-to http://localhost:3000/webhooks
  scimhub listen --forward-to http://localhost:3000/webhooks --types 'user.*,group.created'
  scimhub listen --forward-to http://localhost:3000/webhooks --since beginning --format scalekit
  SCIMHUB_TOKEN=scimhub_… scimhub listen --url https://scim.example.com --forward-to http://localhost:3000/`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.token = cmp.Or(o.token, lookup(p.env, tokenVariable))
			if err := o.check(); err != nil {
				return err
			}
			return listenTo(cmd, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.forwardTo, "forward-to", "", "`url` that events are posted to; needed")
	flags.StringVar(&o.url, "url", "http://127.0.0.1:8080", "`url` of the hub")
	flags.StringVar(&o.token, "token", "", "`token` with the scope events.read (default: that of "+tokenVariable+")")
	flags.StringSliceVar(&o.types, "types", nil, "`list` of the types of events to post, such as user.*,group.created (default: all)")
	flags.StringVar(&o.since, "since", sinceNow, "`where` in the feed to begin: beginning or now")
	flags.StringVar(&o.format, "format", string(webhooks.FormatScimhub), "`format` of the payload: scimhub, firstup or scalekit")
	flags.StringVar(&o.secret, "secret", "", "`secret` to sign with, whsec_… (default: a new one, which is printed)")
	flags.StringVar(&o.authorization, "authorization-header", "", "`value` of the header Authorization of each post")
	flags.IntVar(&o.retry, "retry", 0, "`count` of further tries for an event that failed")
	return cmd
}

// lookup gives the value of a variable of an environment, or "".
func lookup(env []string, name string) string {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// check reports all that is wrong with the options at once.
func (o listenOptions) check() error {
	var faults []string
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	if o.forwardTo == "" {
		report(true, "--forward-to is missing; say where your program listens, such as http://localhost:3000/webhooks")
	} else if err := webhooks.CheckURL(o.forwardTo, true); err != nil {
		report(true, "--forward-to: %v", message(err))
	}
	if err := webhooks.CheckURL(o.url, true); err != nil {
		report(true, "--url: %v", message(err))
	}
	report(o.token == "", "--token is missing; give it or set %s, and make one with: scimhub token create --name listen --scopes events.read", tokenVariable)
	for _, name := range o.types {
		report(!slices.Contains(webhooks.SelectorNames(), name), "--types: %q %s", name, webhooks.UnknownEvent(name))
	}
	report(o.since != sinceBeginning && o.since != sinceNow, "--since %q is neither beginning nor now", o.since)
	report(o.retry < 0, "--retry %d is less than none", o.retry)
	if problem := formatProblem(o.format); problem != "" {
		report(true, "--format %s", problem)
	}
	if o.secret != "" {
		_, err := webhooks.Sign([]webhooks.Secret{{Key: o.secret}}, "", time.Now(), nil)
		report(err != nil, "--secret: %v", err)
	}
	if len(faults) > 0 {
		return usagef("%s", strings.Join(faults, "\n  "))
	}
	return nil
}

// formatProblem says why events can't be posted in a format, or "".
func formatProblem(name string) string {
	if name == string(webhooks.FormatSET) {
		return "scim-set needs the key of the hub, which stays there; make a subscription with that format instead"
	}
	var names []string
	for _, f := range webhooks.Formats() {
		if f != webhooks.FormatSET {
			names = append(names, string(f))
		}
	}
	if slices.Contains(names, name) {
		return ""
	}
	text := fmt.Sprintf("%q is no format", name)
	if meant := spelling.Nearest(name, names); meant != "" {
		text += "; did you mean " + meant + "?"
	}
	return text + "; there are " + strings.Join(names, ", ")
}

// listenTo follows the feed until Ctrl-C.
func listenTo(cmd *cobra.Command, o listenOptions) error {
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	printer := newListenPrinter(cmd.OutOrStdout(), cmd.ErrOrStderr())
	made := o.secret == ""
	if made {
		o.secret = webhooks.NewSecret(webhooks.SignatureHMAC)
	}
	client, err := api.NewClient(o.url, api.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+o.token)
		return nil
	}))
	if err != nil {
		return err
	}
	f := &follower{
		open:  feed{client, o}.open,
		each:  newForwarder(o, printer).forward,
		begun: func() { printer.begin(o, made) },
		away:  printer.away, back: printer.back,
		pause: pauseFor, silence: longestSilence,
	}
	if err := f.follow(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// feed is the feed of a hub as the options select it.
type feed struct {
	client  *api.Client
	options listenOptions
}

// open connects to the feed behind a cursor, "" being where the options say.
func (f feed) open(ctx context.Context, cursor string) (*http.Response, error) {
	params := &api.StreamEventsParams{}
	if len(f.options.types) > 0 {
		params.Types = &f.options.types
	}
	switch {
	case cursor != "":
		params.LastEventID = &cursor
	case f.options.since == sinceNow:
		params.After = new("latest")
	}
	return f.client.StreamEvents(ctx, params)
}

// pauseFor waits, unless the context ends first.
func pauseFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
