package webhooks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/scimhub/scimhub/scimresource/access"
)

// keysKept is how long keys are used before they are read again: no longer does
// it take until all hubs of a database know a new one.
const keysKept = time.Minute

// Keys are the keys that the hub itself signs with, by ES256 (RFC 7518 §3.4).
// The first is made when one is needed.
type Keys struct {
	store KeyStore
	now   func() time.Time

	mu     sync.Mutex
	keys   []tokenKey // newest first
	readAt time.Time
}

// tokenKey is a SigningKey, parsed.
type tokenKey struct {
	id      string
	private *ecdsa.PrivateKey
}

// NewKeys makes the keys of a database.
func NewKeys(store KeyStore) *Keys { return &Keys{store: store, now: time.Now} }

// Sign gives a JWS in its compact form (RFC 7515 §3.1) of a payload, signed
// with the newest key. typ says what it is (§4.1.9).
func (k *Keys) Sign(ctx context.Context, typ string, payload []byte) ([]byte, error) {
	keys, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	headers := jws.NewHeaders()
	if err := headers.Set(jws.TypeKey, typ); err != nil {
		return nil, err
	}
	if err := headers.Set(jws.KeyIDKey, keys[0].id); err != nil {
		return nil, err
	}
	return jws.Sign(payload, jws.WithKey(jwa.ES256(), keys[0].private, jws.WithProtectedHeaders(headers)))
}

// JWKS gives the public parts of all keys as a JSON Web Key Set (RFC 7517 §5).
func (k *Keys) JWKS(ctx context.Context) ([]byte, error) {
	keys, err := k.read(ctx)
	if err != nil {
		return nil, err
	}
	set := jwk.NewSet()
	for _, key := range keys {
		public, err := key.public()
		if err != nil {
			return nil, err
		}
		if err := set.AddKey(public); err != nil {
			return nil, err
		}
	}
	return json.Marshal(set)
}

// public gives the public part of a key, and what it is for.
func (k tokenKey) public() (jwk.Key, error) {
	public, err := jwk.Import(k.private.Public())
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: k.id, jwk.AlgorithmKey: jwa.ES256(), jwk.KeyUsageKey: jwk.ForSignature,
	} {
		if err := public.Set(name, value); err != nil {
			return nil, err
		}
	}
	return public, nil
}

// read gives the keys, the newest first; there is at least one.
func (k *Keys) read(ctx context.Context) ([]tokenKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys != nil && k.now().Sub(k.readAt) < keysKept {
		return k.keys, nil
	}
	stored, err := k.store.SigningKeys(ctx, k.create)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	keys := make([]tokenKey, len(stored))
	for i, s := range stored {
		if keys[i], err = parseTokenKey(s); err != nil {
			return nil, err
		}
	}
	k.keys, k.readAt = keys, k.now()
	return keys, nil
}

// create makes a key.
func (k *Keys) create() (SigningKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return SigningKey{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	return SigningKey{ID: access.NewID("key"), Private: der, CreatedAt: k.now()}, err
}

func parseTokenKey(s SigningKey) (tokenKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(s.Private)
	if err != nil {
		return tokenKey{}, fmt.Errorf("signing key %s: %w", s.ID, err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return tokenKey{}, fmt.Errorf("signing key %s is not one of ES256", s.ID)
	}
	return tokenKey{s.ID, private}, nil
}
