package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// Store is what authentication needs of a database.
type Store interface {
	// TokenByHash gives the token whose secret has the SHA-256 hash, also one
	// that is expired or revoked. Its DirectoryID is never "": the token's own,
	// or that of its organization's default directory. No such token is a fault
	// of kind NotFound.
	TokenByHash(ctx context.Context, hash []byte) (access.Token, error)

	// TouchTokens records when tokens, by id, were last used. It never moves a
	// time back.
	TouchTokens(ctx context.Context, usedAt map[string]time.Time) error
}

// maxSecret is the longest secret that is looked up, in bytes. Those that the
// hub makes have 68.
const maxSecret = 4096

// Config is what an Authenticator is made of.
type Config struct {
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger

	// TTL is how long an answer of the store holds, so the longest that a token
	// revoked elsewhere still works. Default 10 s.
	TTL time.Duration
	// Size is how many tokens are remembered at once. Default 4096.
	Size int
	// FlushEvery is how often last-used times are written. Default 1 min.
	FlushEvery time.Duration
}

// Authenticator authenticates tokens. It may be used by many goroutines. Run
// must run for last-used times to be written.
type Authenticator struct {
	Config
	cache *cache
	usage *usage
}

// New makes an Authenticator.
func New(cfg Config) (*Authenticator, error) {
	if cfg.TTL == 0 {
		cfg.TTL = 10 * time.Second
	}
	if cfg.Size == 0 {
		cfg.Size = 4096
	}
	if cfg.FlushEvery == 0 {
		cfg.FlushEvery = time.Minute
	}
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("authentication configuration: %w", err)
	}
	return &Authenticator{Config: cfg, cache: newCache(cfg.Size), usage: newUsage()}, nil
}

func (cfg Config) validate() error {
	var faults []error
	if cfg.Store == nil || cfg.Now == nil || cfg.Logger == nil {
		faults = append(faults, errors.New("one of Store, Now and Logger is missing"))
	}
	if cfg.TTL < 0 || cfg.Size < 0 || cfg.FlushEvery < 0 {
		faults = append(faults, errors.New("one of TTL, Size and FlushEvery is negative"))
	}
	return errors.Join(faults...)
}

// Authenticate gives the actor that a secret stands for. Faults of kind
// Unauthenticated say what is wrong with the secret: damaged, unknown, expired
// or revoked. Whoever learns that a token is expired holds its secret.
func (a *Authenticator) Authenticate(ctx context.Context, secret string) (access.Actor, error) {
	if len(secret) > maxSecret {
		return access.Actor{}, unknown(secret)
	}
	now := a.Now()
	token, err := a.token(ctx, access.Hash(secret), now)
	if fault.Is(err, fault.NotFound) {
		return access.Actor{}, unknown(secret)
	}
	if err != nil {
		return access.Actor{}, err
	}
	if err := check(token, now); err != nil {
		return access.Actor{}, err
	}
	a.usage.note(token.ID, now)
	return access.Actor{
		TokenID: token.ID, OrganizationID: token.OrganizationID, DirectoryID: token.DirectoryID, Scopes: token.Scopes,
	}, nil
}

// token gives the token of a hash from the cache or the store. Only answers of
// live tokens are kept, so that guessing secrets fills no memory.
func (a *Authenticator) token(ctx context.Context, hash []byte, now time.Time) (access.Token, error) {
	key := hashKey(hash)
	token, generation, ok := a.cache.get(key, now)
	if ok {
		return token, nil
	}
	token, err := a.Store.TokenByHash(ctx, hash)
	if err != nil {
		return token, fmt.Errorf("look up token: %w", err)
	}
	if token.Live(now) {
		a.cache.put(key, token, now.Add(a.TTL), generation)
	}
	return token, nil
}

// check reports why a token may not be used, if it may not.
func check(token access.Token, now time.Time) error {
	switch {
	case token.Live(now):
		return nil
	case !token.RevokedAt.IsZero():
		return fault.New(fault.Unauthenticated, "the token was revoked; ask for a new one")
	default:
		return fault.New(fault.Unauthenticated, "the token expired on %s; ask for a new one", token.ExpiresAt.UTC().Format(time.DateOnly))
	}
}

// unknown says of a secret that no token has whether it was ours once. A secret
// that an operator chose may look damaged and be none, so it is looked up first.
func unknown(secret string) error {
	if access.Damaged(secret) {
		return fault.New(fault.Unauthenticated,
			"the token is damaged: characters are missing or changed; copy it again, whole")
	}
	return fault.New(fault.Unauthenticated, "the token is unknown here; check that it was copied whole and belongs to this hub")
}

// Forget drops what is remembered of a token, so that a change of it, such as
// its revocation, counts at once.
func (a *Authenticator) Forget(tokenID string) { a.cache.forget(tokenID) }
