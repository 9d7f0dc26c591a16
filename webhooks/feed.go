package webhooks

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// FeedQuery selects events of an organization's feed.
type FeedQuery struct {
	After      int64        // position; only events behind it
	Types      []event.Type // none: all
	ResourceID string       // "": all
	Limit      int
}

// FeedEvent is an event in the feed.
type FeedEvent struct {
	Position int64
	ID       string
	Type     event.Type
	Payload  []byte // as it is delivered in format scimhub
}

// FeedPage is a part of the feed.
type FeedPage struct {
	Events []FeedEvent
	// Next is the position behind which the rest of the feed is. It is never
	// less than that asked for.
	Next int64
}

// Feed reads the events of an organization in the order in which they became
// visible: whoever follows its cursor misses none and sees none twice.
type Feed struct {
	store  Store
	signal *Signal
}

// NewFeed makes the feed of an organization. The signal says when to look again.
func NewFeed(store Store, signal *Signal) *Feed { return &Feed{store, signal} }

// Page reads events. Where there are none behind q.After, it waits for some, no
// longer than wait. A position from which events were removed since is a fault
// of kind Gone.
func (f *Feed) Page(ctx context.Context, q FeedQuery, wait time.Duration) (FeedPage, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		changed := f.signal.Changed() // before the read, so that no event falls between
		page, err := f.store.Events(ctx, q)
		if err != nil || len(page.Events) > 0 || wait <= 0 {
			return page, err
		}
		q.After = page.Next
		select {
		case <-changed:
		case <-deadline.C:
			return page, nil
		case <-ctx.Done():
			return page, ctx.Err()
		}
	}
}

// Head gives the position of the latest event.
func (f *Feed) Head(ctx context.Context) (int64, error) { return f.store.Head(ctx) }

// cursorPrefix begins the text of a cursor.
const cursorPrefix = "cur"

// FormatCursor gives a position of the feed as clients see it.
func FormatCursor(position int64) string {
	return access.EncodeID(cursorPrefix, binary.BigEndian.AppendUint64(nil, uint64(position))) //nolint:gosec // positions are never negative
}

// ParseCursor reads a cursor. "" is the beginning of the feed.
func ParseCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	raw, ok := access.DecodeID(cursorPrefix, text)
	if !ok || len(raw) != 8 || raw[0]&0x80 != 0 {
		return 0, fault.New(fault.InvalidValue, "after is no cursor; send next_cursor of an earlier answer, or leave it out")
	}
	return int64(binary.BigEndian.Uint64(raw)), nil //nolint:gosec // checked to have no sign
}
