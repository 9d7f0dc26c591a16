package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/scimhub/scimhub/webhooks"
	"github.com/spf13/cobra"
)

// loadArgs loads the configuration of a command with these flags.
func loadArgs(t *testing.T, environ []string, args ...string) (loaded, error) {
	t.Helper()
	cmd := &cobra.Command{}
	addSettings(cmd, everyCommand, serveOnly)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return load(cmd.Flags(), environ)
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var settingsOnly = cmpopts.IgnoreFields(Config{}, "Logger", "Serves")

func TestDefaultsAreThoseDocumented(t *testing.T) {
	want := Config{
		Listen: "127.0.0.1:8080", Database: "sqlite:scimhub.db", LogLevel: slog.LevelInfo,
		MaxBodyBytes: 1 << 20, PageSizeDefault: 100, PageSizeMax: 1000, ShutdownTimeout: 25 * time.Second,
		WebhooksRetrySchedule: webhooks.DefaultSchedule(), WebhooksTimeout: 15 * time.Second, EventsRetention: 30 * 24 * time.Hour,
	}
	got, err := loadArgs(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Config, settingsOnly); diff != "" {
		t.Error(diff)
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	file := writeFile(t, "hub.yaml", "listen: file:1\ndatabase: sqlite:file.db\nlog-level: warn\npage-size-max: 500\n")
	environ := []string{"SCIMHUB_CONFIG=" + file, "SCIMHUB_LISTEN=env:2", "SCIMHUB_DATABASE=sqlite:env.db", "SCIMHUB_PUBLIC_URL="}
	got, err := loadArgs(t, environ, "--listen", "flag:3")
	if err != nil {
		t.Fatal(err)
	}
	want := defaultConfig()
	want.Listen, want.Database, want.LogLevel, want.PageSizeMax = "flag:3", "sqlite:env.db", slog.LevelWarn, 500
	if diff := cmp.Diff(want, got.Config, settingsOnly); diff != "" {
		t.Error(diff)
	}
}

func TestEverySettingIsReadFromEveryPlaceItMayStandIn(t *testing.T) {
	dir := t.TempDir()
	other := map[string]string{
		"listen": ":9", "database": "sqlite:other.db", "public-url": "https://h", "schemas": dir,
		"bootstrap-token": "secret", "no-migrate": "true", "log-level": "debug", "log-format": "json",
		"max-body-bytes": "2048", "page-size-default": "200", "page-size-max": "300", "allow-small-pages": "true",
		"shutdown-delay": "1s", "shutdown-timeout": "2s", "encryption-key": testKey,
		"webhooks-allow-private-networks": "true", "webhooks-retry-schedule": "0s, 1m", "webhooks-timeout": "3s", "events-retention": "24h",
	}
	for _, s := range settings() {
		value, ok := other[s.name]
		if !ok {
			t.Fatalf("the test has no value for setting %s", s.name)
		}
		want := defaultConfig()
		if err := s.set(&want, value); err != nil {
			t.Fatal(err)
		}
		check := func(place string, environ []string, args ...string) {
			got, err := loadArgs(t, environ, args...)
			if diff := cmp.Diff(want, got.Config, settingsOnly); err != nil || diff != "" {
				t.Errorf("%s from %s: %v %s", s.name, place, err, diff)
			}
		}
		check("environment", []string{s.variable() + "=" + value})
		if s.scope == environmentOnly {
			continue
		}
		check("file", nil, "--config", writeFile(t, "hub.yaml", s.name+": "+value))
		check("flag", nil, "--"+s.name+"="+value)
	}
}

func TestAllFaultsAreReportedAtOnceWithTheirPlaces(t *testing.T) {
	file := writeFile(t, "hub.yaml", `
listn: ":1"
log_level: info
nonsense: 1
bootstrap-token: secret
shutdown-timeout: soon
page-size-max: [1, 2]
public-url: localhost
database:
`)
	environ := []string{"SCIMHUB_MAX_BODY_BYTES=1e6", "SCIMHUB_DATABASE=mysql://root:s3cret@host/db", "SCIMHUB_BOOTSTRAP_TOKEN=two words"}
	_, err := loadArgs(t, environ, "--config", file, "--log-level=loud", "--page-size-default=20", "--listen=8080",
		"--schemas=/nowhere", "--log-format=xml", "--no-migrate=maybe", "--shutdown-delay=-1s")
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"configuration: 17 faults\n",
		file + ": listn: there is no such setting; did you mean listen?",
		file + ": log_level: there is no such setting; did you mean log-level?",
		file + ": nonsense: there is no such setting; scimhub serve --help lists them",
		file + ": bootstrap-token: is a secret and can't stand in the file; set SCIMHUB_BOOTSTRAP_TOKEN",
		file + `: shutdown-timeout: "soon" is not a duration`,
		file + ": page-size-max: must be a single value",
		file + `: public-url: "localhost" is not an absolute URL`,
		`SCIMHUB_MAX_BODY_BYTES: "1e6" is not a whole number`,
		"SCIMHUB_DATABASE: the value is neither sqlite:PATH nor postgres://",
		"SCIMHUB_BOOTSTRAP_TOKEN: the token must be of visible ASCII",
		`--log-level: "loud" is no log level; use debug, info, warn or error`,
		"--page-size-default: 20 is less than 100",
		`--listen: "8080" is not HOST:PORT`,
		`--schemas: "/nowhere" is no directory`,
		`--log-format: "xml" is no log format`,
		`--no-migrate: "maybe" is neither true nor false`,
		"--shutdown-delay: -1s is too little; the least is 0s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
	for _, secret := range []string{"s3cret", "two words"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows the secret %q", secret)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		set  func(*Config)
		want string // "": valid
	}{
		{"all addresses", func(c *Config) { c.Listen = ":0" }, ""},
		{"IPv6", func(c *Config) { c.Listen = "[::1]:80" }, ""},
		{"port by name", func(c *Config) { c.Listen = "localhost:http" }, "listen: "},
		{"port too high", func(c *Config) { c.Listen = "localhost:65536" }, "listen: "},
		{"postgres", func(c *Config) { c.Database = "postgresql://u:p%2Fq@h:5432/d?sslmode=require" }, ""},
		{"bad escape", func(c *Config) { c.Database = "postgres://u:s3cret%zz@h/d" }, "database: "},
		{"memory", func(c *Config) { c.Database = "sqlite::memory:" }, "database: "},
		{"no path", func(c *Config) { c.Database = "sqlite:" }, "database: "},
		{"key-value DSN", func(c *Config) { c.Database = "host=h password=s3cret" }, "database: "},
		{"URL with a path", func(c *Config) { c.PublicURL = "https://example.com/hub" }, ""},
		{"URL with the API's path", func(c *Config) { c.PublicURL = "https://example.com/scim/v2" }, "public-url: "},
		{"URL with a password", func(c *Config) { c.PublicURL = "https://u:s3cret@example.com" }, "public-url: "},
		{"URL of another scheme", func(c *Config) { c.PublicURL = "ftp://example.com" }, "public-url: "},
		{"small pages", func(c *Config) { c.PageSizeDefault = 10 }, "page-size-default: 10 is less than 100"},
		{"small pages, insisted on", func(c *Config) { c.PageSizeDefault, c.PageSizeMax, c.AllowSmallPages = 10, 20, true }, ""},
		{"pages of nothing", func(c *Config) { c.PageSizeDefault, c.AllowSmallPages = 0, true }, "page-size-default: "},
		{"default above max", func(c *Config) { c.PageSizeDefault = 2000 }, "page-size-max: 1000 is less than page-size-default"},
		{"tiny bodies", func(c *Config) { c.MaxBodyBytes = 10 }, "max-body-bytes: 10 is too little; the least is 1024"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := defaultConfig()
			tt.set(&c)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestFileThatIsNoMappingIsAFault(t *testing.T) {
	for name, text := range map[string]string{"list": "- a\n- b\n", "text": "listen", "syntax": "a: [", "twice": "listen: a\nlisten: b\n"} {
		_, err := loadArgs(t, nil, "--config", writeFile(t, name, text))
		if err == nil || !strings.Contains(err.Error(), name+": is no YAML mapping of settings") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := loadArgs(t, nil, "--config", "/nowhere.yaml"); err == nil ||
		err.Error() != "configuration: /nowhere.yaml: can't be read: no such file or directory" {
		t.Errorf("got %v", err)
	}
	if _, err := loadArgs(t, nil, "--config", writeFile(t, "empty", "# nothing\n")); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	got, err := loadArgs(t, []string{
		"SCIMHUB_DATABSE=x", "SCIMHUB_FANCY=1", "HOME=/root", // the rest is not meant for the hub
		"SCIMHUB_PORT=tcp://10.0.0.1:80", "SCIMHUB_PORT_80_TCP_ADDR=10.0.0.1", "SCIMHUB_SERVICE_HOST=10.0.0.1", "SCIMHUB_TEST_POSTGRES=x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"the environment variable SCIMHUB_DATABSE is no setting of this version; did you mean SCIMHUB_DATABASE?",
		"the environment variable SCIMHUB_FANCY is no setting of this version",
	}
	if diff := cmp.Diff(want, got.warnings); diff != "" {
		t.Error(diff)
	}
}

func TestRedactDatabaseHidesSecrets(t *testing.T) {
	for dsn, want := range map[string]string{
		"sqlite:/data/hub.db":                                   "sqlite:/data/hub.db",
		"postgres://u:s3cret@h:5432/d?sslmode=disable":          "postgres://u@h:5432/d?sslmode=disable",
		"postgres://h/d?user=u&password=s3cret&sslpassword=s3c": "postgres://h/d?user=u",
		"postgres://u:s3cret%zz@h/d":                            "postgres://…",
	} {
		if got := redactDatabase(dsn); got != want {
			t.Errorf("redactDatabase(%q) = %q, want %q", dsn, got, want)
		}
	}
}

func TestDefaultPublicURL(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "localhost:80": "http://localhost:80", ":8080": "http://localhost:8080",
		"0.0.0.0:8080": "http://localhost:8080", "[::]:8080": "http://localhost:8080", "[::1]:8080": "http://[::1]:8080",
	} {
		if got := defaultPublicURL(listen); got != want {
			t.Errorf("defaultPublicURL(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		row := "| `--" + s.name + "` | `" + s.variable() + "` | "
		if s.scope == environmentOnly {
			row = "| – | `" + s.variable() + "` | "
		}
		if s.initial != "" && !s.isSwitch() {
			row += "`" + s.initial + "` |"
		}
		if !strings.Contains(string(text), "\n"+row) {
			t.Errorf("docs/configuration.md has no row that begins with %s", row)
		}
	}
}
