package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
)

// key is the hash of a secret.
type key [sha256.Size]byte

func hashKey(hash []byte) key {
	var k key
	copy(k[:], hash)
	return k
}

// cache remembers tokens for a time. It never holds more than size.
type cache struct {
	mu         sync.Mutex
	size       int
	entries    map[key]entry
	generation int // counts what was forgotten
}

type entry struct {
	token access.Token
	until time.Time
}

func newCache(size int) *cache {
	return &cache{size: size, entries: make(map[key]entry)}
}

// get gives the token of a key, if it is remembered still, and the generation
// that a put after a miss must name.
func (c *cache) get(k key, now time.Time) (access.Token, int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[k]
	if ok && !now.Before(e.until) {
		delete(c.entries, k)
		ok = false
	}
	return e.token, c.generation, ok
}

// put remembers a token that was read after a get of this generation. If
// anything was forgotten since, the token may be what was changed, and is
// not kept.
func (c *cache) put(k key, token access.Token, until time.Time, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	for victim := range c.entries { // any one: maps are iterated in random order
		if len(c.entries) < c.size {
			break
		}
		delete(c.entries, victim)
	}
	c.entries[k] = entry{token, until}
}

func (c *cache) forget(tokenID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for k, e := range c.entries {
		if e.token.ID == tokenID {
			delete(c.entries, k)
		}
	}
}
