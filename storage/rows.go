package storage

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// resourceRow is what a read of either resource table gives.
type resourceRow struct {
	ID          string
	DirectoryID string
	ExternalID  *string
	Document    []byte
	Version     int64
	Sequence    int64
	CreatedAt   int64
	UpdatedAt   int64
}

func (r *resourceRow) resource(t *schema.ResourceType) *scimresource.Resource {
	res := &scimresource.Resource{
		Type: t, ID: r.ID, DirectoryID: r.DirectoryID, Document: r.Document,
		Version: r.Version, Sequence: r.Sequence, State: scimresource.Live,
		Created: time.UnixMicro(r.CreatedAt).UTC(), LastModified: time.UnixMicro(r.UpdatedAt).UTC(),
	}
	if r.ExternalID != nil {
		res.ExternalID = *r.ExternalID
	}
	return res
}

// userRow is a row of users.
type userRow struct {
	OrganizationID string
	ID             string
	DirectoryID    string
	UserName       string
	UserNameKey    string
	Display        string
	DisplayNameKey *string
	GivenNameKey   *string
	FamilyNameKey  *string
	Active         bool
	State          string
	Document       string
	Keys           string
	Version        int64
	Sequence       int64
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	UpdatedAt      int64 `gorm:"autoUpdateTime:false"`
	DeletedAt      *int64
}

func (userRow) TableName() string { return "users" }

// groupRow is a row of groups.
type groupRow struct {
	OrganizationID string
	ID             string
	DirectoryID    string
	Display        string
	DisplayNameKey string
	Document       string
	Keys           string
	Version        int64
	Sequence       int64
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
	UpdatedAt      int64 `gorm:"autoUpdateTime:false"`
}

func (groupRow) TableName() string { return "groups" }

// emailRow is a row of user_emails.
type emailRow struct {
	OrganizationID string
	UserID         string
	Ordinal        int
	ValueKey       *string
	TypeKey        *string
	IsPrimary      *bool
}

func (emailRow) TableName() string { return "user_emails" }

// externalIDRow is a row of external_ids.
type externalIDRow struct {
	OrganizationID string
	DirectoryID    string
	ResourceID     string
	ResourceType   string
	ExternalID     string
	Live           bool
}

func (externalIDRow) TableName() string { return "external_ids" }

// memberRow is a row of group_members.
type memberRow struct {
	OrganizationID string
	GroupID        string
	MemberID       string
	MemberType     string
}

func (memberRow) TableName() string { return "group_members" }

// eventRow is a row of events.
type eventRow struct {
	OrganizationID string
	ID             string
	DirectoryID    string
	Type           string
	ResourceType   string
	ResourceID     string
	Sequence       int64
	Payload        string
	CreatedAt      int64 `gorm:"autoCreateTime:false"`
}

func (eventRow) TableName() string { return "events" }

func newUserRow(organization string, r *scimresource.Resource) userRow {
	keys := document.Keys(r.Type, r.Attributes)
	row := userRow{
		OrganizationID: organization, ID: r.ID, DirectoryID: r.DirectoryID,
		UserName: text(r.Attributes, "userName"), UserNameKey: text(keys, "userName"),
		DisplayNameKey: key(keys, "displayName"), GivenNameKey: key(keys, "name", "givenName"), FamilyNameKey: key(keys, "name", "familyName"),
		Active: r.Attributes["active"] == true, State: string(r.State),
		Document: string(r.Document), Keys: string(document.Append(nil, r.Type, keys)),
		Version: r.Version, Sequence: r.Sequence, CreatedAt: r.Created.UnixMicro(), UpdatedAt: r.LastModified.UnixMicro(),
	}
	if row.Display = text(r.Attributes, "displayName"); row.Display == "" {
		row.Display = row.UserName
	}
	if r.State != scimresource.Live {
		row.DeletedAt = &row.UpdatedAt
	}
	return row
}

func newGroupRow(organization string, r *scimresource.Resource) groupRow {
	keys := document.Keys(r.Type, r.Attributes)
	return groupRow{
		OrganizationID: organization, ID: r.ID, DirectoryID: r.DirectoryID,
		Display: text(r.Attributes, "displayName"), DisplayNameKey: text(keys, "displayName"),
		Document: string(r.Document), Keys: string(document.Append(nil, r.Type, keys)),
		Version: r.Version, Sequence: r.Sequence, CreatedAt: r.Created.UnixMicro(), UpdatedAt: r.LastModified.UnixMicro(),
	}
}

// newEmailRows gives a row for each e-mail address of a user.
func newEmailRows(organization string, r *scimresource.Resource) []emailRow {
	list, _ := document.Keys(r.Type, r.Attributes)["emails"].([]any)
	rows := make([]emailRow, 0, len(list))
	for i, e := range list {
		obj, _ := e.(document.Object)
		row := emailRow{OrganizationID: organization, UserID: r.ID, Ordinal: i, ValueKey: key(obj, "value"), TypeKey: key(obj, "type")}
		if primary := key(obj, "primary"); primary != nil {
			is := *primary == "true"
			row.IsPrimary = &is
		}
		rows = append(rows, row)
	}
	return rows
}

func newEventRows(events []event.Event) ([]eventRow, error) {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		payload, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		rows[i] = eventRow{
			OrganizationID: e.OrganizationID, ID: e.ID, DirectoryID: e.DirectoryID, Type: string(e.Type),
			ResourceType: e.ResourceType, ResourceID: e.ResourceID, Sequence: e.Sequence,
			Payload: string(payload), CreatedAt: time.Time(e.Timestamp).UnixMicro(),
		}
	}
	return rows, nil
}

// text gives a string of an object, or "".
func text(obj document.Object, name string) string {
	s, _ := obj[name].(string)
	return s
}

// key gives the key at a path of a comparison document, or nil.
func key(obj document.Object, path ...string) *string {
	for _, name := range path[:len(path)-1] {
		obj, _ = obj[name].(document.Object)
	}
	s, ok := obj[path[len(path)-1]].(string)
	if !ok {
		return nil
	}
	return &s
}

// isUUID reports whether s can be the id of a resource: no other text needs a
// look-up.
func isUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' &&
		strings.Trim(s, "0123456789abcdef-") == ""
}
