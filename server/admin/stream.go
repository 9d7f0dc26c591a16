package admin

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/server/route"
	"github.com/scimhub/scimhub/webhooks"
)

const (
	// heartbeat is how often a stream without events shows that it lives.
	heartbeat = 15 * time.Second

	// longestStream is after how long a client must show its token again, which
	// may be revoked. Clients reconnect by themselves.
	longestStream = time.Hour
)

// StreamEvents answers GET of the feed as server-sent events. The first page is
// read before the answer begins: what is wrong with the cursor is told as a
// problem.
func (h *handler) StreamEvents(c *gin.Context, params api.StreamEventsParams) {
	after := params.After
	if params.LastEventID != nil {
		after = params.LastEventID
	}
	feed := h.Feed(route.Actor(c).OrganizationID)
	q, err := feedQuery(c, feed, after, params.Types, params.ResourceID)
	if err != nil {
		fail(c, err)
		return
	}
	page, err := feed.Page(c.Request.Context(), q, 0)
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // nginx would keep events back
	c.Status(http.StatusOK)
	if c.Request.Method != http.MethodHead {
		h.stream(c, feed, q, page)
	}
}

// stream sends pages until the client hangs up, the server stops or the time is
// over.
func (h *handler) stream(c *gin.Context, feed *webhooks.Feed, q webhooks.FeedQuery, page webhooks.FeedPage) {
	route.SetLong(c)
	ctx, cancel := h.untilStop(c)
	defer cancel()
	end := time.AfterFunc(longestStream, cancel)
	defer end.Stop()
	for {
		err := sendPage(c, page)
		if err == nil {
			q.After = page.Next
			page, err = feed.Page(ctx, q, heartbeat)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			fail(c, err)
			return
		}
	}
}

// sendPage writes events, then the cursor alone: with it, a client that selects
// few events resumes where it is and not at the last of them. The comment is
// the heartbeat.
func sendPage(c *gin.Context, page webhooks.FeedPage) error {
	extend(c, patience)
	for _, e := range page.Events {
		if _, err := fmt.Fprintf(c.Writer, "id: %s\nevent: %s\ndata: %s\n\n", webhooks.FormatCursor(e.Position), e.Type, e.Payload); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c.Writer, ": alive\nid: "+webhooks.FormatCursor(page.Next)+"\n\n"); err != nil {
		return err
	}
	return http.NewResponseController(c.Writer).Flush()
}
