package scimresource

import (
	"cmp"
	"slices"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// announcement collects the events of one change of one resource.
type announcement struct {
	d      *Directory
	after  *Resource
	whole  []byte // the SCIM resource after the change, without members and groups
	events []event.Event
}

// announce gives the events of a change, numbered, and moves after.Sequence on.
// changed are the attribute paths that differ.
func (d *Directory) announce(before, after *Resource, changed []string, delta memberDelta) ([]event.Event, error) {
	a := &announcement{d: d, after: after}
	if err := a.show(after); err != nil {
		return nil, err
	}
	if after.Type.Name == schema.User {
		a.user(before, changed)
	} else {
		a.group(before, changed, delta)
	}
	return a.events, nil
}

// announceEnd gives the events of a DELETE without grace: to a subscriber of
// user.deactivated alone it is the end of an active user's access too.
func (d *Directory) announceEnd(before, after *Resource) ([]event.Event, error) {
	a := &announcement{d: d, after: after}
	if err := a.show(before); err != nil {
		return nil, err
	}
	if before.Type.Name == schema.Group {
		a.add(event.GroupDeleted, a.groupData())
		return a.events, nil
	}
	a.add(event.UserOffboardingStarted, a.userData(nil))
	if isActive(before.Attributes) {
		a.add(event.UserDeactivated, a.userData(nil))
	}
	a.add(event.UserOffboarded, a.userData(nil))
	return a.events, nil
}

// show renders the resource that the events carry, as a client sees it that
// asks for nothing in particular.
func (a *announcement) show(r *Resource) error {
	p, err := document.ParseProjection(r.Type, nil, nil)
	if err != nil {
		return err
	}
	a.whole, err = a.d.hub.Append(nil, r, p)
	return err
}

// user adds the events of a created or changed user.
func (a *announcement) user(before *Resource, changed []string) {
	if before.Version == 0 {
		a.add(event.UserCreated, a.userData(nil))
		return
	}
	was, is := isActive(before.Attributes), isActive(a.after.Attributes)
	changed = slices.DeleteFunc(slices.Clone(changed), func(path string) bool { return path == "active" && was != is })
	if len(changed) > 0 {
		a.add(event.UserUpdated, a.userData(changed))
	}
	switch {
	case was && !is:
		a.add(event.UserDeactivated, a.userData(nil))
	case !was && is:
		a.add(event.UserReactivated, a.userData(nil))
	}
}

// group adds the events of a created or changed group and of its members.
func (a *announcement) group(before *Resource, changed []string, delta memberDelta) {
	switch {
	case before.Version == 0:
		a.add(event.GroupCreated, a.groupData())
	case len(changed) > 0:
		data := a.groupData()
		data.ChangedFields = changed
		a.add(event.GroupUpdated, data)
	}
	added, removed := delta.addedIDs(), delta.removed
	for len(added)+len(removed) > 0 {
		data := a.groupData()
		n := min(len(removed), event.MaxMembers)
		data.RemovedMembers, removed = removed[:n], removed[n:]
		n = min(len(added), event.MaxMembers-n)
		data.AddedMembers, added = added[:n], added[n:]
		a.add(event.GroupMembershipUpdated, data)
	}
}

// add appends one event and gives it the resource's next sequence number.
func (a *announcement) add(t event.Type, data any) {
	a.after.Sequence++
	a.events = append(a.events, event.Event{
		ID:             access.NewID("evt"),
		Type:           t,
		Version:        event.Version,
		Timestamp:      event.Timestamp(a.d.hub.now()),
		OrganizationID: a.d.actor.OrganizationID,
		DirectoryID:    a.d.actor.DirectoryID,
		Sequence:       a.after.Sequence,
		Data:           data,
		ResourceType:   a.after.Type.Name,
		ResourceID:     a.after.ID,
	})
}

func (a *announcement) userData(changed []string) event.UserData {
	name, _ := a.after.Attributes["userName"].(string)
	return event.UserData{
		UserID: a.after.ID, UserName: name, ExternalID: optional(a.after.ExternalID),
		ResourceVersion: a.after.Version, ChangedFields: changed, Resource: a.whole,
	}
}

func (a *announcement) groupData() event.GroupData {
	name, _ := a.after.Attributes["displayName"].(string)
	return event.GroupData{
		GroupID: a.after.ID, DisplayName: name, ExternalID: optional(a.after.ExternalID),
		ResourceVersion: a.after.Version, Resource: a.whole,
	}
}

// isActive reads active; a user for whom nobody set it is active.
func isActive(attrs document.Object) bool {
	active, set := attrs["active"].(bool)
	return active || !set
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// sortMembers orders members by id, so that what is written and announced does
// not depend on how a client listed them.
func sortMembers(members []Member) {
	slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
}
