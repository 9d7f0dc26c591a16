package scimclient

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks/remote"
)

// Listing says what is listed. The zero Listing is everything.
type Listing struct {
	Filter     string
	Attributes []string // that the server should give; none: its default
	Excluded   []string // attributes that it should leave out
	PageSize   int      // resources to ask for at a time; 0: the client's
	Cursor     string   // a Page's, to go on behind it
}

// Page is a page of a listing.
type Page struct {
	Resources []document.Object // with an id each
	Total     int               // what the server says there is in all; 0: it doesn't say
	Cursor    string            // of the next page; "": this is the last
	At        time.Time         // when it was asked for: what happened later may be missing
}

// List gives the pages of a listing, of which the last may be empty. After an
// error there are no more. A cursor that the server doesn't know any more is a
// fault of kind Gone: the listing must begin again.
//
// Servers are not believed how many resources there are, for too many count
// wrong: a listing by index ends where nothing comes any more. It goes on behind
// what came, however much was asked for.
func (c *Client) List(ctx context.Context, endpoint string, l Listing) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		at, err := c.start(l)
		for err == nil {
			var page Page
			if page, err = c.page(ctx, endpoint, l, at); err != nil {
				break
			}
			if at.repeats(page) {
				if !at.done {
					err = fault.New(fault.InvalidValue, "the upstream gives the same page twice; its paging can't be followed")
					break
				}
				page = Page{Total: page.Total, At: page.At} // it shows all it has, always
			}
			if !yield(page, nil) || page.Cursor == "" {
				return
			}
			at = at.next(page)
		}
		yield(Page{}, err)
	}
}

// start gives the position of a listing's first page.
func (c *Client) start(l Listing) (position, error) {
	if l.Cursor == "" {
		return position{byCursor: c.cursors}, nil
	}
	return parsePosition(l.Cursor)
}

// page reads the page at a position.
func (c *Client) page(ctx context.Context, endpoint string, l Listing, at position) (Page, error) {
	answer, err := c.remote.Get(ctx, c.base+endpoint+"?"+c.query(l, at).Encode())
	if err != nil {
		return Page{At: answer.At}, at.refused(err)
	}
	body, err := decode(answer.Body)
	if err != nil {
		return Page{}, err
	}
	page := Page{At: answer.At}
	if page.Resources, err = resources(body); err != nil {
		return page, err
	}
	page.Total, _ = count(field(body, "totalResults"))
	page.Cursor = at.behind(page, text(field(body, "nextCursor")))
	return page, nil
}

func (c *Client) query(l Listing, at position) url.Values {
	size := l.PageSize
	if size <= 0 {
		size = c.pageSize
	}
	q := url.Values{"count": {strconv.Itoa(size)}}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("filter", l.Filter)
	set("attributes", strings.Join(l.Attributes, ","))
	set("excludedAttributes", strings.Join(l.Excluded, ","))
	if at.byCursor {
		q.Set("cursor", at.cursor) // empty for the first page (RFC 9865 §2.1)
	} else if at.skip > 0 {
		q.Set("startIndex", strconv.Itoa(at.skip+1))
	}
	return q
}

// resources takes the resources out of a ListResponse, which may be missing or
// null where there are none.
func resources(body document.Object) ([]document.Object, error) {
	v := field(body, "Resources")
	list, ok := v.([]any)
	if v != nil && !ok {
		return nil, fault.New(fault.InvalidValue, "the upstream's list of resources is none")
	}
	if _, counted := count(field(body, "totalResults")); v == nil && !counted {
		return nil, fault.New(fault.InvalidValue, "the upstream's answer is no list of resources")
	}
	out := make([]document.Object, 0, len(list))
	for _, e := range list {
		obj, ok := e.(document.Object)
		if !ok {
			return nil, fault.New(fault.InvalidValue, "the upstream's list holds something that is no resource")
		}
		r, err := resource(obj)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// position is where a page begins.
type position struct {
	byCursor bool
	cursor   string
	skip     int // resources before it
	// done says that the server counted no more than skip: it may refuse to look
	// further.
	done bool
	last string // id of the first resource of the page before
}

// parsePosition reads the cursor of a Page.
func parsePosition(cursor string) (position, error) {
	kind, value, _ := strings.Cut(cursor, ":")
	if kind == "cursor" && value != "" {
		return position{byCursor: true, cursor: value}, nil
	}
	value, done := strings.CutSuffix(value, atEnd)
	if skip, err := strconv.Atoi(value); kind == "index" && err == nil && skip > 0 {
		return position{skip: skip, done: done}, nil
	}
	return position{}, fault.New(fault.Gone, "this is no cursor of a listing")
}

// behind gives the cursor behind a page.
func (p position) behind(page Page, next string) string {
	switch {
	case next != "" && (next != p.cursor || len(page.Resources) > 0):
		return "cursor:" + next
	case p.byCursor && (p.cursor != "" || len(page.Resources) >= page.Total), len(page.Resources) == 0:
		return ""
	}
	cursor := "index:" + strconv.Itoa(p.skip+len(page.Resources))
	if page.Total > 0 && p.skip+len(page.Resources) >= page.Total {
		cursor += atEnd
	}
	return cursor
}

// atEnd marks the cursor of a position behind everything that was counted.
const atEnd = "$"

// next gives the position behind a page that has a cursor.
func (p position) next(page Page) position {
	next, _ := parsePosition(page.Cursor) // of our own making
	if len(page.Resources) > 0 {
		next.last = text(page.Resources[0]["id"])
	}
	return next
}

// repeats reports whether a page is the one before again, from a server that
// doesn't understand where to go on.
func (p position) repeats(page Page) bool {
	return len(page.Resources) > 0 && p.last != "" && text(page.Resources[0]["id"]) == p.last
}

// refused gives what it means that a server refuses to give a page: nothing but
// the end, where it counted no more; or that its cursor is of no use any more.
func (p position) refused(err error) error {
	e, ok := errors.AsType[*remote.StatusError](err)
	switch {
	case !ok:
	case p.done && (e.Code == http.StatusBadRequest || e.Code == http.StatusNotFound):
		return nil
	case p.byCursor && p.cursor != "" && (e.Type == "expiredCursor" || e.Type == "invalidCursor"):
		return fault.Wrap(e, fault.Gone, "the listing's cursor has expired; begin again")
	}
	return err
}
