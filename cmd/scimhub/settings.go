package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one thing that an operator may choose. Flags, environment
// variables, keys of the configuration file and defaults all come from here.
type setting struct {
	name    string // of the flag, and of the key in the file
	kind    string // of its value, for --help
	initial string // the default
	usage   string
	scope   settingScope
	set     func(*Config, string) error // an error says what would be right
}

// settingScope says which commands have a setting as a flag. The environment and
// the file may have every setting, whatever the command: one file serves all.
type settingScope int

const (
	everyCommand settingScope = iota // every command that opens the database
	serveOnly
	environmentOnly // secrets, which a command line and a file would show
)

// variable gives the name of the setting's environment variable.
func (s setting) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// isSwitch reports whether the setting is a flag without a value.
func (s setting) isSwitch() bool { return s.kind == "bool" }

// settings gives all settings, in the order in which they are documented.
func settings() []setting {
	return slices.Concat(commonSettings(), serveSettings(), limitSettings(), webhookSettings())
}

func commonSettings() []setting {
	return []setting{
		{
			name: "database", kind: "dsn", initial: "sqlite:scimhub.db",
			usage: "where the data is: sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
			set:   text(func(c *Config) *string { return &c.Database }),
		},
		{
			name: "log-level", kind: "level", initial: "info",
			usage: "least level that is logged: debug, info, warn or error",
			set:   setLogLevel,
		},
		{
			name: "log-format", kind: "format",
			usage: "text or json; by default text on a terminal, else json",
			set:   text(func(c *Config) *string { return &c.LogFormat }),
		},
	}
}

func serveSettings() []setting {
	return []setting{
		{
			name: "listen", kind: "host:port", initial: "127.0.0.1:8080", scope: serveOnly,
			usage: "address to listen on; port 0 takes a free one, an empty host all addresses",
			set:   text(func(c *Config) *string { return &c.Listen }),
		},
		{
			name: "public-url", kind: "url", scope: serveOnly,
			usage: "URL by which clients reach the hub, the prefix of every meta.location; by default http:// and the listen address",
			set:   setPublicURL,
		},
		{
			name: "schemas", kind: "dir", scope: serveOnly,
			usage: "directory of *.json files with custom schemas and resource types (RFC 7643 §6 and §7)",
			set:   text(func(c *Config) *string { return &c.Schemas }),
		},
		{
			name: "bootstrap-token", scope: environmentOnly,
			usage: "token with all scopes that an empty database is given; unset, a random one is made and printed once",
			set:   text(func(c *Config) *string { return &c.BootstrapToken }),
		},
		{
			name: "no-migrate", kind: "bool", initial: "false", scope: serveOnly,
			usage: "refuse to start when the database schema is not current, instead of migrating it",
			set:   boolean(func(c *Config) *bool { return &c.NoMigrate }),
		},
		{
			name: "shutdown-delay", kind: "duration", initial: "0s", scope: serveOnly,
			usage: "time to go on serving after SIGTERM with /readyz at 503, so that load balancers notice",
			set:   duration(func(c *Config) *time.Duration { return &c.ShutdownDelay }),
		},
		{
			name: "shutdown-timeout", kind: "duration", initial: "25s", scope: serveOnly,
			usage: "time that requests in flight have to finish when the hub stops",
			set:   duration(func(c *Config) *time.Duration { return &c.ShutdownTimeout }),
		},
	}
}

func limitSettings() []setting {
	return []setting{
		{
			name: "max-body-bytes", kind: "bytes", initial: "1048576", scope: serveOnly,
			usage: "size of the largest request body",
			set:   integer(func(c *Config) *int64 { return &c.MaxBodyBytes }),
		},
		{
			name: "page-size-default", kind: "resources", initial: "100", scope: serveOnly,
			usage: "resources on a page when the client doesn't say how many",
			set:   integer(func(c *Config) *int { return &c.PageSizeDefault }),
		},
		{
			name: "page-size-max", kind: "resources", initial: "1000", scope: serveOnly,
			usage: "resources on a page at the most",
			set:   integer(func(c *Config) *int { return &c.PageSizeMax }),
		},
		{
			name: "allow-small-pages", kind: "bool", initial: "false", scope: serveOnly,
			usage: "allow page sizes below 100, with which Okta misses users",
			set:   boolean(func(c *Config) *bool { return &c.AllowSmallPages }),
		},
	}
}

func webhookSettings() []setting {
	return []setting{
		{
			name: "encryption-key", scope: environmentOnly,
			usage: "base64 of 32 bytes that stored secrets are sealed with; unset, a key file beside the SQLite database; needed on PostgreSQL",
			set:   text(func(c *Config) *string { return &c.EncryptionKey }),
		},
		{
			name: "webhooks-allow-private-networks", kind: "bool", initial: "false", scope: serveOnly,
			usage: "allow deliveries to loopback, private and link-local addresses",
			set:   boolean(func(c *Config) *bool { return &c.WebhooksAllowPrivateNetworks }),
		},
		{
			name: "webhooks-retry-schedule", kind: "list", initial: "0s,5s,5m,30m,2h,5h,10h,10h", scope: serveOnly,
			usage: "waits before the first, second and further attempts to deliver, each spread by a tenth",
			set:   durations(func(c *Config) *[]time.Duration { return &c.WebhooksRetrySchedule }),
		},
		{
			name: "webhooks-timeout", kind: "duration", initial: "15s", scope: serveOnly,
			usage: "time that an endpoint has to answer a delivery",
			set:   duration(func(c *Config) *time.Duration { return &c.WebhooksTimeout }),
		},
		{
			name: "events-retention", kind: "duration", initial: "720h", scope: serveOnly,
			usage: "time that events and delivery attempts are kept",
			set:   duration(func(c *Config) *time.Duration { return &c.EventsRetention }),
		},
	}
}

// defaultConfig gives the configuration of an operator who chose nothing.
func defaultConfig() Config {
	var c Config
	for _, s := range settings() {
		if s.initial == "" {
			continue
		}
		if err := s.set(&c, s.initial); err != nil {
			panic("default of " + s.name + ": " + err.Error())
		}
	}
	return c
}

// The functions below make the set of a setting from the field it sets.

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, s string) error {
		*field(c) = s
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, s string) error {
		v, err := strconv.ParseBool(s)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", s)
		}
		*field(c) = v
		return nil
	}
}

func integer[N int | int64](field func(*Config) *N) func(*Config, string) error {
	return func(c *Config, s string) error {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil || int64(N(v)) != v {
			return fmt.Errorf("%q is not a whole number", s)
		}
		*field(c) = N(v)
		return nil
	}
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, s string) error {
		v, err := time.ParseDuration(s)
		if err != nil {
			return fmt.Errorf("%q is not a duration; for instance 30s, 5m or 2h", s)
		}
		*field(c) = v
		return nil
	}
}

// durations reads a list separated by commas.
func durations(field func(*Config) *[]time.Duration) func(*Config, string) error {
	return func(c *Config, s string) error {
		var list []time.Duration
		for part := range strings.SplitSeq(s, ",") {
			v, err := time.ParseDuration(strings.TrimSpace(part))
			if err != nil {
				return fmt.Errorf("%q is not a duration; a list of them is for instance 0s,30s,5m", strings.TrimSpace(part))
			}
			list = append(list, v)
		}
		*field(c) = list
		return nil
	}
}

func setLogLevel(c *Config, s string) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(s)]
	if !ok {
		return fmt.Errorf("%q is no log level; use debug, info, warn or error", s)
	}
	c.LogLevel = level
	return nil
}

func setPublicURL(c *Config, s string) error {
	c.PublicURL = strings.TrimRight(s, "/")
	return nil
}
