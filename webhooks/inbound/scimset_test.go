package inbound_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// issuer is a transmitter of tokens that publishes keys.
type issuer struct {
	*httptest.Server
	keys   map[string]any // private keys by their ids
	status int            // of the answer instead of the keys; 0: none
	reads  atomic.Int32
}

const issuerName, audience = "https://idp.example.com", "https://hub.example.com/webhooks/hr"

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	is := &issuer{keys: map[string]any{"ec": newECKey(t)}}
	is.Server = httptest.NewServer(http.HandlerFunc(is.serve))
	t.Cleanup(is.Close)
	return is
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (is *issuer) serve(w http.ResponseWriter, _ *http.Request) {
	is.reads.Add(1)
	if is.status != 0 {
		w.WriteHeader(is.status)
		return
	}
	set := jwk.NewSet()
	for id, private := range is.keys {
		key, err := jwk.PublicKeyOf(private)
		if err != nil {
			panic(err)
		}
		if err := key.Set(jwk.KeyIDKey, id); err != nil {
			panic(err)
		}
		if err := set.AddKey(key); err != nil {
			panic(err)
		}
	}
	if err := json.NewEncoder(w).Encode(set); err != nil {
		panic(err)
	}
}

func (is *issuer) source() inbound.Source {
	return inbound.Source{Kind: inbound.KindSET, Upstream: inbound.Upstream{JWKSURL: is.URL, Issuer: issuerName, Audience: audience}}
}

// vendor gives a vendor of tokens whose clock can be set.
func (is *issuer) vendor(now *time.Time) inbound.Vendor {
	return inbound.NewVendors(inbound.VendorConfig{Client: is.Client(), Now: func() time.Time { return *now }})[inbound.KindSET]
}

// rightClaims are those of a token that is accepted.
func rightClaims() map[string]any {
	return map[string]any{
		"iss": issuerName, "aud": audience, "iat": receivedAt().Unix(), "jti": "1",
		"events": map[string]any{"urn:ietf:params:scim:event:prov:delete": map[string]any{}},
	}
}

// signed gives a token.
func signed(t *testing.T, alg jwa.SignatureAlgorithm, key any, header, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	headers := jws.NewHeaders()
	for name, v := range header {
		if err := headers.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	token, err := jws.Sign(payload, jws.WithKey(alg, key, jws.WithProtectedHeaders(headers)))
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

func with(m map[string]any, name string, v any) map[string]any {
	m[name] = v
	return m
}

func TestSETVerify(t *testing.T) {
	is, stranger := newIssuer(t), newECKey(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	is.keys["rsa"] = rsaKey
	key := is.keys["ec"]
	typ := func() map[string]any { return map[string]any{"typ": "secevent+jwt", "kid": "ec"} }
	es256 := func(header, claims map[string]any) string { return signed(t, jwa.ES256(), key, header, claims) }
	right := es256(typ(), rightClaims())
	parts := strings.Split(right, ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"secevent+jwt","alg":"none"}`))
	seconds := func(d time.Duration) int64 { return receivedAt().Add(d).Unix() }
	tests := []struct{ name, body, code string }{
		{"right", right, ""},
		{"a line after it", right + "\n", ""},
		{"another key and algorithm", signed(t, jwa.PS256(), rsaKey, map[string]any{"typ": "application/SECEVENT+jwt", "kid": "rsa"}, rightClaims()), ""},
		{"no key id", es256(map[string]any{"typ": "secevent+jwt"}, rightClaims()), ""},
		{"several audiences", es256(typ(), with(rightClaims(), "aud", []string{"other", audience})), ""},
		{"an old event", es256(typ(), with(rightClaims(), "iat", seconds(-72*time.Hour))), ""},
		{"a clock that is ahead", es256(typ(), with(rightClaims(), "iat", seconds(4*time.Minute))), ""},
		{"a key of a stranger", signed(t, jwa.ES256(), stranger, typ(), rightClaims()), "invalid_key"},
		{"an unknown key id", es256(with(typ(), "kid", "?"), rightClaims()), "invalid_key"},
		{"the key of another id", es256(with(typ(), "kid", "rsa"), rightClaims()), "invalid_key"},
		{"tampered", parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"x"}`)) + "." + parts[2], "invalid_key"},
		{"signed with nothing", unsigned + "." + parts[1] + ".", "invalid_key"},
		{"signed with what all know", signed(t, jwa.HS256(), []byte(is.URL), typ(), rightClaims()), "invalid_key"},
		{"another kind of token", es256(map[string]any{"typ": "JWT", "kid": "ec"}, rightClaims()), "invalid_request"},
		{"no kind of token", es256(map[string]any{"kid": "ec"}, rightClaims()), "invalid_request"},
		{"another issuer", es256(typ(), with(rightClaims(), "iss", "https://evil.example.com")), "invalid_issuer"},
		{"an issuer that is no string", es256(typ(), with(rightClaims(), "iss", []string{issuerName})), "invalid_issuer"},
		{"another audience", es256(typ(), with(rightClaims(), "aud", "other")), "invalid_audience"},
		{"no audience", es256(typ(), with(rightClaims(), "aud", nil)), "invalid_audience"},
		{"from the future", es256(typ(), with(rightClaims(), "iat", seconds(6*time.Minute))), "invalid_request"},
		{"no time", es256(typ(), with(rightClaims(), "iat", nil)), "invalid_request"},
		{"an absurd time", es256(typ(), with(rightClaims(), "iat", 1e300)), "invalid_request"},
		{"no token", `{"iss":"x"}`, "invalid_request"},
		{"not compact", fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[2]), "invalid_request"},
		{"empty", "", "invalid_request"},
	}
	now := receivedAt()
	v := is.vendor(&now)
	for _, tt := range tests {
		err := v.Verify(t.Context(), is.source(), inbound.Request{Body: []byte(tt.body), At: receivedAt()})
		if (err == nil) != (tt.code == "") || err != nil && !fault.Is(err, fault.InvalidValue) {
			t.Errorf("%s: %v", tt.name, err)
		}
		checkRefusal(t, tt.name, v, err, tt.code)
	}
}

// checkRefusal checks what the transmitter is told of an error.
func checkRefusal(t *testing.T, name string, v inbound.Vendor, err error, code string) {
	t.Helper()
	refuser, ok := v.(inbound.Refuser)
	if !ok {
		t.Fatal("the vendor refuses in no form of its own")
	}
	if err == nil {
		return
	}
	status, body := refuser.Refusal(err)
	text, jsonErr := json.Marshal(body)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	if status != http.StatusBadRequest || !strings.Contains(string(text), `{"err":"`+code+`","description":"`) {
		t.Errorf("%s: refused by %d %s, want err %s", name, status, text, code)
	}
}

func TestSETRefusal(t *testing.T) {
	refuser, ok := vendorOf(t, inbound.KindSET).(inbound.Refuser)
	if !ok {
		t.Fatal("the vendor refuses in no form of its own")
	}
	tests := map[int]error{
		http.StatusInternalServerError:   errors.New("a secret"),
		http.StatusServiceUnavailable:    fault.New(fault.Unavailable, "x"),
		http.StatusRequestEntityTooLarge: fault.New(fault.TooLarge, "x"),
		http.StatusNotFound:              fault.New(fault.NotFound, "x"),
	}
	for want, err := range tests {
		if status, body := refuser.Refusal(err); status != want || body != nil {
			t.Errorf("%v: %d %v, want %d without a body", err, status, body, want)
		}
	}
	checkRefusal(t, "syntax", vendorOf(t, inbound.KindSET), fault.New(fault.InvalidSyntax, "x"), "invalid_request")
	if got := []int{refuser.Accepted(0), refuser.Accepted(1)}; !cmp.Equal(got, []int{202, 202}) {
		t.Errorf("accepted by %v", got)
	}
}

// TestSETKeys rotates the keys of an issuer, and takes it down.
func TestSETKeys(t *testing.T) {
	is := newIssuer(t)
	now := receivedAt()
	v := is.vendor(&now)
	verify := func(name, id string, want fault.Kind) {
		t.Helper()
		token := signed(t, jwa.ES256(), is.keys[id], map[string]any{"typ": "secevent+jwt", "kid": id}, rightClaims())
		err := v.Verify(t.Context(), is.source(), inbound.Request{Body: []byte(token), At: receivedAt()})
		if want == 0 && err != nil || want != 0 && !fault.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	is.status = http.StatusInternalServerError
	verify("down from the start", "ec", fault.Unavailable)
	is.status = 0
	verify("not asked again at once", "ec", fault.Unavailable)
	now = now.Add(time.Minute)
	verify("up", "ec", 0)
	verify("known", "ec", 0)
	is.keys["next"] = newECKey(t)
	verify("a new key, not asked for at once", "next", fault.InvalidValue)
	now = now.Add(time.Minute)
	verify("a new key", "next", 0)
	is.status = http.StatusNotFound
	now = now.Add(time.Hour)
	verify("down, with keys that are known", "ec", 0)
	if n := is.reads.Load(); n != 4 {
		t.Errorf("the keys were read %d times, want 4", n)
	}
}

func TestSETNeedsItsConfiguration(t *testing.T) {
	is := newIssuer(t)
	now := receivedAt()
	for _, forget := range []func(*inbound.Upstream){
		func(u *inbound.Upstream) { u.JWKSURL = "" },
		func(u *inbound.Upstream) { u.Issuer = "" },
		func(u *inbound.Upstream) { u.Audience = "" },
	} {
		s := is.source()
		forget(&s.Upstream)
		err := is.vendor(&now).Verify(t.Context(), s, inbound.Request{Body: []byte("a.b.c"), At: now})
		if err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("%+v: %v, want an error of no kind", s.Upstream, err)
		}
	}
}
