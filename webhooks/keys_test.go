package webhooks_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/scimhub/scimhub/webhooks"
)

// keyStore keeps keys in memory.
type keyStore struct {
	keys  []webhooks.SigningKey
	reads int
	err   error
}

func (s *keyStore) SigningKeys(_ context.Context, create func() (webhooks.SigningKey, error)) ([]webhooks.SigningKey, error) {
	s.reads++
	if s.err != nil || len(s.keys) > 0 {
		return s.keys, s.err
	}
	key, err := create()
	s.keys = []webhooks.SigningKey{key}
	return s.keys, err
}

// TestKeysSignWithTheNewest adds a key to a store. Within a minute it signs, and
// what the older one signed can still be verified with the published set.
func TestKeysSignWithTheNewest(t *testing.T) {
	store, now := &keyStore{}, time.Now()
	keys := webhooks.NewKeys(store)
	keys.SetNow(func() time.Time { return now })
	old := sign(t, keys)
	if sign(t, keys); store.reads != 1 {
		t.Errorf("the store was asked %d times, want once", store.reads)
	}

	store.keys = append([]webhooks.SigningKey{newES256(t, elliptic.P256())}, store.keys...)
	now = now.Add(time.Minute)
	newer := sign(t, keys)
	if got, want := keyID(t, newer), store.keys[0].ID; got != want {
		t.Errorf("signed with %s, want the newest, %s", got, want)
	}
	if keyID(t, old) == keyID(t, newer) {
		t.Error("both tokens have the same kid")
	}
	for _, token := range [][]byte{old, newer} {
		if payload, err := jws.Verify(token, jws.WithKeySet(published(t, keys))); err != nil || string(payload) != "{}" {
			t.Errorf("verified with the published set: %q, %v", payload, err)
		}
	}
}

// TestPublishedKeysArePublic looks at each member of the set.
func TestPublishedKeysArePublic(t *testing.T) {
	store := &keyStore{}
	keys := webhooks.NewKeys(store)
	text, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"d":`) {
		t.Errorf("the set has a private key: %s", text)
	}
	key, _ := published(t, keys).Key(0)
	id, _ := key.KeyID()
	use, _ := key.KeyUsage()
	alg, _ := key.Algorithm()
	if id != store.keys[0].ID || !strings.HasPrefix(id, "key_") || use != "sig" || alg != jwa.ES256() {
		t.Errorf("key %q, use %q, alg %v: %s", id, use, alg, text)
	}
}

func TestKeysMustBeReadable(t *testing.T) {
	tests := map[string]*keyStore{
		"store down":    {err: errors.New("down")},
		"no key":        {keys: []webhooks.SigningKey{{ID: "key_x", Private: []byte("junk")}}},
		"another curve": {keys: []webhooks.SigningKey{newES256(t, elliptic.P384())}},
	}
	for name, store := range tests {
		if _, err := webhooks.NewKeys(store).Sign(t.Context(), "JWT", []byte("{}")); err == nil {
			t.Errorf("%s: signed", name)
		}
		if _, err := webhooks.NewKeys(store).JWKS(t.Context()); err == nil {
			t.Errorf("%s: published", name)
		}
	}
}

func newES256(t *testing.T, curve elliptic.Curve) webhooks.SigningKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return webhooks.SigningKey{ID: "key_newer", Private: der}
}

func sign(t *testing.T, keys *webhooks.Keys) []byte {
	t.Helper()
	token, err := keys.Sign(t.Context(), "JWT", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keyID(t *testing.T, token []byte) string {
	t.Helper()
	id, _ := protected(t, token).KeyID()
	return id
}

// protected gives the header of a token.
func protected(t *testing.T, token []byte) jws.Headers {
	t.Helper()
	message, err := jws.Parse(token)
	if err != nil {
		t.Fatal(err)
	}
	return message.Signatures()[0].ProtectedHeaders()
}

func published(t *testing.T, keys *webhooks.Keys) jwk.Set {
	t.Helper()
	text, err := keys.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := jwk.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
