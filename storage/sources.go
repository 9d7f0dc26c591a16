package storage

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// Inbound gives the sources and messages of an organization.
func (s *Store) Inbound(organizationID string) inbound.Store {
	return &sources{Store: s, organization: organizationID}
}

// sources implements inbound.Store. Its methods are in the files named for what
// they do.
type sources struct {
	*Store
	organization string
}

func (o *sources) as(ctx context.Context) context.Context { return withTenant(ctx, o.organization) }

type sourceRow struct {
	OrganizationID string `gorm:"primaryKey"`
	ID             string `gorm:"primaryKey"`
	Slug           *string
	Name           string
	Kind           string
	Active         bool
	Settings       string
	Credentials    []byte
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	UpdatedAt      int64 `gorm:"autoUpdateTime:false"`
}

// TableName implements gorm's schema.Tabler.
func (sourceRow) TableName() string { return "sources" }

func (r sourceRow) place() string { return place("source", r.OrganizationID, r.ID) }

// sourceSettings is what of a source is stored as JSON.
type sourceSettings struct {
	Mappings          []inbound.Mapping       `json:"mappings,omitempty"`
	Upstream          inbound.Upstream        `json:"upstream,omitzero"`
	Attributes        []inbound.AttributeRule `json:"attributes,omitempty"`
	Linking           inbound.Linking         `json:"linking,omitzero"`
	DeletesDeactivate bool                    `json:"deletes_deactivate,omitempty"`
	Reconcile         inbound.Reconciliation  `json:"reconcile,omitzero"`
}

func (s *Store) rowOfSource(src inbound.Source) (sourceRow, error) {
	row := sourceRow{
		OrganizationID: src.OrganizationID, ID: src.ID, Name: src.Name, Kind: string(src.Kind), Active: src.Active,
		CreatedAt: micros(src.CreatedAt), UpdatedAt: micros(src.UpdatedAt),
	}
	if src.Slug != "" {
		row.Slug = &src.Slug
	}
	settings, err := json.Marshal(sourceSettings{
		src.Mappings, src.Upstream, src.Attributes, src.Linking, src.DeletesDeactivate, src.Reconcile,
	})
	if err != nil {
		return row, err
	}
	row.Settings = string(settings)
	plain, err := json.Marshal(src.Credentials)
	if err == nil {
		row.Credentials, err = s.sealer.seal(row.place(), plain)
	}
	return row, err
}

func (s *Store) source(r sourceRow) (inbound.Source, error) {
	src := inbound.Source{
		OrganizationID: r.OrganizationID, ID: r.ID, Name: r.Name, Kind: inbound.Kind(r.Kind), Active: r.Active,
		CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	if r.Slug != nil {
		src.Slug = *r.Slug
	}
	var settings sourceSettings
	plain, err := s.sealer.open(r.place(), r.Credentials)
	if err == nil {
		err = errors.Join(json.Unmarshal(plain, &src.Credentials), json.Unmarshal([]byte(r.Settings), &settings))
	}
	src.Mappings, src.Upstream, src.Attributes, src.Linking = settings.Mappings, settings.Upstream, settings.Attributes, settings.Linking
	src.DeletesDeactivate, src.Reconcile = settings.DeletesDeactivate, settings.Reconcile
	return src, err
}

// noSource is the fault for a source that is not there.
func noSource() error {
	return fault.New(fault.NotFound, "there is no such source; it may have been deleted")
}

// slugTaken turns the violation of the index of slugs into a fault.
func (s *Store) slugTaken(err error) error {
	if s.engine.judge(err) == duplicate {
		return fault.Wrap(err, fault.Conflict, "the slug is taken; choose another, or none: the source's id is an address too")
	}
	return err
}

// CreateSource implements inbound.Store.
func (o *sources) CreateSource(ctx context.Context, src inbound.Source) error {
	src.OrganizationID = o.organization
	row, err := o.rowOfSource(src)
	if err != nil {
		return o.failed(ctx, "create source", err)
	}
	return o.change(ctx, o.organization, "create source", func(tx *gorm.DB, _ session) error {
		if err := tx.Create(&row).Error; err != nil {
			return o.slugTaken(err)
		}
		return tx.Exec("INSERT INTO consumers (organization_id, id, kind, enabled) VALUES (?, ?, ?, ?)",
			o.organization, src.ID, string(webhooks.ConsumerSource), src.Active).Error
	})
}

// Source implements inbound.Store.
func (o *sources) Source(ctx context.Context, id string) (inbound.Source, error) {
	src, err := o.findSource(o.engine.read(o.as(ctx)), o.organization, id)
	return src, o.failed(ctx, "read source", err)
}

func (s *Store) findSource(db *gorm.DB, organization, id string) (inbound.Source, error) {
	var rows []sourceRow
	err := db.Where("organization_id = ? AND id = ?", organization, id).Find(&rows).Error
	if err := missing(len(rows), err, noSource()); err != nil {
		return inbound.Source{}, err
	}
	return s.source(rows[0])
}

// Sources implements inbound.Store.
func (o *sources) Sources(ctx context.Context, after string, limit int) ([]inbound.Source, error) {
	var rows []sourceRow
	err := o.engine.read(o.as(ctx)).Where("organization_id = ? AND id > ?", o.organization, after).Order("id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, o.failed(ctx, "list sources", err)
	}
	list := make([]inbound.Source, len(rows))
	for i, r := range rows {
		if list[i], err = o.source(r); err != nil {
			return nil, o.failed(ctx, "list sources", err)
		}
	}
	return list, nil
}

// UpdateSource implements inbound.Store.
func (o *sources) UpdateSource(ctx context.Context, id string, fn func(*inbound.Source) error) (inbound.Source, error) {
	var after inbound.Source
	err := o.change(ctx, o.organization, "change source", func(tx *gorm.DB, _ session) error {
		locked := tx
		if o.engine.forUpdate() != "" {
			locked = tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
		}
		var err error
		if after, err = o.findSource(locked, o.organization, id); err != nil {
			return err
		}
		if err := fn(&after); err != nil {
			return err
		}
		return o.writeSource(tx, after)
	})
	return after, err
}

// writeSource writes a changed source. What no mapping fitted, and what a
// missing upstream or link rule stopped, may be applied now.
func (o *sources) writeSource(tx *gorm.DB, after inbound.Source) error {
	row, err := o.rowOfSource(after)
	if err != nil {
		return err
	}
	if err := tx.Save(&row).Error; err != nil {
		return o.slugTaken(err)
	}
	if err := tx.Exec("UPDATE consumers SET enabled = ?, ready_at = 0, generation = generation + 1 WHERE organization_id = ? AND id = ?",
		after.Active, o.organization, after.ID).Error; err != nil {
		return err
	}
	return tx.Exec("UPDATE inbox_messages SET status = 'pending', attempts = 0, next_at = 0, detail = '' WHERE organization_id = ? AND source_id = ? AND status = 'unmapped'",
		o.organization, after.ID).Error
}

// DeleteSource implements inbound.Store. Its messages may be in the directories
// of other organizations, where only the hub itself reaches them.
func (o *sources) DeleteSource(ctx context.Context, id string) error {
	if _, err := o.Source(ctx, id); err != nil {
		return err
	}
	return o.change(ctx, system, "delete source", func(tx *gorm.DB, _ session) error {
		result := tx.Exec("DELETE FROM sources WHERE organization_id = ? AND id = ?", o.organization, id)
		if err := missing(int(result.RowsAffected), result.Error, noSource()); err != nil {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM consumers WHERE id = ?",
			"DELETE FROM inbox_messages WHERE source_id = ?",
			"DELETE FROM upstream_objects WHERE source_id = ?",
			"DELETE FROM upstream_memberships WHERE source_id = ?",
		} {
			if err := tx.Exec(statement, id).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// Find implements inbound.Inbox.
func (s *Store) Find(ctx context.Context, address string) (inbound.Source, error) {
	var rows []sourceRow
	err := s.engine.read(withSystem(ctx)).Where("(slug = ? OR id = ?) AND active", address, address).Limit(2).Find(&rows).Error
	if err != nil {
		return inbound.Source{}, s.failed(ctx, "find source", err)
	}
	for _, r := range rows {
		if r.ID == address || len(rows) == 1 { // a slug may look like another's id
			src, err := s.source(r)
			return src, s.failed(ctx, "find source", err)
		}
	}
	return inbound.Source{}, noSource()
}
