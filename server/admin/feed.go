package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks"
)

const (
	maxWait = time.Minute

	// patience is how long a client may take to read what is written to it.
	patience = 30 * time.Second

	// latest is the cursor that stands for the end of the feed.
	latest = "latest"
)

// ListEvents answers GET of the feed.
func (h *handler) ListEvents(c *gin.Context, params api.ListEventsParams) {
	feed := h.Feed(route.Actor(c).OrganizationID)
	q, err := feedQuery(c, feed, params.After, params.Types, params.ResourceID)
	if err == nil {
		q.Limit, err = readLimit(params.Limit)
	}
	var wait time.Duration
	if err == nil {
		wait, err = readWait(value(params.Wait))
	}
	if err != nil {
		fail(c, err)
		return
	}
	page, err := h.waitForPage(c, feed, q, wait)
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, contentType, encodePage(page))
}

// waitForPage reads events. When the server stops meanwhile, the page is empty.
func (h *handler) waitForPage(c *gin.Context, feed *webhooks.Feed, q webhooks.FeedQuery, wait time.Duration) (webhooks.FeedPage, error) {
	if wait <= 0 {
		return feed.Page(c.Request.Context(), q, 0)
	}
	route.SetLong(c)
	extend(c, wait+patience)
	ctx, cancel := h.untilStop(c)
	defer cancel()
	page, err := feed.Page(ctx, q, wait)
	if err != nil && h.Stopping.Err() != nil {
		return webhooks.FeedPage{Next: max(page.Next, q.After)}, nil
	}
	return page, err
}

// untilStop gives the request's context, ended also when the server stops.
func (h *handler) untilStop(c *gin.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.Request.Context())
	stop := context.AfterFunc(h.Stopping, cancel)
	return ctx, func() { stop(); cancel() }
}

// extend gives the request that much time from now, however little the server
// gives others. Past the time for reading, net/http takes the client for gone.
func extend(c *gin.Context, d time.Duration) {
	rc := http.NewResponseController(c.Writer)
	_ = rc.SetReadDeadline(time.Time{})        // a connection without
	_ = rc.SetWriteDeadline(time.Now().Add(d)) // deadlines needs no more time
}

func feedQuery(c *gin.Context, feed *webhooks.Feed, after *string, types *[]string, resource *string) (webhooks.FeedQuery, error) {
	q := webhooks.FeedQuery{ResourceID: value(resource), Limit: defaultLimit}
	if !utf8.ValidString(q.ResourceID) || strings.ContainsFunc(q.ResourceID, unicode.IsControl) {
		return q, fault.New(fault.InvalidValue, "resource_id is no id")
	}
	var err error
	if q.Types, err = readTypes(value(types)); err != nil {
		return q, err
	}
	if value(after) == latest {
		q.After, err = feed.Head(c.Request.Context())
		return q, err
	}
	q.After, err = webhooks.ParseCursor(value(after))
	return q, err
}

// readTypes gives the types that some names select, each a type, "user.*" or "*".
func readTypes(names []string) ([]event.Type, error) {
	var types []event.Type
	for _, name := range names {
		if name == "" {
			continue // between two commas, or all of an empty parameter
		}
		if !slices.Contains(webhooks.SelectorNames(), name) {
			return nil, fault.New(fault.InvalidValue, "types has %q, which %s", name, webhooks.UnknownEvent(name))
		}
		for _, t := range event.Types() {
			if (webhooks.Selector{Name: name}).Matches(t) && !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	return types, nil
}

func readWait(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 || wait > maxWait {
		return 0, fault.New(fault.InvalidValue, "wait must be a time such as 30s, at most %.0fs", maxWait.Seconds())
	}
	return wait, nil
}

// encodePage gives the body of a page: the events are the bytes that are stored,
// as a signature over them would be.
func encodePage(page webhooks.FeedPage) []byte {
	body := []byte(`{"data":[`)
	for i, e := range page.Events {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, e.Payload...)
	}
	return append(body, `],"next_cursor":"`+webhooks.FormatCursor(page.Next)+"\"}\n"...)
}
