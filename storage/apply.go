package storage

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// Details of the faults for what another resource has already. They tell nothing
// of that resource.
const (
	userNameTaken   = "userName is taken by another user of this organization"
	externalIDTaken = "externalId is taken by another resource of this directory"
)

// Apply implements scimresource.Tx.
func (tx *transaction) Apply(ctx context.Context, c scimresource.Change) error {
	w := &writer{tenant: tx.tenant, change: c}
	if err := w.write(); err != nil {
		return err
	}
	tx.announced = tx.announced || len(c.Events) > 0
	return tx.execute(tx.as(ctx), w.list)
}

// writer works out the statements of a change. They are run in order, and the
// last ones insert the events.
type writer struct {
	*tenant
	change scimresource.Change
	list   []statement
}

func (w *writer) add(format string, parts ...any) {
	w.list = append(w.list, statement{fragment: sqlf(format, parts...)})
}

func (w *writer) write() error {
	if err := w.resource(); err != nil {
		return err
	}
	w.members()
	return w.events()
}

func (w *writer) resource() error {
	before, after := w.change.Before, w.change.After
	switch {
	case before == nil && after == nil:
		return fmt.Errorf("apply a change of nothing")
	case after == nil:
		return w.removeGroup()
	case after.Type.Name == schema.User:
		return w.user()
	case after.Type.Name == schema.Group:
		return w.group()
	default:
		_, err := tableOf(after.Type)
		return err
	}
}

// rewritten reports whether the document changed, not only what is around it.
func (w *writer) rewritten() bool {
	return w.change.Before == nil || !bytes.Equal(w.change.Before.Document, w.change.After.Document)
}

// touch writes a change of nothing but version, sequence and time.
func (w *writer) touch(table string) {
	before, after := w.change.Before, w.change.After
	w.list = append(w.list, statement{one: true, fragment: sqlf(
		"UPDATE "+table+" SET version = %s, sequence = %s, updated_at = %s WHERE organization_id = %s AND id = %s AND version = %s",
		param(after.Version), param(after.Sequence), param(micros(after.LastModified)),
		param(w.organization), param(after.ID), param(before.Version),
	)})
}

// externalID writes the acting directory's external id of the resource.
func (w *writer) externalID() error {
	before, after := "", w.change.After
	if w.change.Before != nil {
		before = w.change.Before.ExternalID
	}
	switch after.ExternalID {
	case before:
		return nil
	case "":
		w.add("DELETE FROM external_ids WHERE organization_id = %s AND resource_id = %s AND directory_id = %s",
			param(w.organization), param(after.ID), param(w.directory))
		return nil
	}
	w.list = append(w.list, statement{taken: externalIDTaken, fragment: sqlf(
		`INSERT INTO external_ids (organization_id, resource_id, directory_id, resource_type, external_id, live) VALUES (%s, TRUE)
		ON CONFLICT (organization_id, resource_id, directory_id) DO UPDATE SET external_id = excluded.external_id, live = TRUE`,
		params(w.organization, after.ID, w.directory, after.Type.Name, after.ExternalID),
	)})
	return checkLength("externalId", after.ExternalID)
}

// members writes the members that a group wins and loses. An added one may have
// a row that ended, from before it was offboarded.
func (w *writer) members() {
	for part := range slices.Chunk(w.change.AddMembers, membersPerStatement) {
		records := make([][2]string, len(part))
		for i, m := range part {
			records[i] = [2]string{m.ID, m.Type}
		}
		w.add(`INSERT INTO group_members (organization_id, group_id, member_id, member_type) SELECT %s, %s, %s, %s FROM %s WHERE TRUE
			ON CONFLICT (organization_id, group_id, member_id) DO UPDATE SET member_type = excluded.member_type, ended_at = NULL`,
			textOf(w.organization), textOf(w.change.After.ID), w.engine.field(0), w.engine.field(1), with(w.engine.records(), jsonList(records)))
	}
	for part := range slices.Chunk(w.change.RemoveMembers, membersPerStatement) {
		w.add("DELETE FROM group_members WHERE organization_id = %s AND group_id = %s AND ended_at IS NULL AND member_id IN (%s)",
			param(w.organization), param(w.change.After.ID), with(w.engine.values(), jsonList(part)))
	}
}

// membersPerStatement bounds the size of a parameter: half a megabyte of ids.
const membersPerStatement = 10_000

func (w *writer) events() error {
	for _, e := range w.change.Events {
		insert, err := insertEvent(e, nil, nil)
		if err != nil {
			return err
		}
		w.list = append(w.list, insert)
	}
	return nil
}

// params is a list of values.
func params(values ...any) fragment {
	list := make([]fragment, len(values))
	for i, v := range values {
		list[i] = param(v)
	}
	return join(list, ", ")
}

// textOf is a value where an engine can't tell that it is text.
func textOf(s string) fragment { return with("CAST(? AS TEXT)", s) }

// maxKey is how many bytes what an index holds may have: PostgreSQL refuses an
// entry of more than 2,700, the organization included.
const maxKey = 2000

func checkLength(path, s string) error {
	if len(s) > maxKey {
		return fault.New(fault.InvalidValue, "%s is longer than %d bytes", path, maxKey)
	}
	return nil
}
