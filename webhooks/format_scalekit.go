package webhooks

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/scimhub/scimhub/scimresource/event"
)

// scalekitEvent is an event as Scalekit posts it (Scalekit, "Webhook event
// object"), with timestamp for code that was written by its quick start, which
// shows that instead of occurred_at.
type scalekitEvent struct {
	SpecVersion    string          `json:"spec_version"`
	ID             string          `json:"id"`
	Type           string          `json:"type"`
	OccurredAt     event.Timestamp `json:"occurred_at"`
	Timestamp      event.Timestamp `json:"timestamp"`
	EnvironmentID  string          `json:"environment_id"`
	OrganizationID string          `json:"organization_id"`
	Object         string          `json:"object"`
	Data           any             `json:"data"`
}

// The objects of Scalekit's events, and our own that it doesn't have.
const (
	scalekitUserObject   = "DirectoryUser"
	scalekitGroupObject  = "DirectoryGroup"
	scalekitSubscription = "Subscription"
)

// scalekit gives an event in Scalekit's form. Where Scalekit has no such event,
// it is the one that leads a receiver to the same state: turning active on or
// off, the beginning of an offboarding and a restore are updates; leaving the
// directory is a deletion, and so is the removal for good that may follow. What
// is about a subscription keeps its name.
func (r *Renderer) scalekit(e stored) (Message, error) {
	m := scalekitEvent{
		SpecVersion: "1", ID: e.ID, OccurredAt: event.Timestamp(e.Timestamp), Timestamp: event.Timestamp(e.Timestamp),
		EnvironmentID: r.publicURL, OrganizationID: e.OrganizationID,
	}
	var err error
	switch e.Type {
	case event.UserCreated:
		m.Type, m.Object = "organization.directory.user_created", scalekitUserObject
		m.Data, err = scalekitUserOf(e)
	case event.UserUpdated, event.UserDeactivated, event.UserReactivated, event.UserOffboardingStarted, event.UserRestored:
		m.Type, m.Object = "organization.directory.user_updated", scalekitUserObject
		m.Data, err = scalekitUserOf(e)
	case event.UserOffboarded, event.UserDeleted:
		m.Type, m.Object = "organization.directory.user_deleted", scalekitUserObject
		m.Data, err = scalekitLeaverOf(e)
	case event.GroupCreated, event.GroupUpdated, event.GroupDeleted, event.GroupMembershipUpdated:
		action := strings.TrimPrefix(string(e.Type), "group.")
		m.Type, m.Object = "organization.directory.group_"+action, scalekitGroupObject
		m.Data = scalekitGroupOf(e)
	default:
		m.Type, m.Object = string(e.Type), scalekitSubscription
		m.Data = scalekitSubscriptionData{e.Data.SubscriptionID, e.Data.Name, e.Data.URL, e.Data.Reason}
	}
	if err != nil {
		return Message{}, err
	}
	return jsonMessage(m)
}

// scalekitSubscriptionData is the data of an event about a subscription.
type scalekitSubscriptionData struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Reason string `json:"reason,omitempty"`
}

// scalekitGroup is the data of a group event (Scalekit, "Directory events"),
// with the directory and the name where its quick start has them.
type scalekitGroup struct {
	ID             string          `json:"id"`
	OrganizationID string          `json:"organization_id"`
	DirectoryID    string          `json:"directory_id"`
	DisplayName    string          `json:"display_name"`
	Name           string          `json:"name"`
	ExternalID     string          `json:"external_id"`
	DPID           string          `json:"dp_id"`
	RawAttributes  json.RawMessage `json:"raw_attributes,omitempty"`
	*scalekitMembership
}

// scalekitMembership is what an event adds that is about members. Both lists
// are always there.
type scalekitMembership struct {
	GroupID        string   `json:"group_id"`
	AddedMembers   []string `json:"added_members"`
	RemovedMembers []string `json:"removed_members"`
}

func scalekitGroupOf(e stored) scalekitGroup {
	g := scalekitGroup{
		ID: e.Data.GroupID, OrganizationID: e.OrganizationID, DirectoryID: e.DirectoryID,
		DisplayName: e.Data.DisplayName, Name: e.Data.DisplayName,
		ExternalID: e.Data.ExternalID, DPID: e.Data.ExternalID, RawAttributes: e.Data.Resource,
	}
	if e.Type == event.GroupMembershipUpdated {
		g.scalekitMembership = &scalekitMembership{
			GroupID:        e.Data.GroupID,
			AddedMembers:   append([]string{}, e.Data.AddedMembers...),
			RemovedMembers: append([]string{}, e.Data.RemovedMembers...),
		}
	}
	return g
}

// scalekitUser is the data of a user event (Scalekit, "Directory events"), with
// the directory where its quick start has it.
type scalekitUser struct {
	ID                string `json:"id"`
	OrganizationID    string `json:"organization_id"`
	DirectoryID       string `json:"directory_id"`
	DPID              string `json:"dp_id"` // the id that the directory's client gave the user
	PreferredUsername string `json:"preferred_username"`
	Email             string `json:"email"`
	Active            *bool  `json:"active,omitempty"` // nil: the user is gone, or the event says nothing of it
	*scalekitProfile         // nil: the user is gone, or was too large for the event
}

// scalekitProfile is what a user event has of the SCIM resource.
type scalekitProfile struct {
	Name             string                     `json:"name"`
	GivenName        string                     `json:"given_name"`
	FamilyName       string                     `json:"family_name"`
	Nickname         string                     `json:"nickname"`
	Picture          string                     `json:"picture"`
	Profile          string                     `json:"profile"`
	PhoneNumber      string                     `json:"phone_number"`
	Address          *scalekitAddress           `json:"address"`
	Title            string                     `json:"title"`
	UserType         string                     `json:"user_type"`
	Language         string                     `json:"language"`
	Locale           string                     `json:"locale"`
	Zoneinfo         string                     `json:"zoneinfo"`
	EmployeeID       string                     `json:"employee_id"`
	CostCenter       string                     `json:"cost_center"`
	Organization     string                     `json:"organization"`
	Division         string                     `json:"division"`
	Department       string                     `json:"department"`
	Roles            []scalekitRole             `json:"roles"`
	CustomAttributes map[string]json.RawMessage `json:"custom_attributes"` // extensions, by their URIs
	RawAttributes    json.RawMessage            `json:"raw_attributes"`    // the SCIM resource
}

type scalekitRole struct {
	Name string `json:"role_name"`
}

// scalekitAddress has the names of OpenID Connect Core 1.0 §5.1.1, as most of a
// profile has.
type scalekitAddress struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"street_address,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postal_code,omitempty"`
	Country       string `json:"country,omitempty"`
}

// scalekitLeaverOf gives the data of a user who is gone: who that was.
func scalekitLeaverOf(e stored) (scalekitUser, error) {
	u, err := scalekitUserOf(e)
	u.Active, u.scalekitProfile = nil, nil
	return u, err
}

// scalekitUserOf gives the data of a user. A deactivation that an offboarding
// brings carries the resource as it was, so the event itself decides what is
// active.
func scalekitUserOf(e stored) (scalekitUser, error) {
	u := scalekitUser{
		ID: e.Data.UserID, OrganizationID: e.OrganizationID, DirectoryID: e.DirectoryID,
		DPID: e.Data.ExternalID, PreferredUsername: e.Data.UserName,
	}
	if strings.Contains(e.Data.UserName, "@") {
		u.Email = e.Data.UserName // unless the resource has one
	}
	if e.Data.Resource != nil {
		if err := u.fill(e.Data.Resource); err != nil {
			return u, err
		}
	}
	if e.Type == event.UserDeactivated || e.Type == event.UserReactivated {
		u.Active = new(e.Type == event.UserReactivated)
	}
	return u, nil
}

// fill adds what the SCIM resource has.
func (u *scalekitUser) fill(resource json.RawMessage) error {
	var scim scimUser
	if err := json.Unmarshal(resource, &scim); err != nil {
		return err
	}
	extensions, err := extensionsOf(resource)
	if err != nil {
		return err
	}
	u.Email = cmp.Or(preferred(scim.Emails).Value, u.Email)
	u.Active = new(scim.Active == nil || *scim.Active) // a user for whom nobody set it is active
	u.scalekitProfile = &scalekitProfile{
		Name:             cmp.Or(scim.Name.Formatted, scim.DisplayName, strings.TrimSpace(scim.Name.GivenName+" "+scim.Name.FamilyName)),
		GivenName:        scim.Name.GivenName,
		FamilyName:       scim.Name.FamilyName,
		Nickname:         scim.NickName,
		Picture:          preferred(scim.Photos).Value,
		Profile:          scim.ProfileURL,
		PhoneNumber:      preferred(scim.PhoneNumbers).Value,
		Address:          scim.address(),
		Title:            scim.Title,
		UserType:         scim.UserType,
		Language:         scim.PreferredLanguage,
		Locale:           scim.Locale,
		Zoneinfo:         scim.Timezone,
		EmployeeID:       scim.Enterprise.EmployeeNumber,
		CostCenter:       scim.Enterprise.CostCenter,
		Organization:     scim.Enterprise.Organization,
		Division:         scim.Enterprise.Division,
		Department:       scim.Enterprise.Department,
		Roles:            scim.roles(),
		CustomAttributes: extensions,
		RawAttributes:    resource,
	}
	return nil
}

// scimUser is what a Scalekit event needs of a SCIM User (RFC 7643 §4.1, §4.3).
type scimUser struct {
	DisplayName       string `json:"displayName"`
	NickName          string `json:"nickName"`
	ProfileURL        string `json:"profileUrl"`
	Title             string `json:"title"`
	UserType          string `json:"userType"`
	PreferredLanguage string `json:"preferredLanguage"`
	Locale            string `json:"locale"`
	Timezone          string `json:"timezone"`
	Active            *bool  `json:"active"`
	Name              struct {
		Formatted  string `json:"formatted"`
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	} `json:"name"`
	Emails       []scimValue `json:"emails"`
	PhoneNumbers []scimValue `json:"phoneNumbers"`
	Photos       []scimValue `json:"photos"`
	Addresses    []scimValue `json:"addresses"`
	Roles        []scimValue `json:"roles"`
	Enterprise   struct {
		EmployeeNumber string `json:"employeeNumber"`
		CostCenter     string `json:"costCenter"`
		Organization   string `json:"organization"`
		Division       string `json:"division"`
		Department     string `json:"department"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

// scimValue is one value of a multi-valued attribute (RFC 7643 §2.4), with the
// fields that only addresses have.
type scimValue struct {
	Value         string `json:"value"`
	Primary       bool   `json:"primary"`
	Formatted     string `json:"formatted"`
	StreetAddress string `json:"streetAddress"`
	Locality      string `json:"locality"`
	Region        string `json:"region"`
	PostalCode    string `json:"postalCode"`
	Country       string `json:"country"`
}

// preferred gives the primary one of some values, or else the first.
func preferred(values []scimValue) scimValue {
	for _, v := range values {
		if v.Primary {
			return v
		}
	}
	if len(values) > 0 {
		return values[0]
	}
	return scimValue{}
}

func (u scimUser) address() *scalekitAddress {
	if len(u.Addresses) == 0 {
		return nil
	}
	a := preferred(u.Addresses)
	return &scalekitAddress{a.Formatted, a.StreetAddress, a.Locality, a.Region, a.PostalCode, a.Country}
}

func (u scimUser) roles() []scalekitRole {
	roles := make([]scalekitRole, len(u.Roles))
	for i, role := range u.Roles {
		roles[i].Name = role.Value
	}
	return roles
}

// extensionsOf gives the extensions of a resource, whose names are URIs (RFC
// 7643 §3.3).
func extensionsOf(resource json.RawMessage) (map[string]json.RawMessage, error) {
	var attributes map[string]json.RawMessage
	err := json.Unmarshal(resource, &attributes)
	for name := range attributes {
		if !strings.Contains(name, ":") {
			delete(attributes, name)
		}
	}
	return attributes, err
}
