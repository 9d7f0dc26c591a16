package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scimhub/scimhub/scimresource/event"
)

// Message is what is posted to an endpoint.
type Message struct {
	ContentType string
	Body        []byte
}

// The content types of messages.
const (
	contentJSON = "application/json"
	contentSET  = "application/secevent+jwt" // RFC 8935 §2.1
)

// RendererConfig configures NewRenderer.
type RendererConfig struct {
	PublicURL string // of the hub: the issuer of tokens, the environment_id of format scalekit
	Keys      *Keys  // that tokens are signed with
}

// Renderer makes messages of events.
type Renderer struct {
	publicURL string
	keys      *Keys
}

// NewRenderer makes a renderer.
func NewRenderer(c RendererConfig) *Renderer { return &Renderer{publicURL: c.PublicURL, keys: c.Keys} }

// Render gives the message that tells a subscription of an event, in the format
// of the subscription. payload is the event as it is stored, in format scimhub.
// Every type of event has a form in every format, and the same event gives the
// same content each time.
func (r *Renderer) Render(ctx context.Context, s Subscription, eventID string, payload []byte) (Message, error) {
	m, err := r.render(ctx, s, payload)
	if err != nil {
		return Message{}, fmt.Errorf("render event %s as %s: %w", eventID, s.Format, err)
	}
	return m, nil
}

func (r *Renderer) render(ctx context.Context, s Subscription, payload []byte) (Message, error) {
	if s.Format == FormatScimhub {
		return Message{contentJSON, payload}, nil
	}
	var e stored
	if err := json.Unmarshal(payload, &e); err != nil {
		return Message{}, err
	}
	switch s.Format {
	case FormatFirstup:
		return jsonMessage(firstup(e))
	case FormatScalekit:
		return r.scalekit(e)
	case FormatSET:
		return r.securityEvent(ctx, s, e)
	default:
		return Message{}, fmt.Errorf("unknown format %q", s.Format)
	}
}

// stored is an event read back from its payload, with the data of all types.
type stored struct {
	ID             string     `json:"id"`
	Type           event.Type `json:"type"`
	Timestamp      time.Time  `json:"timestamp"`
	OrganizationID string     `json:"organization_id"`
	DirectoryID    string     `json:"directory_id"`
	Data           storedData `json:"data"`
}

// storedData has the fields of event.UserData, event.GroupData and
// event.SubscriptionData.
type storedData struct {
	UserID   string `json:"user_id"`
	UserName string `json:"user_name"`

	GroupID        string   `json:"group_id"`
	DisplayName    string   `json:"display_name"`
	AddedMembers   []string `json:"added_members"`
	RemovedMembers []string `json:"removed_members"`

	ExternalID      string          `json:"external_id"` // "": none
	ResourceVersion int64           `json:"resource_version"`
	ChangedFields   []string        `json:"changed_fields"`
	Resource        json.RawMessage `json:"resource"` // nil: the event was too large with it

	SubscriptionID string `json:"subscription_id"`
	Name           string `json:"name"`
	URL            string `json:"url"`
	Reason         string `json:"reason"`
}

func jsonMessage(v any) (Message, error) {
	body, err := encodeJSON(v)
	return Message{contentJSON, body}, err
}

// encodeJSON gives the JSON form of a value without the escapes that only
// matter inside HTML.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
