package storage

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// table is where the resources of a type are. Statements call it r.
type table struct {
	name  string
	live  string // condition of live resources, as the indexes have it
	state string
}

func tableOf(t *schema.ResourceType) (table, error) {
	switch t.Name {
	case schema.User:
		return table{name: "users", live: "r.state = 'live'", state: "r.state"}, nil
	case schema.Group:
		return table{name: "groups", live: "TRUE", state: "'live'"}, nil
	default:
		return table{}, fault.New(fault.NotImplemented, "resources of type %s are not stored", t.Name)
	}
}

// columns are what scanResource reads of a resource, but for what comes from
// other tables.
func (t table) columns() string {
	return "r.id, r.directory_id, r.document, r.version, r.sequence, " + t.state + ", r.created_at, r.updated_at"
}

// isID reports whether a text can be the id of a resource: others need no look
// into the database.
func isID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

// resourceRow is what is read of a resource. Without a resource, as on a page
// that is empty but for the total, all of it is NULL.
type resourceRow struct {
	id, directoryID, state sql.NullString
	document               []byte
	version, sequence      sql.NullInt64
	createdAt, updatedAt   sql.NullInt64
	externalID             sql.NullString
	groups, members        []byte // JSON arrays of objects
}

// base are the places of table.columns.
func (r *resourceRow) base() []any {
	return []any{&r.id, &r.directoryID, &r.document, &r.version, &r.sequence, &r.state, &r.createdAt, &r.updatedAt}
}

func (r *resourceRow) resource(t *schema.ResourceType) (*scimresource.Resource, error) {
	out := &scimresource.Resource{
		Type:         t,
		ID:           r.id.String,
		DirectoryID:  r.directoryID.String,
		ExternalID:   r.externalID.String,
		Document:     r.document,
		Version:      r.version.Int64,
		Sequence:     r.sequence.Int64,
		State:        scimresource.State(r.state.String),
		Created:      instant(r.createdAt.Int64),
		LastModified: instant(r.updatedAt.Int64),
	}
	if err := r.addGroups(out); err != nil {
		return nil, fmt.Errorf("groups of %s: %w", out.ID, err)
	}
	if err := r.addMembers(out); err != nil {
		return nil, fmt.Errorf("members of %s: %w", out.ID, err)
	}
	return out, nil
}

func (r *resourceRow) addGroups(out *scimresource.Resource) error {
	if len(r.groups) == 0 {
		return nil
	}
	var list []struct {
		ID      string
		Display string
		Direct  int
	}
	if err := json.Unmarshal(r.groups, &list); err != nil {
		return err
	}
	out.Groups = make([]scimresource.GroupRef, len(list))
	for i, g := range list {
		out.Groups[i] = scimresource.GroupRef{ID: g.ID, Display: g.Display, Direct: g.Direct == 1}
	}
	return nil
}

func (r *resourceRow) addMembers(out *scimresource.Resource) error {
	if len(r.members) == 0 {
		return nil
	}
	return json.Unmarshal(r.members, &out.Members)
}

// scanMember reads id, type and display of a member.
func scanMember(rows *sql.Rows) (m scimresource.Member, err error) {
	var display sql.NullString
	err = rows.Scan(&m.ID, &m.Type, &display)
	m.Display = display.String
	return m, err
}
