package inbound

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/remote"
)

// Times and limits of key sets.
const (
	keySetKept    = 10 * time.Minute // before it is read again
	keySetPause   = 30 * time.Second // between two readings, since anybody can name a key that isn't there
	keySetTimeout = 10 * time.Second
	maxKeySet     = 1 << 20 // bytes
	maxKeysTried  = 16      // for a token that doesn't say which key it is signed with
)

// keySets keeps the JSON Web Key Sets (RFC 7517 §5) that tokens are verified
// with.
type keySets struct {
	remote *remote.Client
	now    func() time.Time

	mu    sync.Mutex
	known map[string]*keySet // by their URLs
}

// keySet is what is known of one.
type keySet struct {
	mu      sync.Mutex
	keys    jwk.Set // nil: it was never read
	readAt  time.Time
	triedAt time.Time
}

func newKeySets(client *http.Client, now func() time.Time) *keySets {
	return &keySets{
		remote: remote.New(remote.Config{
			HTTP: client, Now: now, Accept: "application/jwk-set+json, application/json",
			Timeout: keySetTimeout, Attempts: 1, MaxBody: maxKeySet,
		}),
		now: now, known: map[string]*keySet{},
	}
}

// find gives the keys that may have the id; with an id of "", all. Keys that
// can't be read are a fault of kind Unavailable.
func (k *keySets) find(ctx context.Context, url, id string) ([]jwk.Key, error) {
	set := k.of(url)
	set.mu.Lock()
	defer set.mu.Unlock()
	now := k.now()
	fresh := set.keys != nil && now.Sub(set.readAt) < keySetKept
	if keys := set.with(id); fresh && keys != nil {
		return keys, nil
	}
	if now.Sub(set.triedAt) >= keySetPause {
		set.triedAt = now
		if err := k.read(ctx, url, set); err != nil && set.keys == nil {
			return nil, err
		}
	}
	if set.keys == nil {
		return nil, fault.New(fault.Unavailable, "the keys of the token's issuer could not be read a moment ago")
	}
	return set.with(id), nil
}

func (k *keySets) of(url string) *keySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known[url] == nil {
		k.known[url] = &keySet{}
	}
	return k.known[url]
}

func (k *keySets) read(ctx context.Context, url string, set *keySet) error {
	answer, err := k.remote.Get(ctx, url)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the keys of the token's issuer can't be read")
	}
	keys, err := jwk.Parse(answer.Body)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the keys of the token's issuer can't be read")
	}
	set.keys, set.readAt = keys, k.now()
	return nil
}

// with gives the keys for signatures that have an id.
func (s *keySet) with(id string) []jwk.Key {
	if s.keys == nil {
		return nil
	}
	var found []jwk.Key
	for i := range s.keys.Len() {
		key, _ := s.keys.Key(i)
		own, _ := key.KeyID()
		use, used := key.KeyUsage()
		if (id == "" || own == id) && (!used || use == "sig") && len(found) < maxKeysTried {
			found = append(found, key)
		}
	}
	return found
}
