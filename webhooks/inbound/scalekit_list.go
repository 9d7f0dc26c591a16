package inbound

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// scalekitPageSize is how many users or groups to ask for at a time.
const scalekitPageSize = 100

// Users gives all users of a mapping's organization (Scalekit, "List directory
// users"): of all its directories, or of one where Upstream is the ids of both
// with a slash between. Their groups come with Groups.
func (v scalekit) Users(ctx context.Context, s Source, m Mapping, cursor string) iter.Seq2[Listed, error] {
	return v.list(ctx, s, m, cursor, "users", func(_ context.Context, _ scalekitListing, user fields) (Change, error) {
		return scalekitListedUser(user), user.fault()
	})
}

// Groups gives all groups with their members, who are asked for group by group
// (Scalekit, "List directory groups").
func (v scalekit) Groups(ctx context.Context, s Source, m Mapping, cursor string) iter.Seq2[Listed, error] {
	return v.list(ctx, s, m, cursor, "groups", func(ctx context.Context, l scalekitListing, group fields) (Change, error) {
		c := scalekitGroup(group)
		if err := group.fault(); err != nil {
			return c, err
		}
		var err error
		c.MemberIDs, err = l.members(ctx, c.Object.ID)
		return c, err
	})
}

// scalekitListedUser gives the upsert of a user as listings have him: active is
// among the details. Of his groups they need not have all.
func scalekitListedUser(user fields) Change {
	c := scalekitUser(user)
	c.Groups = nil
	if detail := user.inner("user_detail"); !user.has("active") {
		detail.takeActive(c.Attributes, "active")
	}
	return c
}

// scalekitListing is a place in a listing.
type scalekitListing struct {
	reader       *Reader
	organization string
	directories  []string // that are not listed yet, the current one first
	token        string   // of the page in it
	size         int
}

// list gives the pages of users or groups.
func (v scalekit) list(ctx context.Context, s Source, m Mapping, cursor, what string,
	read func(context.Context, scalekitListing, fields) (Change, error),
) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		l, err := v.start(ctx, s, m, cursor)
		for err == nil {
			var listed Listed
			if listed, l, err = l.page(ctx, what, read); err == nil && (!yield(listed, nil) || listed.Cursor == "") {
				return
			}
		}
		yield(Listed{}, err)
	}
}

// start gives the place that a cursor means. Without a cursor it is the
// beginning.
func (v scalekit) start(ctx context.Context, s Source, m Mapping, cursor string) (scalekitListing, error) {
	reader, err := v.upstreams.Reader(s)
	if err != nil {
		return scalekitListing{}, err
	}
	l := scalekitListing{reader: reader, size: cmp.Or(s.Upstream.PageSize, scalekitPageSize)}
	directory := ""
	l.organization, directory, _ = strings.Cut(m.Upstream, "/")
	if l.organization == "" || strings.HasPrefix(l.organization, "dir_") {
		return l, fault.New(fault.InvalidValue, "the mapping's upstream names no organization: it must be org_…, or org_…/dir_…")
	}
	if l.directories = []string{directory}; directory == "" {
		if l.directories, err = l.all(ctx); err != nil {
			return l, err
		}
	}
	return l, l.resume(cursor)
}

// all gives the ids of all directories of the organization, in a fixed order.
// Those that are switched off are among them: their users are still there.
func (l scalekitListing) all(ctx context.Context) ([]string, error) {
	answer, err := l.reader.Object(ctx, l.path(""), nil)
	if err != nil {
		return nil, notThere(err)
	}
	f := newFields(answer)
	var ids []string
	for _, d := range f.list("directories") {
		ids = append(ids, d.need("id"))
	}
	if len(ids) == 0 {
		f.keep("directories", "is empty: the organization has no directory at Scalekit")
	}
	slices.Sort(ids)
	return ids, f.fault()
}

// resume goes to the place of a cursor: a directory and a token.
func (l *scalekitListing) resume(cursor string) error {
	if cursor == "" {
		return nil
	}
	directory, token, _ := strings.Cut(cursor, " ")
	i := slices.Index(l.directories, directory)
	if i < 0 {
		return fault.New(fault.Gone, "the listing's directory is no more; begin again")
	}
	l.directories, l.token = l.directories[i:], token
	return nil
}

// path gives that of the organization's directories, or of what is in the
// current one.
func (l scalekitListing) path(what string) string {
	path := "/api/v1/organizations/" + url.PathEscape(l.organization) + "/directories"
	if what == "" {
		return path
	}
	return path + "/" + url.PathEscape(l.directories[0]) + "/" + what
}

// page reads a page of users or groups, and gives the place behind it.
func (l scalekitListing) page(ctx context.Context, what string,
	read func(context.Context, scalekitListing, fields) (Change, error),
) (Listed, scalekitListing, error) {
	records, next, err := l.records(ctx, what, l.token, url.Values{"include_detail": {"true"}})
	if err != nil {
		return Listed{}, l, err
	}
	listed := Listed{Changes: make([]Change, len(records))}
	for i, record := range records {
		if listed.Changes[i], err = read(ctx, l, record); err != nil {
			return Listed{}, l, fmt.Errorf("%s of Scalekit: %w", what, err)
		}
	}
	if l.token = next; next == "" {
		l.directories = l.directories[1:]
	}
	if len(l.directories) > 0 {
		listed.Cursor = l.directories[0] + " " + l.token
	}
	return listed, l, nil
}

// records reads a page of what is in a directory, and the token of the next.
func (l scalekitListing) records(ctx context.Context, what, token string, query url.Values) ([]fields, string, error) {
	query.Set("page_size", strconv.Itoa(l.size))
	if token != "" {
		query.Set("page_token", token)
	}
	answer, err := l.reader.Object(ctx, l.path(what), query)
	if err != nil {
		return nil, "", notThere(err)
	}
	f := newFields(answer)
	records, next := f.list(what), f.text("next_page_token")
	if next != "" && next == token {
		f.keep("next_page_token", "is that of the same page; the paging can't be followed")
	}
	return records, next, f.fault()
}

// members gives the ids of all members of a group.
func (l scalekitListing) members(ctx context.Context, group string) ([]string, error) {
	ids, token := []string{}, ""
	for {
		users, next, err := l.records(ctx, "users", token, url.Values{"directory_group_id": {group}})
		if err != nil {
			return nil, err
		}
		for _, user := range users {
			ids = append(ids, user.need("id"))
			if err := user.fault(); err != nil {
				return nil, err
			}
		}
		if token = next; token == "" {
			return ids, nil
		}
	}
}
