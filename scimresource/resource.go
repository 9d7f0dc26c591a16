package scimresource

import (
	"time"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// State is where a resource stands in its lifecycle.
type State string

// The states of a resource. A group is always live.
const (
	Live       State = "live"
	Offboarded State = "offboarded"
)

// Resource is a user or group as it is stored: the canonical document without
// what the hub adds on every read (id, externalId, meta, groups, members).
type Resource struct {
	Type         *schema.ResourceType
	ID           string // a UUIDv7 in its usual text form
	DirectoryID  string // the directory that created it
	ExternalID   string // as the acting directory knows it; "" is unassigned
	Document     []byte // canonical JSON, see package document
	Version      int64  // counts the changes, from 1; the ETag
	Sequence     int64  // counts the events of the resource
	State        State
	Created      time.Time // UTC, microseconds
	LastModified time.Time // UTC, microseconds

	// Attributes is Document decoded. Every resource given to Tx.Apply has it;
	// a Store need not fill it in on reads: call Decoded.
	Attributes document.Object

	Groups  []GroupRef // of a user or group, when Include.Groups asked for them
	Members []Member   // of a group, when Include.Members asked for them
}

// GroupRef is a group that a resource belongs to.
type GroupRef struct {
	ID      string
	Display string
	Direct  bool // a member itself, not merely of a group within
}

// Member is a member of a group.
type Member struct {
	ID      string
	Type    string // schema.User or schema.Group
	Display string // displayName, else userName
}

// Include says which derived parts of resources a read needs.
type Include struct {
	Groups  bool // Resource.Groups, direct and indirect
	Members bool // Resource.Members
}

// Decoded gives the document as an object. The result belongs to r: callers
// clone it before they change it.
func (r *Resource) Decoded() (document.Object, error) {
	if r.Attributes == nil {
		obj, err := document.Decode(r.Document)
		if err != nil {
			return nil, err
		}
		r.Attributes = obj
	}
	return r.Attributes, nil
}
