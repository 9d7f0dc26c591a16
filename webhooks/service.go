package webhooks

import (
	"context"
	"log/slog"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// ServiceConfig is what a Service is made of. Every field is needed.
type ServiceConfig struct {
	Bind                 func(organizationID string) Store // the part of the database that belongs to an organization
	Now                  func() time.Time
	AllowPrivateNetworks bool // subscriptions may have any address, not only those of the public internet
	Logger               *slog.Logger
}

// Service gives every actor the subscriptions of its organization.
type Service struct{ ServiceConfig }

// NewService makes a service.
func NewService(c ServiceConfig) *Service { return &Service{c} }

// As gives the subscriptions as the actor may use them. It is cheap: callers
// make one for each request.
func (s *Service) As(actor access.Actor) *Subscriptions {
	return &Subscriptions{service: s, actor: actor, store: s.Bind(actor.OrganizationID)}
}

// now gives the time at the precision that is stored.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Subscriptions is what an actor can do with the subscriptions of its
// organization and their deliveries. What the organization does not have is a
// fault of kind NotFound.
type Subscriptions struct {
	service *Service
	actor   access.Actor
	store   Store
}

// Create adds a subscription. All that is wrong with it is one fault of kind
// InvalidValue; one that sends the same events to the same URL in the same
// format as another is of kind Conflict.
func (s *Subscriptions) Create(ctx context.Context, d Draft) (Subscription, error) {
	if d.AuthorizationHeader == Masked {
		d.Problems = append(d.Problems, Problem{"authorization_header", "authorization_header is the mask that answers show; send the value itself"})
	}
	if err := d.check(s.service.AllowPrivateNetworks); err != nil {
		return Subscription{}, err
	}
	now := s.service.now()
	sub := Subscription{ID: access.NewID(subscriptionPrefix), OrganizationID: s.actor.OrganizationID, CreatedAt: now}
	sub.apply(d.Settings, now)
	if err := s.store.CreateSubscription(ctx, sub); err != nil {
		return Subscription{}, err
	}
	s.log(ctx, "subscription created", sub.ID)
	return sub, nil
}

// List gives subscriptions in the order of their creation, beginning behind the
// one with the id after. more says whether there are others behind them.
func (s *Subscriptions) List(ctx context.Context, after string, limit int) (page []Subscription, more bool, err error) {
	if after != "" && CheckID(after) != nil {
		return nil, false, fault.New(fault.InvalidValue, "after is no cursor; send next_cursor of an earlier answer, or leave it out")
	}
	page, err = s.store.Subscriptions(ctx, after, limit+1)
	if err != nil || len(page) <= limit {
		return page, false, err
	}
	return page[:limit], true, nil
}

// CheckID reports what is no id of a subscription as a fault of kind NotFound:
// there can be no such subscription, and not every text is fit for a database.
func CheckID(id string) error {
	if raw, ok := access.DecodeID(subscriptionPrefix, id); !ok || len(raw) != subscriptionBytes {
		return fault.New(fault.NotFound, "there is no such subscription")
	}
	return nil
}

// Get gives a subscription.
func (s *Subscriptions) Get(ctx context.Context, id string) (Subscription, error) {
	return s.store.Subscription(ctx, id)
}

// Replace gives a subscription new settings. It fails as Create does.
func (s *Subscriptions) Replace(ctx context.Context, id string, d Draft) (Subscription, error) {
	return s.Patch(ctx, id, func(Settings) Draft { return d })
}

// Patch gives a subscription the settings that change makes of its own, and
// fails as Create does. change may run more than once.
func (s *Subscriptions) Patch(ctx context.Context, id string, change func(Settings) Draft) (Subscription, error) {
	sub, err := s.store.UpdateSubscription(ctx, id, func(sub *Subscription) error {
		d := change(sub.Settings())
		if err := d.check(s.service.AllowPrivateNetworks); err != nil {
			return err
		}
		sub.apply(d.Settings, s.service.now())
		return nil
	})
	if err == nil {
		s.log(ctx, "subscription changed", id)
	}
	return sub, err
}

// Delete ends a subscription, and drops what is queued for it.
func (s *Subscriptions) Delete(ctx context.Context, id string) error {
	err := s.store.DeleteSubscription(ctx, id)
	if err == nil {
		s.log(ctx, "subscription deleted", id)
	}
	return err
}

func (s *Subscriptions) log(ctx context.Context, message, id string) {
	s.service.Logger.InfoContext(ctx, message, //nolint:sloglint // the messages are constants: see the callers
		"subscription_id", id, "organization_id", s.actor.OrganizationID, "token_id", s.actor.TokenID)
}
