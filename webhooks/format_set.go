package webhooks

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/event"
)

// The event URIs of RFC 9967 §2.4 that the hub uses. Those with a colon at the
// end go on with "full" or "notice".
const (
	setCreate     = "urn:ietf:params:scim:event:prov:create:"
	setPatch      = "urn:ietf:params:scim:event:prov:patch:"
	setPut        = "urn:ietf:params:scim:event:prov:put:"
	setDelete     = "urn:ietf:params:scim:event:prov:delete"
	setActivate   = "urn:ietf:params:scim:event:prov:activate"
	setDeactivate = "urn:ietf:params:scim:event:prov:deactivate"

	// OpenID Shared Signals Framework (SSF) 1.0 §8.1.4.1 and §8.1.5.
	setVerification  = "https://schemas.openid.net/secevent/ssf/event-type/verification"
	setStreamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated"
)

// setType is the typ of a token's header (RFC 8417 §2.3).
const setType = "secevent+jwt"

// setClaims are the claims of a security event token (RFC 8417 §2.2). A token
// has one event.
type setClaims struct {
	Issuer      string         `json:"iss"`
	IssuedAt    int64          `json:"iat"` // the event's time, so that a token that is sent again says the same
	ID          string         `json:"jti"`
	Audience    string         `json:"aud"`
	Transaction string         `json:"txn"` // the same in all tokens of an event (RFC 9967 §2.2)
	Subject     any            `json:"sub_id"`
	Events      map[string]any `json:"events"`
}

// scimSubject names the resource that an event is about (RFC 9967 §2.1).
type scimSubject struct {
	Format     string `json:"format"`
	URI        string `json:"uri"` // relative to the base of the SCIM API
	ExternalID string `json:"externalId,omitempty"`
	ID         string `json:"id"`
}

// opaqueSubject names a subscription (RFC 9493 §3.2.4).
type opaqueSubject struct {
	Format string `json:"format"`
	ID     string `json:"id"`
}

// securityEvent gives an event as a signed token. Its audience is the URL that
// it is sent to.
func (r *Renderer) securityEvent(ctx context.Context, s Subscription, e stored) (Message, error) {
	uri, content, err := setEvent(e)
	if err != nil {
		return Message{}, err
	}
	claims, err := encodeJSON(setClaims{
		Issuer: r.publicURL, IssuedAt: e.Timestamp.Unix(), ID: e.ID, Audience: s.URL,
		Transaction: e.ID, Subject: setSubject(e), Events: map[string]any{uri: content},
	})
	if err != nil {
		return Message{}, err
	}
	token, err := r.keys.Sign(ctx, setType, claims)
	return Message{contentSET, token}, err
}

func setSubject(e stored) any {
	switch {
	case e.Data.UserID != "":
		return scimSubject{"scim", "/Users/" + e.Data.UserID, e.Data.ExternalID, e.Data.UserID}
	case e.Data.GroupID != "":
		return scimSubject{"scim", "/Groups/" + e.Data.GroupID, e.Data.ExternalID, e.Data.GroupID}
	default:
		return opaqueSubject{"opaque", e.Data.SubscriptionID}
	}
}

// setEvent gives an event's URI and its content.
//
// A changed user is a PUT (RFC 9967 §2.4.3): the event has the whole user as
// the change left it, not what a client sent. A changed group is a PATCH of
// what changed (§2.4.2), since the event lacks the members, whom a PUT would
// remove. The beginning of an offboarding, for which there is no URI, is a PUT
// of the unchanged user. A restored user is created once more, since to a
// receiver offboarding was a deletion.
func setEvent(e stored) (uri string, content any, err error) {
	switch e.Type {
	case event.UserCreated, event.UserRestored, event.GroupCreated:
		uri, content = setResource(setCreate, e, createdFields(e))
	case event.UserUpdated, event.UserOffboardingStarted:
		uri, content = setResource(setPut, e, e.Data.ChangedFields)
	case event.UserDeactivated:
		uri, content = setDeactivate, setVersion{version(e)}
	case event.UserReactivated:
		uri, content = setActivate, setVersion{version(e)}
	case event.UserOffboarded, event.UserDeleted, event.GroupDeleted:
		uri, content = setDelete, struct{}{} // §2.4.4: it has no attributes
	case event.GroupUpdated:
		return setGroupChange(e)
	case event.GroupMembershipUpdated:
		uri, content = setPatch+"full", setFull{version(e), newPatch(memberOperations(e.Data))}
	case event.SubscriptionDeactivated:
		uri, content = setStreamUpdated, setStream{"disabled", e.Data.Reason}
	case event.SubscriptionPing:
		uri, content = setVerification, struct{}{} // SSF 1.0 §8.1.4.2: no state that the receiver didn't send
	}
	return uri, content, nil
}

// setVersion is the content of an event without data: the ETag of the resource
// after the change (RFC 9967 §2.2).
type setVersion struct {
	Version string `json:"version"`
}

// setFull is the content of an event whose URI ends with "full".
type setFull struct {
	Version string `json:"version"`
	Data    any    `json:"data"`
}

// setNotice is the content of an event whose URI ends with "notice": the names
// of the attributes that changed, which the receiver reads itself.
type setNotice struct {
	Version    string   `json:"version"`
	Attributes []string `json:"attributes"`
}

// setStream is the content of an event about a stream (SSF 1.0 §8.1.5).
type setStream struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

func version(e stored) string { return scimresource.ETag(e.Data.ResourceVersion) }

// setResource gives the full form of an event with the resource as its data, or
// the notice if the event has no resource (RFC 9967 §2.4).
func setResource(prefix string, e stored, changed []string) (uri string, content any) {
	if e.Data.Resource == nil {
		return setNoticeOf(prefix, e, changed)
	}
	return prefix + "full", setFull{version(e), e.Data.Resource}
}

func setNoticeOf(prefix string, e stored, changed []string) (uri string, content any) {
	return prefix + "notice", setNotice{version(e), append([]string{}, changed...)}
}

// createdFields gives the attributes that a new resource is known to have.
func createdFields(e stored) []string {
	fields := []string{"id", "userName"}
	if e.Data.GroupID != "" {
		fields[1] = "displayName"
	}
	if e.Data.ExternalID != "" {
		fields = append(fields, "externalId")
	}
	return fields
}

// setGroupChange gives the event of a changed group.
func setGroupChange(e stored) (uri string, content any, err error) {
	if e.Data.Resource == nil {
		uri, content = setNoticeOf(setPatch, e, e.Data.ChangedFields)
		return uri, content, nil
	}
	operations, err := changeOperations(e.Data)
	return setPatch + "full", setFull{version(e), newPatch(operations)}, err
}

// patchOp is the body of a PATCH (RFC 7644 §3.5.2).
type patchOp struct {
	Schemas    []string         `json:"schemas"`
	Operations []patchOperation `json:"Operations"`
}

type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

func newPatch(operations []patchOperation) patchOp {
	return patchOp{[]string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, operations}
}

// changeOperations gives the operations that bring about a change of
// attributes: what the resource has is replaced, what it lacks is removed.
func changeOperations(d storedData) ([]patchOperation, error) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(d.Resource, &attributes); err != nil {
		return nil, err
	}
	operations := make([]patchOperation, len(d.ChangedFields))
	for i, path := range d.ChangedFields {
		value, err := attributeAt(attributes, path)
		if err != nil {
			return nil, err
		}
		operations[i] = patchOperation{Op: "remove", Path: path}
		if value != nil {
			operations[i] = patchOperation{Op: "replace", Path: path, Value: value}
		}
	}
	return operations, nil
}

// attributeAt gives the value of an attribute, or nil. The path is a name, or
// the URI of an extension, a colon and a name.
func attributeAt(attributes map[string]json.RawMessage, path string) (json.RawMessage, error) {
	if value, ok := attributes[path]; ok {
		return value, nil
	}
	for uri, extension := range attributes {
		if name, ok := strings.CutPrefix(path, uri+":"); ok {
			var values map[string]json.RawMessage
			err := json.Unmarshal(extension, &values)
			return values[name], err
		}
	}
	return nil, nil
}

// memberOperations gives the operations that bring about a change of members.
func memberOperations(d storedData) []patchOperation {
	var operations []patchOperation
	for _, id := range d.RemovedMembers {
		operations = append(operations, patchOperation{Op: "remove", Path: `members[value eq "` + id + `"]`})
	}
	if len(d.AddedMembers) > 0 {
		added := make([]memberValue, len(d.AddedMembers))
		for i, id := range d.AddedMembers {
			added[i].Value = id
		}
		operations = append(operations, patchOperation{Op: "add", Path: "members", Value: added})
	}
	return operations
}

type memberValue struct {
	Value string `json:"value"`
}
