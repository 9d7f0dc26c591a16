package inbound

import (
	"github.com/scimhub/scimhub/scimresource/document"
)

// Action is what a message asks for.
type Action int

// The actions.
const (
	Ignore  Action = iota // nothing; Change.Note says why
	Upsert                // the user or group is there, with these attributes
	Delete                // the user or group is gone
	Members               // users join and leave the group
	Fetch                 // ask the upstream: the message says only that something happened
)

// Change is what a message means for the directory.
type Change struct {
	Action Action
	Object Object // the vendor's; its Type decides what is changed
	Note   string // why a message is ignored

	// Attributes are those that an upsert gives, as a SCIM client would send
	// them: without id, meta, groups and members. externalId is always the
	// vendor's id, and needn't be among them.
	Attributes document.Object
	// Whole says that Attributes is all there is: what is left out is cleared, as
	// by PUT. Otherwise what is left out stays.
	Whole bool
	// Record is the vendor's own record, for the source's attribute rules.
	Record map[string]any

	// Groups are all groups of an upserted user, by the vendor's ids, where the
	// message names them; nil where it doesn't.
	Groups []GroupRef
	// Member is the whole membership of an upserted group; nil where the message
	// doesn't name it.
	MemberIDs []string

	// Add and Remove are the vendor's ids of users, of a Members change.
	Add, Remove []string
}

// GroupRef is a group as a vendor names it beside a user.
type GroupRef struct {
	ID   string
	Name string // ""; unknown
}
