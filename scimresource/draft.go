package scimresource

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// draftOf is a resource as a client wants it, taken apart into what is stored
// in different places.
type draftOf struct {
	attrs         document.Object // canonical, without externalId, members and password
	externalID    string
	hasExternalID bool
	members       []patch.MemberOp
}

// newDraft reads the body of a POST or PUT.
func newDraft(t *schema.ResourceType, body document.Object) (draftOf, error) {
	attrs, err := document.Normalize(t, body)
	if err != nil {
		return draftOf{}, err
	}
	members, hasMembers := attrs["members"].([]any)
	draft := takeApart(attrs)
	if t.Name == schema.Group && (hasMembers || sentArray(body, "members")) {
		draft.members = []patch.MemberOp{{Kind: patch.ReplaceMembers, IDs: memberIDs(members)}}
	}
	return draft, document.Settle(t, draft.attrs)
}

// takeApart takes out of a canonical object what is not part of the stored
// document. A password is dropped: the hub signs nobody in, and what is not
// kept can't leak.
func takeApart(attrs document.Object) draftOf {
	d := draftOf{attrs: attrs}
	d.externalID, d.hasExternalID = attrs["externalId"].(string)
	for _, name := range []string{"externalId", "members", "password"} {
		delete(attrs, name)
	}
	return d
}

// memberIDs gives the ids of normalised members.
func memberIDs(members []any) []string {
	ids := make([]string, 0, len(members))
	for _, m := range members {
		if obj, ok := m.(document.Object); ok {
			if id, ok := obj["value"].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// sentArray reports whether the body has an array of that name, perhaps an
// empty one. Left out or null says nothing of the members.
func sentArray(body document.Object, name string) bool {
	for key, v := range body {
		if strings.EqualFold(key, name) {
			_, isArray := v.([]any)
			return isArray
		}
	}
	return false
}
