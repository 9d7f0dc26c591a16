package storage

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

type subscriptionRow struct {
	OrganizationID    string `gorm:"primaryKey"`
	ID                string `gorm:"primaryKey"`
	Name              string
	URL               string
	Active            bool
	Events            string
	Format            string
	Ordering          string
	OnExhausted       string
	Signature         string
	RateLimit         int
	Credentials       []byte
	Fingerprint       string
	DeactivatedAt     *int64
	DeactivatedReason string
	Sequence          int64
	CreatedAt         int64 `gorm:"autoCreateTime:false"`
	UpdatedAt         int64 `gorm:"autoUpdateTime:false"`
}

// TableName implements gorm's schema.Tabler.
func (subscriptionRow) TableName() string { return "subscriptions" }

func (r subscriptionRow) place() string { return place("subscription", r.OrganizationID, r.ID) }

func (s *Store) rowOfSubscription(sub webhooks.Subscription) (subscriptionRow, error) {
	row := subscriptionRow{
		OrganizationID: sub.OrganizationID, ID: sub.ID, Name: sub.Name, URL: sub.URL, Active: sub.Active,
		Events: jsonList(sub.Events), Format: string(sub.Format), Ordering: string(sub.Ordering),
		OnExhausted: string(sub.OnExhausted), Signature: string(sub.Signature), RateLimit: sub.RateLimit,
		Fingerprint: sub.Fingerprint(), DeactivatedAt: optionalMicros(sub.DeactivatedAt), DeactivatedReason: sub.DeactivatedReason,
		Sequence: sub.Sequence, CreatedAt: micros(sub.CreatedAt), UpdatedAt: micros(sub.UpdatedAt),
	}
	plain, err := json.Marshal(sub.Credentials)
	if err == nil {
		row.Credentials, err = s.sealer.seal(row.place(), plain)
	}
	return row, err
}

func (s *Store) subscription(r subscriptionRow) (webhooks.Subscription, error) {
	sub := webhooks.Subscription{
		OrganizationID: r.OrganizationID, ID: r.ID, Name: r.Name, URL: r.URL, Active: r.Active,
		Format: webhooks.Format(r.Format), Ordering: webhooks.Ordering(r.Ordering),
		OnExhausted: webhooks.OnExhausted(r.OnExhausted), Signature: webhooks.Signature(r.Signature), RateLimit: r.RateLimit,
		DeactivatedAt: optionalInstant(r.DeactivatedAt), DeactivatedReason: r.DeactivatedReason,
		Sequence: r.Sequence, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	plain, err := s.sealer.open(r.place(), r.Credentials)
	if err == nil {
		err = errors.Join(json.Unmarshal(plain, &sub.Credentials), json.Unmarshal([]byte(r.Events), &sub.Events))
	}
	return sub, err
}

func (s *Store) subscriptionsOf(rows []subscriptionRow) ([]webhooks.Subscription, error) {
	list := make([]webhooks.Subscription, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = s.subscription(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CreateSubscription implements webhooks.Store.
func (o *outbound) CreateSubscription(ctx context.Context, sub webhooks.Subscription) error {
	sub.OrganizationID = o.organization
	row, err := o.rowOfSubscription(sub)
	if err != nil {
		return o.failed(ctx, "create subscription", err)
	}
	return o.change(ctx, "create subscription", func(tx *gorm.DB, _ session) error {
		if err := tx.Create(&row).Error; err != nil {
			return o.sameSubscription(err)
		}
		return tx.Exec("INSERT INTO consumers (organization_id, id, kind, enabled) VALUES (?, ?, ?, ?)",
			o.organization, sub.ID, string(webhooks.ConsumerSubscription), sub.Active).Error
	})
}

func (o *outbound) sameSubscription(err error) error {
	if o.engine.judge(err) == duplicate {
		return fault.Wrap(err, fault.Conflict, "another subscription sends the same events to this URL in this format already; change that one")
	}
	return err
}

// Subscription implements webhooks.Store.
func (o *outbound) Subscription(ctx context.Context, id string) (webhooks.Subscription, error) {
	sub, err := o.findSubscription(o.engine.read(o.as(ctx)), id)
	return sub, o.failed(ctx, "read subscription", err)
}

func (o *outbound) findSubscription(tx *gorm.DB, id string) (webhooks.Subscription, error) {
	var rows []subscriptionRow
	err := tx.Where("organization_id = ? AND id = ?", o.organization, id).Find(&rows).Error
	if err := missing(len(rows), err, noSubscription()); err != nil {
		return webhooks.Subscription{}, err
	}
	return o.subscription(rows[0])
}

// Subscriptions implements webhooks.Store.
func (o *outbound) Subscriptions(ctx context.Context, after string, limit int) ([]webhooks.Subscription, error) {
	var rows []subscriptionRow
	err := o.engine.read(o.as(ctx)).Where("organization_id = ? AND id > ?", o.organization, after).Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, o.failed(ctx, "list subscriptions", err)
	}
	list, err := o.subscriptionsOf(rows)
	return list, o.failed(ctx, "list subscriptions", err)
}

// UpdateSubscription implements webhooks.Store.
func (o *outbound) UpdateSubscription(ctx context.Context, id string, fn func(*webhooks.Subscription) error) (webhooks.Subscription, error) {
	var after webhooks.Subscription
	err := o.change(ctx, "change subscription", func(tx *gorm.DB, _ session) error {
		before, err := o.lockSubscription(tx, id)
		if err != nil {
			return err
		}
		after = before
		if err := fn(&after); err != nil {
			return err
		}
		return o.writeSubscription(tx, before, after)
	})
	return after, err
}

func (o *outbound) lockSubscription(tx *gorm.DB, id string) (webhooks.Subscription, error) {
	if o.engine.forUpdate() != "" {
		tx = tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return o.findSubscription(tx, id)
}

// writeSubscription writes a changed subscription. One that becomes active, or
// gets another address, is tried at once.
func (o *outbound) writeSubscription(tx *gorm.DB, before, after webhooks.Subscription) error {
	row, err := o.rowOfSubscription(after)
	if err != nil {
		return err
	}
	if err := tx.Save(&row).Error; err != nil {
		return o.sameSubscription(err)
	}
	if after.Active == before.Active && after.URL == before.URL {
		return nil
	}
	return tx.Exec(`UPDATE consumers SET enabled = ?, ready_at = 0, paused_until = 0, failures = 0, failing_since = NULL, generation = generation + 1
		WHERE organization_id = ? AND id = ?`, after.Active, o.organization, after.ID).Error
}

// DeleteSubscription implements webhooks.Store. Nothing is queued meanwhile, and
// a hub that serves the subscription finds its lease gone when it wants to
// record.
func (o *outbound) DeleteSubscription(ctx context.Context, id string) error {
	return o.changeLog(ctx, "delete subscription", func(tx *gorm.DB, _ session) error {
		if result := tx.Exec("DELETE FROM consumers WHERE organization_id = ? AND id = ?", o.organization, id); result.Error != nil || result.RowsAffected == 0 {
			return missing(int(result.RowsAffected), result.Error, noSubscription())
		}
		for _, statement := range []string{
			"DELETE FROM subscriptions WHERE organization_id = ? AND id = ?",
			"DELETE FROM delivery_queue WHERE organization_id = ? AND consumer_id = ?",
			"DELETE FROM delivery_attempts WHERE organization_id = ? AND consumer_id = ?",
		} {
			if err := tx.Exec(statement, o.organization, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
