package webhooks

import (
	"context"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// Redeliver queues the event of a delivery once more, if its subscription is
// active.
func (s *Subscriptions) Redeliver(ctx context.Context, id string) (Delivery, error) {
	ref, err := ParseDeliveryID(id)
	if err != nil {
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
	limit := q.Limit
	q.Limit++
	page, err = s.store.Deliveries(ctx, q)
	if err != nil || len(page) <= limit {
		return page, false, err
	}
	return page[:limit], true, nil
}

// Ping queues a test event for a subscription, whatever events it selects. One
// that is not active is a fault of kind Conflict.
func (s *Subscriptions) Ping(ctx context.Context, id string) (Delivery, error) {
	sub, err := s.store.UpdateSubscription(ctx, id, func(sub *Subscription) error {
		if !sub.Active {
			return fault.New(fault.Conflict, "the subscription is %s; set active to true first", sub.Status())
		}
		sub.Sequence++
		return nil
	})
	if err != nil {
		return Delivery{}, err
	}
	ping := SubscriptionEvent(event.SubscriptionPing, sub, s.service.now())
	ping.DirectoryID = s.actor.DirectoryID
	return s.store.Tell(ctx, id, ping)
}
