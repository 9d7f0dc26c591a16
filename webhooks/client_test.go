package webhooks_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// privateHosts are hosts of every class of address that is not on the public
// internet, as they may stand in a URL.
var privateHosts = []string{
	"127.0.0.1", "127.255.255.254", // loopback
	"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", // private
	"169.254.169.254", "169.254.170.2", // link-local, where clouds serve metadata
	"100.64.0.1", "100.100.100.200", // shared (carrier-grade NAT), and Alibaba's metadata
	"168.63.129.16", "192.0.0.192", // Azure's and Oracle's metadata
	"0.0.0.0", "0.1.2.3", // unspecified, this network
	"224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", // multicast, broadcast, reserved
	"192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", // documentation, benchmarks
	"[::1]", "[::]", // loopback, unspecified
	"[fe80::1]", "[fe80::1%25lo]", "[febf::1]", // link-local
	"[fc00::1]", "[fd00:ec2::254]", // unique-local, and Amazon's metadata
	"[ff02::1]", "[fec0::1]", // multicast, site-local
	"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", // IPv4-mapped
	"[::127.0.0.1]",                               // IPv4-compatible
	"[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", // NAT64
	"[2002:7f00:1::]", "[2001:0:7f00:1::]", "[2001:db8::1]", // 6to4, Teredo, documentation
}

func TestClientRefusesPrivateAddresses(t *testing.T) {
	client := webhooks.NewClient(webhooks.ClientConfig{Timeout: 5 * time.Second})
	for _, host := range privateHosts {
		_, err := get(t, client, "http://"+host+":1/")
		if err == nil || !webhooks.Refused(err) {
			t.Errorf("%s: %v, want it refused", host, err)
		}
	}
}

// TestClientConnectsWhereAllowed reaches a server on the loopback address, and
// tells a port that nobody listens on from a refusal.
func TestClientConnectsWhereAllowed(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	client := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true})
	res, err := get(t, client, srv.URL)
	if err != nil || res.status != http.StatusNotFound {
		t.Fatalf("answer %v, %v, want 404", res, err)
	}
	srv.Close()
	if _, err := get(t, client, srv.URL); err == nil || webhooks.Refused(err) {
		t.Errorf("closed port: %v, want an error that is no refusal", err)
	}
}

func TestClientFollowsNoRedirect(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			t.Errorf("the redirect to %s was followed", r.URL)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(srv.Close)
	client := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true})
	res, err := get(t, client, srv.URL+"/")
	if err != nil || res.status != http.StatusTemporaryRedirect || res.location != "/elsewhere" {
		t.Errorf("answer %v, %v, want the redirect itself", res, err)
	}
}

// TestClientObeysNoProxy looks at the transport, since the standard library
// reads the proxy's variables once in a process, and never for local addresses.
func TestClientObeysNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.example.com:3128")
	client := webhooks.NewClient(webhooks.ClientConfig{})
	transport, ok := client.Transport.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Errorf("transport %v asks for a proxy", client.Transport)
	}
}

func TestClientSpeaksHTTP2AndModernTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	client := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true})
	transport, ok := client.Transport.(*http.Transport)
	if !ok || transport.TLSClientConfig.MinVersion < tls.VersionTLS12 || transport.MaxIdleConnsPerHost < 32 {
		t.Fatalf("transport %+v", client.Transport)
	}
	roots, ok := srv.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("the test server has another transport")
	}
	transport.TLSClientConfig.RootCAs = roots.TLSClientConfig.RootCAs
	res, err := get(t, client, srv.URL)
	if err != nil || res.proto != 2 {
		t.Errorf("answer %v, %v, want one by HTTP/2", res, err)
	}
}

func TestClientLimitsTimeAndHeader(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
			return
		}
		w.Header().Set("Long", strings.Repeat("x", 1<<20))
	}))
	t.Cleanup(srv.Close)
	client := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true, Timeout: time.Second})
	for _, path := range []string{"/slow", "/long"} {
		if res, err := get(t, client, srv.URL+path); err == nil {
			t.Errorf("%s: answer %v, want an error", path, res)
		}
	}
}

func TestCheckURL(t *testing.T) {
	tests := map[string]string{ // part of what is wrong; "": nothing
		"https://example.com/hooks?key=1&b=%20":            "",
		"http://example.com:8080":                          "",
		"HTTPS://EXAMPLE.COM./":                            "",
		"https://1.1.1.1/":                                 "",
		"https://[2606:4700::1111]:8443/":                  "",
		"https://0x7f.example/":                            "", // a name
		"https://xn--bcher-kva.example/":                   "",
		"https://example.com/" + strings.Repeat("x", 2028): "",
		"https://example.com/" + strings.Repeat("x", 2029): "longer than 2048",

		"":                                  "must begin with http",
		"example.com/hooks":                 "must begin with http",
		"ftp://example.com/":                "must begin with http",
		"file:///etc/passwd":                "must begin with http",
		"https:example.com":                 "no host",
		"https:///hooks":                    "no host",
		"https://:443/":                     "no host",
		"https://user:pass@example.com/":    "user name",
		"https://user@example.com/":         "user name",
		"https://example.com/#top":          "fragment",
		"https://example.com/#":             "fragment",
		"https://example.com:0/":            "port",
		"https://example.com:65536/":        "port",
		"https://example.com:http/":         "not a URL",
		"https://exa mple.com/":             "not a URL",
		"https://example.com/\n":            "not a URL",
		"https://bücher.example/":           "Punycode",
		"https://\uff11\uff12\uff17.0.0.1/": "Punycode", // digits that IDNA makes 127 of

		"http://localhost:8080/": "public internet",
		"http://LocalHost./":     "public internet",
		"http://a.localhost/":    "public internet",
		"http://127.0.0.1./":     "public internet",
		"http://2130706433/":     "four decimal numbers",
		"http://0x7f000001/":     "four decimal numbers",
		"http://017700000001/":   "four decimal numbers",
		"http://0177.0.0.1/":     "four decimal numbers",
		"http://127.1/":          "four decimal numbers",
		"http://127.0.0.0x1/":    "four decimal numbers",
		"http://1.1.1.1.1/":      "four decimal numbers",
	}
	for _, host := range privateHosts {
		tests["http://"+host+"/"] = "public internet"
	}
	for raw, want := range tests {
		err := webhooks.CheckURL(raw, false)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", raw, err)
		case want != "" && (!fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want an invalid value: …%s…", raw, err, want)
		}
		if want == "public internet" && webhooks.CheckURL(raw, true) != nil {
			t.Errorf("%q is refused though private networks are allowed", raw)
		}
	}
}

// answer is what matters of an answer.
type answer struct {
	status, proto int
	location      string
}

// get gives the answer to a GET.
func get(t *testing.T, client *http.Client, url string) (answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	return answer{res.StatusCode, res.ProtoMajor, res.Header.Get("Location")}, nil
}
