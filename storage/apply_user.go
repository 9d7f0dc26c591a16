package storage

import (
	"errors"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

func (w *writer) user() error {
	var err error
	switch {
	case w.change.After.State == scimresource.Offboarded:
		w.offboard()
		return nil
	case w.change.Before == nil:
		err = w.insertUser()
	case w.rewritten():
		err = w.updateUser()
	default:
		w.touch("users")
	}
	return errors.Join(err, w.emails(), w.externalID())
}

// userColumns are what the looked-up columns and the document of a user hold.
const userColumns = "user_name, user_name_key, display_name, display_name_key, given_name_key, family_name_key, active, document, keys"

func (w *writer) userValues() (fragment, error) {
	a := attributes{typ: w.change.After.Type, obj: w.change.After.Attributes}
	values := params(
		a.text("userName"), a.key("userName"), a.text("displayName"), a.key("displayName"),
		a.key("name", "givenName"), a.key("name", "familyName"), a.boolean("active"),
		string(w.change.After.Document), string(document.AppendKeys(nil, a.typ, a.obj)),
	)
	return values, a.err
}

func (w *writer) insertUser() error {
	values, err := w.userValues()
	u := w.change.After
	w.list = append(w.list, statement{taken: userNameTaken, fragment: sqlf(
		"INSERT INTO users ("+userColumns+", organization_id, id, directory_id, state, version, sequence, created_at, updated_at) VALUES (%s, %s)",
		values, params(w.organization, u.ID, u.DirectoryID, string(u.State), u.Version, u.Sequence, micros(u.Created), micros(u.LastModified)),
	)})
	return err
}

func (w *writer) updateUser() error {
	values, err := w.userValues()
	before, after := w.change.Before, w.change.After
	w.list = append(w.list, statement{one: true, taken: userNameTaken, fragment: sqlf(
		"UPDATE users SET ("+userColumns+", version, sequence, updated_at) = (%s, %s) WHERE organization_id = %s AND id = %s AND version = %s AND state = 'live'",
		values, params(after.Version, after.Sequence, micros(after.LastModified)),
		param(w.organization), param(after.ID), param(before.Version),
	)})
	return err
}

// emails writes the addresses to where they are looked up, if they changed.
func (w *writer) emails() error {
	after := w.change.After
	list, _ := after.Attributes["emails"].([]any)
	if before := w.change.Before; before != nil {
		if document.Equal(before.Attributes["emails"], after.Attributes["emails"]) {
			return nil
		}
		w.removeEmails()
	}
	if len(list) == 0 {
		return nil
	}
	records, err := emailRecords(after.Type, list)
	field := w.engine.field
	w.add(`INSERT INTO user_emails (organization_id, user_id, ordinal, value_key, type_key, is_primary)
		SELECT %s, %s, CAST(%s AS INTEGER), %s, %s, CAST(%s AS `+w.engine.boolean()+`) FROM %s`,
		textOf(w.organization), textOf(after.ID), field(0), field(1), field(2), field(3), with(w.engine.records(), jsonList(records)))
	return err
}

// emailRecords gives ordinal, keys of value and type, and primary of each
// address.
func emailRecords(typ *schema.ResourceType, list []any) ([][4]any, error) {
	var faults []error
	records := make([][4]any, len(list))
	for i, e := range list {
		obj, _ := e.(document.Object)
		a := attributes{typ: typ, obj: document.Object{"emails": obj}}
		var primary any
		if p := a.boolean("emails", "primary"); p != nil {
			primary = map[bool]int{true: 1, false: 0}[*p]
		}
		records[i] = [4]any{i, a.key("emails", "value"), a.key("emails", "type"), primary}
		faults = append(faults, a.err)
	}
	return records, errors.Join(faults...)
}

func (w *writer) removeEmails() {
	w.add("DELETE FROM user_emails WHERE organization_id = %s AND user_id = %s", param(w.organization), param(w.change.After.ID))
}

// offboard makes a user invisible: the record stays, its name, external ids and
// memberships are no longer in anybody's way.
func (w *writer) offboard() {
	before, after := w.change.Before, w.change.After
	now := param(micros(after.LastModified))
	w.list = append(w.list, statement{one: true, fragment: sqlf(
		`UPDATE users SET state = 'offboarded', version = %s, sequence = %s, updated_at = %s, deleted_at = %s
		WHERE organization_id = %s AND id = %s AND version = %s AND state = 'live'`,
		param(after.Version), param(after.Sequence), now, now,
		param(w.organization), param(after.ID), param(before.Version),
	)})
	w.removeEmails()
	w.add("UPDATE external_ids SET live = FALSE WHERE organization_id = %s AND resource_id = %s", param(w.organization), param(after.ID))
	w.add("UPDATE group_members SET ended_at = %s WHERE organization_id = %s AND member_id = %s AND ended_at IS NULL",
		now, param(w.organization), param(after.ID))
}

// attributes reads what is looked up out of a document. The first value that is
// too long for an index is kept as err.
type attributes struct {
	typ *schema.ResourceType
	obj document.Object
	err error
}

// at gives the attribute of a path of one or two names, and its value or nil.
func (a *attributes) at(path []string) (*schema.Attr, any) {
	attr, v := a.typ.Root.Sub(path[0]), a.obj[path[0]]
	if len(path) > 1 && attr != nil {
		inner, _ := v.(document.Object)
		attr, v = attr.Sub(path[1]), inner[path[1]]
	}
	return attr, v
}

// key gives the comparison key, or nil.
func (a *attributes) key(path ...string) *string {
	attr, v := a.at(path)
	if attr == nil || v == nil {
		return nil
	}
	key, ok := attr.Key(v)
	if !ok {
		return nil
	}
	if err := checkLength(attr.Path, key); err != nil && a.err == nil {
		a.err = err
	}
	return &key
}

// text gives a string as it was sent, or nil.
func (a *attributes) text(path ...string) *string {
	_, v := a.at(path)
	if s, ok := v.(string); ok {
		return &s
	}
	return nil
}

func (a *attributes) boolean(path ...string) *bool {
	_, v := a.at(path)
	if b, ok := v.(bool); ok {
		return &b
	}
	return nil
}
