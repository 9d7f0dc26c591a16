package auth

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// memory is a Store that counts what it is asked. The tests in cmd/scimhub run
// the Authenticator on the real one.
type memory struct {
	mu      sync.Mutex
	tokens  map[string]access.Token // by hash
	lookups int
	touched map[string]time.Time
	err     error
}

func (m *memory) TokenByHash(_ context.Context, hash []byte) (access.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lookups++
	if m.err != nil {
		return access.Token{}, m.err
	}
	token, ok := m.tokens[string(hash)]
	if !ok {
		return token, fault.New(fault.NotFound, "no such token")
	}
	return token, nil
}

func (m *memory) TouchTokens(_ context.Context, usedAt map[string]time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	maps.Copy(m.touched, usedAt)
	return nil
}

func (m *memory) add(secret string, token access.Token) {
	m.tokens[string(access.Hash(secret))] = token
}

var epoch = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// fixture is an Authenticator over a memory, at a time that the test sets.
type fixture struct {
	*Authenticator
	store *memory
	now   time.Time
}

func newFixture(t *testing.T, size int) *fixture {
	t.Helper()
	f := &fixture{now: epoch, store: &memory{tokens: map[string]access.Token{}, touched: map[string]time.Time{}}}
	a, err := New(Config{
		Store: f.store, Now: func() time.Time { return f.now }, Logger: slog.New(slog.DiscardHandler), Size: size,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Authenticator = a
	return f
}

func live(id string) access.Token {
	return access.Token{ID: id, OrganizationID: "org_1", DirectoryID: "dir_1", Scopes: []access.Scope{access.SCIMRead}}
}

func TestAuthenticateGivesTheActorOfALiveToken(t *testing.T) {
	f := newFixture(t, 0)
	secret := access.NewSecret()
	f.store.add(secret, live("tok_1"))
	got, err := f.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	want := access.Actor{TokenID: "tok_1", OrganizationID: "org_1", DirectoryID: "dir_1", Scopes: []access.Scope{access.SCIMRead}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAuthenticateSaysWhatIsWrongWithAToken(t *testing.T) {
	f := newFixture(t, 0)
	expired, revoked := live("tok_expired"), live("tok_revoked")
	expired.ExpiresAt = epoch
	revoked.RevokedAt = epoch.Add(-time.Hour)
	f.store.add("s3cret-one", expired)
	f.store.add("s3cret-two", revoked)
	secret := access.NewSecret()
	tests := []struct{ name, secret, detail string }{
		{"unknown", access.NewSecret(), "unknown"},
		{"empty", "", "unknown"},
		{"cut", secret[:len(secret)-3], "damaged"},
		{"mistyped", secret[:20] + "u" + secret[21:], "damaged"}, // no secret has a u
		{"endless", strings.Repeat("x", 1<<20), "unknown"},
		{"expired", "s3cret-one", "expired on 2026-11-01"},
		{"revoked", "s3cret-two", "revoked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.Authenticate(t.Context(), tt.secret)
			if !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), tt.detail) {
				t.Errorf("got %v, want a detail with %q", err, tt.detail)
			}
			if tt.secret != "" && strings.Contains(err.Error(), tt.secret) {
				t.Errorf("%v echoes the secret", err)
			}
		})
	}
}

func TestAuthenticatePassesOnAFaultOfTheStore(t *testing.T) {
	f := newFixture(t, 0)
	f.store.err = fault.New(fault.Unavailable, "the database is away")
	if _, err := f.Authenticate(t.Context(), "x"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

func TestCacheAsksTheStoreOnceInItsTime(t *testing.T) {
	f := newFixture(t, 0)
	f.store.add("x", live("tok_1"))
	for _, step := range []struct {
		at      time.Duration
		lookups int
	}{{0, 1}, {time.Second, 1}, {10*time.Second - 1, 1}, {10 * time.Second, 2}, {11 * time.Second, 2}} {
		f.now = epoch.Add(step.at)
		if _, err := f.Authenticate(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if f.store.lookups != step.lookups {
			t.Errorf("after %v: %d look-ups, want %d", step.at, f.store.lookups, step.lookups)
		}
	}
}

func TestCachedTokenExpiresOnTime(t *testing.T) {
	f := newFixture(t, 0)
	token := live("tok_1")
	token.ExpiresAt = epoch.Add(time.Second)
	f.store.add("x", token)
	if _, err := f.Authenticate(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	f.now = token.ExpiresAt
	if _, err := f.Authenticate(t.Context(), "x"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("an expired token passed: %v", err)
	}
}

func TestForgetMakesARevocationCountAtOnce(t *testing.T) {
	f := newFixture(t, 0)
	f.store.add("x", live("tok_1"))
	if _, err := f.Authenticate(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	revoked := live("tok_1")
	revoked.RevokedAt = epoch
	f.store.add("x", revoked)
	f.Forget("tok_1")
	if _, err := f.Authenticate(t.Context(), "x"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a revoked token passed: %v", err)
	}
}

func TestForgetDuringALookUpKeepsTheStaleAnswerOut(t *testing.T) {
	c := newCache(4)
	k := hashKey(access.Hash("x"))
	_, generation, _ := c.get(k, epoch)
	c.forget("tok_1")
	c.put(k, live("tok_1"), epoch.Add(time.Hour), generation)
	if _, _, ok := c.get(k, epoch); ok {
		t.Error("an answer from before the revocation was kept")
	}
}

func TestCacheIsBoundedAndHoldsNoUnknownSecrets(t *testing.T) {
	f := newFixture(t, 3)
	for _, secret := range []string{"a", "b", "c", "d", "e"} {
		f.store.add(secret, live("tok_"+secret))
		_, err := f.Authenticate(t.Context(), secret)
		_, unknown := f.Authenticate(t.Context(), "not "+secret)
		if err != nil || unknown == nil {
			t.Fatal(err, unknown)
		}
		if n := len(f.cache.entries); n > 3 {
			t.Errorf("%d entries in a cache of 3", n)
		}
	}
}

func TestRunRecordsLastUseEveryMinuteAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 0)
		f.store.add("x", live("tok_1"))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx); close(done) }()

		use := func(at time.Duration) {
			f.now = epoch.Add(at)
			if _, err := f.Authenticate(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, want map[string]time.Time) {
			t.Helper()
			synctest.Wait()
			f.store.mu.Lock()
			defer f.store.mu.Unlock()
			if diff := cmp.Diff(want, f.store.touched); diff != "" {
				t.Errorf("%s: %s", when, diff)
			}
		}
		use(time.Second)
		use(2 * time.Second)
		expect("before the minute", map[string]time.Time{})
		<-time.After(61 * time.Second)
		expect("after the minute", map[string]time.Time{"tok_1": epoch.Add(2 * time.Second)})
		use(3 * time.Second)
		stop()
		<-done
		expect("after the end", map[string]time.Time{"tok_1": epoch.Add(3 * time.Second)})
	})
}

func TestFlushKeepsWhatItCouldNotWrite(t *testing.T) {
	f := newFixture(t, 0)
	f.usage.note("tok_1", epoch)
	f.store.err = errors.New("disk full")
	f.flush(t.Context())
	f.store.err = nil
	f.flush(t.Context())
	if diff := cmp.Diff(map[string]time.Time{"tok_1": epoch}, f.store.touched); diff != "" {
		t.Error(diff)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := New(Config{TTL: -1})
	for _, want := range []string{"missing", "negative"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
}

func TestAuthenticateIsSafeForManyGoroutines(t *testing.T) {
	f := newFixture(t, 2)
	for _, s := range []string{"a", "b", "c"} {
		f.store.add(s, live("tok_"+s))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				if _, err := f.Authenticate(t.Context(), string(rune('a'+i%3))); err != nil {
					t.Error(err)
				}
				f.Forget("tok_a")
				f.flush(t.Context())
			}
		})
	}
	wg.Wait()
}
