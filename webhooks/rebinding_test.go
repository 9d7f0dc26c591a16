package webhooks_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/scimhub/scimhub/webhooks"
)

// TestClientRefusesReboundName gives a name two meanings: to whoever asks first
// a public address, and then the loopback address, where a server listens. The
// name passes every check before the request, and is refused at dial.
func TestClientRefusesReboundName(t *testing.T) {
	var reached atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(srv.Close)
	resolver := serveNames(t, "1.1.1.1", "127.0.0.1")
	raw := strings.Replace(srv.URL, "127.0.0.1", "rebound.example.com", 1)

	if err := webhooks.CheckURL(raw, false); err != nil {
		t.Fatal(err)
	}
	addrs, err := resolver.LookupNetIP(t.Context(), "ip4", "rebound.example.com")
	if err != nil || len(addrs) != 1 || addrs[0] != netip.MustParseAddr("1.1.1.1") {
		t.Fatalf("first look-up: %v, %v", addrs, err)
	}
	client := webhooks.NewClient(webhooks.ClientConfig{}.WithResolver(resolver))
	if res, err := get(t, client, raw); err == nil || !webhooks.Refused(err) {
		t.Errorf("answer %v, %v, want it refused", res, err)
	}
	if reached.Load() {
		t.Error("the server was reached")
	}

	allowed := webhooks.NewClient(webhooks.ClientConfig{AllowPrivateNetworks: true}.WithResolver(resolver))
	if _, err := get(t, allowed, raw); err != nil || !reached.Load() {
		t.Errorf("with private networks allowed: %v; the test would prove nothing", err)
	}
}

// serveNames starts a DNS server that answers for every name with the addresses
// given, one after another and then the last for good.
func serveNames(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			answer, used := answerName(buf[:n], addresses[0])
			if used && len(addresses) > 1 {
				addresses = addresses[1:]
			}
			if _, err := conn.WriteToUDP(answer, from); err != nil {
				t.Error(err)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answerName answers a query. Only one for an IPv4 address uses the address;
// there are no others.
func answerName(query []byte, address string) (answer []byte, used bool) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, false
	}
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	q := m.Questions[0]
	if used = q.Type == dnsmessage.TypeA; used {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(address).As4()},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil, false
	}
	return answer, used
}
