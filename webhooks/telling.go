package webhooks

import (
	"context"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
)

// Redeliver queues the event of a delivery once more.
func (s *Subscriptions) Redeliver(ctx context.Context, id string) (Delivery, error) {
	ref, err := ParseDeliveryID(id)
	if err != nil {
		return Delivery{}, err
	}
	if _, err := s.active(ctx, ref.SubscriptionID); err != nil {
		return Delivery{}, err
	}
	return s.store.Redeliver(ctx, ref)
}

// Delivery gives a delivery with its attempts.
func (s *Subscriptions) Delivery(ctx context.Context, id string) (Delivery, error) {
	ref, err := ParseDeliveryID(id)
	if err != nil {
		return Delivery{}, err
	}
	return s.store.Delivery(ctx, ref)
}

// Deliveries gives deliveries of a subscription, the latest first, beginning
// behind q.Before. more says whether there are others behind them.
func (s *Subscriptions) Deliveries(ctx context.Context, q DeliveryQuery) (page []Delivery, more bool, err error) {
	if _, err := s.store.Subscription(ctx, q.SubscriptionID); err != nil {
		return nil, false, err
	}
	limit := q.Limit
	q.Limit++
	page, err = s.store.Deliveries(ctx, q)
	if err != nil || len(page) <= limit {
		return page, false, err
	}
	return page[:limit], true, nil
}

// Ping queues a test event for a subscription, whatever events it selects.
func (s *Subscriptions) Ping(ctx context.Context, id string) (Delivery, error) {
	sub, err := s.store.UpdateSubscription(ctx, id, func(sub *Subscription) error {
		if !sub.Active {
			return errNotActive()
		}
		sub.Sequence++
		return nil
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.store.Tell(ctx, id, event.Event{
		ID:             access.NewID("evt"),
		Type:           event.SubscriptionPing,
		Version:        event.Version,
		Timestamp:      event.Timestamp(s.service.now()),
		OrganizationID: s.actor.OrganizationID,
		DirectoryID:    s.actor.DirectoryID,
		Sequence:       sub.Sequence,
		Data:           event.SubscriptionData{SubscriptionID: sub.ID, Name: sub.Name, URL: sub.URL},
		ResourceType:   event.SubscriptionResource,
		ResourceID:     sub.ID,
	})
}
