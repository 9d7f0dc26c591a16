package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is everything that an operator may choose. settings() says what each
// field means and what its default is.
type Config struct {
	Listen          string
	Database        string // may hold a password: see redactDatabase
	PublicURL       string // "": made from Listen
	Schemas         string // "": none
	BootstrapToken  string // "": a random one
	NoMigrate       bool
	LogLevel        slog.Level
	LogFormat       string // "text", "json" or "": text on a terminal
	MaxBodyBytes    int64
	PageSizeDefault int
	PageSizeMax     int
	AllowSmallPages bool
	ShutdownDelay   time.Duration
	ShutdownTimeout time.Duration
	EncryptionKey   string // base64; "": a file beside the SQLite database

	WebhooksAllowPrivateNetworks bool
	WebhooksRetrySchedule        []time.Duration
	WebhooksTimeout              time.Duration
	EventsRetention              time.Duration

	// Serves says that the command opens stored secrets, so that it needs a key
	// to them. It is no setting.
	Serves bool

	// Logger is where the hub logs to. It is no setting; nil drops everything.
	Logger *slog.Logger
}

// smallestPage is the size below which pages lose users: Okta asks for 100 at
// a time and goes on 100 further, however many it was given.
const smallestPage = 100

// smallestBody is less than any useful request needs.
const smallestBody = 1024

// Validate reports all faults of the configuration at once, as configFaults.
func (c Config) Validate() error {
	var faults configFaults
	check := func(setting string, err error) {
		if err != nil {
			faults = append(faults, configFault{setting: setting, problem: err.Error()})
		}
	}
	check("listen", checkListen(c.Listen))
	check("database", checkDatabase(c.Database))
	check("public-url", checkPublicURL(c.PublicURL))
	check("schemas", checkSchemas(c.Schemas))
	check("bootstrap-token", checkToken(c.BootstrapToken))
	check("log-format", checkLogFormat(c.LogFormat))
	check("max-body-bytes", checkAtLeast(c.MaxBodyBytes, smallestBody))
	check("page-size-default", c.checkPageDefault())
	check("page-size-max", c.checkPageMax())
	check("shutdown-delay", checkAtLeast(c.ShutdownDelay, 0))
	check("shutdown-timeout", checkAtLeast(c.ShutdownTimeout, 0))
	check("encryption-key", c.checkEncryptionKey())
	check("webhooks-retry-schedule", checkSchedule(c.WebhooksRetrySchedule))
	check("webhooks-timeout", checkAtLeast(c.WebhooksTimeout, time.Second))
	check("events-retention", checkAtLeast(c.EventsRetention, time.Hour))
	return faults.orNil()
}

func checkAtLeast[N int64 | time.Duration](n, least N) error {
	if n < least {
		return fmt.Errorf("%v is too little; the least is %v", n, least)
	}
	return nil
}

func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not HOST:PORT; for instance 127.0.0.1:8080, or :8080 for all addresses", address)
	}
	return nil
}

// checkDatabase never repeats the value, which may hold a password.
func checkDatabase(dsn string) error {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		if path == "" || path == ":memory:" {
			return fmt.Errorf("SQLite needs a file; for instance sqlite:scimhub.db")
		}
		return nil
	}
	if !isPostgres(dsn) {
		return fmt.Errorf("the value is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	if _, err := url.Parse(dsn); err != nil {
		return fmt.Errorf("the value can't be read as a URL; special characters in the password must be percent-encoded")
	}
	return nil
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return fmt.Errorf("%q is not an absolute URL; for instance https://scim.example.com", s)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return fmt.Errorf("the URL must have neither user name nor query nor fragment; only scheme, host and perhaps a path")
	case strings.Contains(u.Path, "/scim/"):
		return fmt.Errorf("%q must end before /scim/v2, which the hub adds", s)
	}
	return nil
}

func checkSchemas(dir string) error {
	_, err := readRegistry(dir)
	return err
}

// checkToken refuses what no Authorization header can carry.
func checkToken(secret string) error {
	if strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("the token must be of visible ASCII characters, without spaces")
	}
	return nil
}

// checkSchedule bounds a schedule to what one can survey.
func checkSchedule(schedule []time.Duration) error {
	if len(schedule) > maxAttempts {
		return fmt.Errorf("%d waits are too many; the most is %d", len(schedule), maxAttempts)
	}
	for _, wait := range schedule {
		if wait < 0 {
			return fmt.Errorf("%s is no wait", wait)
		}
	}
	return nil
}

// maxAttempts is how often a delivery is tried at the most.
const maxAttempts = 100

func checkLogFormat(format string) error {
	if !slices.Contains([]string{"", "text", "json"}, format) {
		return fmt.Errorf("%q is no log format; use text or json", format)
	}
	return nil
}

func (c Config) checkPageDefault() error { return c.checkPage(c.PageSizeDefault) }

func (c Config) checkPageMax() error {
	if err := c.checkPage(c.PageSizeMax); err != nil {
		return err
	}
	if c.PageSizeMax < c.PageSizeDefault {
		return fmt.Errorf("%d is less than page-size-default, which is %d", c.PageSizeMax, c.PageSizeDefault)
	}
	return nil
}

func (c Config) checkPage(size int) error {
	if size < 1 {
		return fmt.Errorf("%d is no page size; the least is 1", size)
	}
	if size < smallestPage && !c.AllowSmallPages {
		return fmt.Errorf("%d is less than %d, with which Okta would miss users; set allow-small-pages if you want it all the same",
			size, smallestPage)
	}
	return nil
}
