package storage

import (
	"errors"

	"github.com/scimhub/scimhub/scimresource/document"
)

func (w *writer) group() error {
	var err error
	switch {
	case w.change.Before == nil:
		err = w.insertGroup()
	case w.rewritten():
		err = w.updateGroup()
	default:
		w.touch("groups")
	}
	return errors.Join(err, w.externalID())
}

const groupColumns = "display_name, display_name_key, document, keys"

func (w *writer) groupValues() (fragment, error) {
	a := attributes{typ: w.change.After.Type, obj: w.change.After.Attributes}
	values := params(a.text("displayName"), a.key("displayName"),
		string(w.change.After.Document), string(document.AppendKeys(nil, a.typ, a.obj)))
	return values, a.err
}

func (w *writer) insertGroup() error {
	values, err := w.groupValues()
	g := w.change.After
	w.add("INSERT INTO groups ("+groupColumns+", organization_id, id, directory_id, version, sequence, created_at, updated_at) VALUES (%s, %s)",
		values, params(w.organization, g.ID, g.DirectoryID, g.Version, g.Sequence, micros(g.Created), micros(g.LastModified)))
	return err
}

func (w *writer) updateGroup() error {
	values, err := w.groupValues()
	before, after := w.change.Before, w.change.After
	w.list = append(w.list, statement{one: true, fragment: sqlf(
		"UPDATE groups SET ("+groupColumns+", version, sequence, updated_at) = (%s, %s) WHERE organization_id = %s AND id = %s AND version = %s",
		values, params(after.Version, after.Sequence, micros(after.LastModified)),
		param(w.organization), param(after.ID), param(before.Version),
	)})
	return err
}

// removeGroup removes a group for good, with its memberships on either side.
func (w *writer) removeGroup() error {
	g := w.change.Before
	w.list = append(w.list, statement{one: true, fragment: sqlf(
		"DELETE FROM groups WHERE organization_id = %s AND id = %s AND version = %s", param(w.organization), param(g.ID), param(g.Version),
	)})
	w.add("DELETE FROM group_members WHERE organization_id = %s AND group_id = %s", param(w.organization), param(g.ID))
	w.add("DELETE FROM group_members WHERE organization_id = %s AND member_id = %s", param(w.organization), param(g.ID))
	w.add("DELETE FROM external_ids WHERE organization_id = %s AND resource_id = %s", param(w.organization), param(g.ID))
	return nil
}
