package webhooks

import (
	"context"
	"time"
)

// Overlap is how long a secret signs along after it was replaced.
const Overlap = 24 * time.Hour

// rotate puts a new secret before the current one, which ends after Overlap.
// Those before it end at once.
func (c *Credentials) rotate(scheme Signature, now time.Time) {
	secrets := []Secret{{Key: NewSecret(scheme)}}
	if len(c.Secrets) > 0 {
		secrets = append(secrets, Secret{Key: c.Secrets[0].Key, ExpiresAt: now.Add(Overlap)})
	}
	c.Secrets = secrets
}

// Shown gives what receivers verify the secret's signatures with: the secret
// itself ("whsec_…") or, where it is private, its public key ("whpk_…").
func (s Secret) Shown() (string, error) {
	k, err := parseKey(s.Key)
	if err != nil || k.private == nil {
		return s.Key, err
	}
	return PublicKey(s.Key)
}

// Secret gives the secrets that deliveries of a subscription are signed with
// now, the newest first.
func (s *Subscriptions) Secret(ctx context.Context, id string) ([]Secret, error) {
	sub, err := s.store.Subscription(ctx, id)
	return sub.Credentials.Live(s.service.now()), err
}

// RotateSecret gives a subscription a new secret and lets the current one sign
// along for Overlap. It gives both.
func (s *Subscriptions) RotateSecret(ctx context.Context, id string) ([]Secret, error) {
	sub, err := s.store.UpdateSubscription(ctx, id, func(sub *Subscription) error {
		now := s.service.now()
		sub.Credentials.rotate(sub.Signature, now)
		sub.UpdatedAt = now
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.log(ctx, "subscription secret rotated", id)
	return sub.Credentials.Secrets, nil
}
