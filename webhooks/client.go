package webhooks

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// ClientConfig configures NewClient.
type ClientConfig struct {
	// AllowPrivateNetworks lets it connect to any address, not only to those of
	// the public internet.
	AllowPrivateNetworks bool
	Timeout              time.Duration // of a request, its answer included; 0: none
	MaxConnsPerHost      int           // 0: no limit

	resolver *net.Resolver // nil: the system's
}

// Limits of the client.
const (
	idlePerHost     = 32 // at least; Go's default of 2 costs a third of the rate
	idleTimeout     = 90 * time.Second
	connectTimeout  = 10 * time.Second // of the connection, and again of TLS
	maxHeaderBytes  = 64 << 10         // of an answer
	pingAfter       = 15 * time.Second // of silence on an HTTP/2 connection
	pingTimeout     = 10 * time.Second
	maxURL          = 2048
	azureWireServer = "168.63.129.16/32" // serves credentials from a public address
)

// NewClient makes a client that posts to addresses which strangers chose. It
// connects to addresses of the public internet alone, which it checks after
// names were resolved, so that a name can't change its meaning after the check.
// It obeys no proxy, since the check would see that only, and follows no
// redirect: the answer to it is the redirect itself.
func NewClient(c ClientConfig) *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: c.resolver}
	if !c.AllowPrivateNetworks {
		dialer.Control = newGuard().Safe
	}
	return &http.Client{
		Timeout:       c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connectTimeout,
			ForceAttemptHTTP2:      true,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
			MaxConnsPerHost:        c.MaxConnsPerHost,
			MaxIdleConnsPerHost:    max(idlePerHost, c.MaxConnsPerHost),
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			DisableCompression:     true,
		},
	}
}

// newGuard makes what refuses addresses: all that IANA's registries of special
// purpose addresses name, multicast, everything in IPv6 that is not global
// unicast (IPv4-mapped and NAT64 forms among them), 6to4, and the one cloud
// metadata service that has a public address.
func newGuard() *ssrf.Guardian {
	return ssrf.New(ssrf.WithAnyPort(), ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix(azureWireServer)))
}

// Refused reports whether an error of the client means that the address may not
// be connected to. It stays refused until the name in the URL means another.
func Refused(err error) bool {
	return errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) ||
		errors.Is(err, ssrf.ErrInvalidHostPort)
}

// CheckURL checks the URL of a subscription: http or https, a host in ASCII, no
// credentials, no fragment, and no address that NewClient refuses anyway,
// however it is spelled. allowPrivate is AllowPrivateNetworks. What is wrong is
// a fault of kind InvalidValue.
func CheckURL(raw string, allowPrivate bool) error {
	if len(raw) > maxURL {
		return fault.New(fault.InvalidValue, "url is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return fault.Wrap(err, fault.InvalidValue, "url is not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fault.New(fault.InvalidValue, "url must begin with http:// or https://")
	case u.Hostname() == "":
		return fault.New(fault.InvalidValue, "url has no host")
	case u.User != nil:
		return fault.New(fault.InvalidValue, "url must not have a user name or password; use authorization_header")
	case strings.Contains(raw, "#"):
		return fault.New(fault.InvalidValue, "url must not have a fragment, which is never sent")
	case !validPort(u):
		return fault.New(fault.InvalidValue, "url has a port outside of 1 to 65535")
	}
	return checkHost(u.Hostname(), allowPrivate)
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// checkHost checks a host's spelling, and that it isn't an address that may not
// be connected to. What a name means is seen only when it is used.
func checkHost(host string, allowPrivate bool) error {
	if strings.ContainsFunc(host, func(r rune) bool { return r > '~' }) {
		return fault.New(fault.InvalidValue, "url has a host that is not ASCII; write it with xn-- (Punycode)")
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	addr, err := netip.ParseAddr(name)
	if err != nil && isNumber(name[strings.LastIndexByte(name, '.')+1:]) {
		return fault.New(fault.InvalidValue, "url has an IPv4 address that is not written as four decimal numbers")
	}
	isLocal := name == "localhost" || strings.HasSuffix(name, ".localhost") // RFC 6761 §6.3
	if !allowPrivate && (isLocal || err == nil && newGuard().SafeAddr(addr) != nil) {
		return fault.New(fault.InvalidValue, "url points to %s, which is not on the public internet", host)
	}
	return nil
}

// isNumber reports whether a label is a decimal, octal or hexadecimal number,
// which some resolvers take for a part of an IPv4 address. No top-level domain
// is one.
func isNumber(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	if hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
