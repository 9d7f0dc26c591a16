package inbound

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/webhooks/scimclient"
)

// scimUpsert gives the upsert of a SCIM resource (RFC 7643 §3) under a vendor's
// id. One that names its schemas, as a resource must, is all there is; the
// attributes of one that doesn't are those that the vendor speaks of.
func scimUpsert(o Object, resource fields) Change {
	c := Change{Action: Upsert, Object: o, Attributes: document.Clone(resource.object), Record: resource.object}
	if c.Attributes == nil {
		c.Attributes = document.Object{}
	}
	for name, v := range resource.object {
		switch strings.ToLower(name) {
		case "username":
			delete(c.Attributes, name)
			c.Attributes["userName"] = v
		case "displayname":
			delete(c.Attributes, name)
			c.Attributes["displayName"] = v
		case "schemas":
			c.Whole = true
			delete(c.Attributes, name)
		case "id", "externalid", "meta", "groups", "members", "password":
			delete(c.Attributes, name)
		}
	}
	if o.Type == schema.User {
		c.Groups = scimGroups(resource)
	} else {
		c.MemberIDs = scimMembers(resource)
	}
	return c
}

// scimGroups gives the groups of a user, without those that he is only in
// through another (RFC 7643 §4.1.2); nil where they aren't named.
func scimGroups(resource fields) []GroupRef {
	list := resource.list("groups")
	if list == nil {
		return nil
	}
	groups := make([]GroupRef, 0, len(list))
	for _, g := range list {
		if g.text("type") != "indirect" {
			groups = append(groups, GroupRef{g.need("value"), g.text("display")})
		}
	}
	return groups
}

// scimMembers gives the users in a group, but not groups in it; nil where its
// members aren't named.
func scimMembers(resource fields) []string {
	list := resource.list("members")
	if list == nil {
		return nil
	}
	ids := make([]string, 0, len(list))
	for _, m := range list {
		if !strings.EqualFold(m.text("type"), schema.Group) {
			ids = append(ids, m.need("value"))
		}
	}
	return ids
}

// scimEndpoint gives where the resources of a type are (RFC 7644 §3.2).
func scimEndpoint(typ string) string { return "/" + typ + "s" }

// scimReader reads upstreams that are SCIM servers.
type scimReader struct{ upstreams *Upstreams }

// Fetch reads a user or group. That it isn't there is believed of a server only
// that has others: with a wrong address nothing is there.
func (r scimReader) Fetch(ctx context.Context, s Source, o Object) (Change, error) {
	client, err := r.upstreams.SCIM(s)
	if err != nil {
		return Change{}, err
	}
	resource, err := client.Get(ctx, scimEndpoint(o.Type), o.ID)
	if fault.Is(err, fault.NotFound) {
		return scimGone(ctx, client, o)
	}
	if err != nil {
		return Change{}, err
	}
	f := newFields(resource)
	return scimUpsert(o, f), f.fault()
}

func scimGone(ctx context.Context, client *scimclient.Client, o Object) (Change, error) {
	if _, _, err := client.Find(ctx, scimEndpoint(o.Type), ""); err != nil {
		return Change{}, notThere(err)
	}
	return Change{Action: Delete, Object: o}, nil
}

// notThere is the fault of an upstream that has nothing where it should have
// much.
func notThere(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.InvalidValue, "the upstream has nothing at its base_url: the address is another")
	}
	return err
}

// Users gives all users. Their groups come with Groups.
func (r scimReader) Users(ctx context.Context, s Source, _ Mapping, cursor string) iter.Seq2[Listed, error] {
	return r.list(ctx, s, schema.User, cursor)
}

// Groups gives all groups with their members.
func (r scimReader) Groups(ctx context.Context, s Source, _ Mapping, cursor string) iter.Seq2[Listed, error] {
	return r.list(ctx, s, schema.Group, cursor)
}

func (r scimReader) list(ctx context.Context, s Source, typ, cursor string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		client, err := r.upstreams.SCIM(s)
		if err != nil {
			yield(Listed{}, err)
			return
		}
		for page, err := range client.List(ctx, scimEndpoint(typ), scimclient.Listing{Cursor: cursor}) {
			var listed Listed
			switch {
			case fault.Is(err, fault.NotFound):
				err = scimNoGroups(ctx, client, typ, err)
			case err == nil:
				listed, err = scimListed(typ, page)
			}
			if !yield(listed, err) || err != nil {
				return
			}
		}
	}
}

// scimNoGroups gives nil for a server that has users but no groups.
func scimNoGroups(ctx context.Context, client *scimclient.Client, typ string, err error) error {
	if typ == schema.Group {
		_, _, err = client.Find(ctx, scimEndpoint(schema.User), "")
	}
	return notThere(err)
}

// scimListed gives what a page lists.
func scimListed(typ string, page scimclient.Page) (Listed, error) {
	listed := Listed{Changes: make([]Change, len(page.Resources)), Cursor: page.Cursor}
	for i, resource := range page.Resources {
		f := newFields(resource)
		c := scimUpsert(Object{typ, f.text("id")}, f)
		if typ == schema.Group && c.MemberIDs == nil {
			c.MemberIDs = []string{} // the server has no member to show
		}
		c.Groups = nil
		if err := f.fault(); err != nil {
			return Listed{}, fmt.Errorf("%s %s: %w", typ, c.Object.ID, err)
		}
		listed.Changes[i] = c
	}
	return listed, nil
}
