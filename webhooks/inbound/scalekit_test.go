package inbound_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/scimhub/scimhub/webhooks"
	"github.com/scimhub/scimhub/webhooks/inbound"
)

// The secrets that messages are signed with.
const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// webhookHeader gives the headers of a message signed by Standard Webhooks.
func webhookHeader(t testing.TB, body string, at time.Time, keys ...string) http.Header {
	t.Helper()
	live := make([]webhooks.Secret, len(keys))
	for i, key := range keys {
		live[i].Key = key
	}
	signature, err := webhooks.Sign(live, "msg_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set(webhooks.HeaderID, "msg_1")
	h.Set(webhooks.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(webhooks.HeaderSignature, signature)
	return h
}

func TestScalekitVerify(t *testing.T) { checkWebhookVerify(t, inbound.KindScalekit) }

// checkWebhookVerify runs the table of a kind that uses Standard Webhooks.
func checkWebhookVerify(t *testing.T, kind inbound.Kind) {
	t.Helper()
	const body = `{"id":"evt_1","type":"ping"}`
	right := webhookHeader(t, body, receivedAt(), oldSecret)
	without := func(name string) http.Header {
		h := right.Clone()
		h.Del(name)
		return h
	}
	spaced := right.Clone()
	spaced.Set(webhooks.HeaderSignature, "  v1,AAAA   "+right.Get(webhooks.HeaderSignature)+" v9,x ")
	one := []string{oldSecret}
	checkVerify(t, kind, []verification{
		{name: "right", header: right, body: body, secrets: one},
		{name: "at the end of the window", header: right, body: body, secrets: one, at: 5 * time.Minute},
		{name: "several signatures and spaces", header: spaced, body: body, secrets: one},
		{name: "rotated, signed with the old", header: right, body: body, secrets: []string{newSecret, oldSecret}},
		{name: "rotated, signed with both", header: webhookHeader(t, body, receivedAt(), oldSecret, newSecret), body: body, secrets: []string{newSecret}},
		{name: "an empty secret beside", header: right, body: body, secrets: []string{"", oldSecret}},
		{name: "wrong secret", header: right, body: body, secrets: []string{newSecret}, want: "no signature"},
		{name: "tampered body", header: right, body: body + " ", secrets: one, want: "no signature"},
		{name: "stale, or replayed later", header: right, body: body, secrets: one, at: 5*time.Minute + time.Second, want: "stale"},
		{name: "future", header: right, body: body, secrets: one, at: -6 * time.Minute, want: "stale"},
		{name: "no id", header: without(webhooks.HeaderID), body: body, secrets: one, want: "webhook-id is missing"},
		{name: "no timestamp", header: without(webhooks.HeaderTimestamp), body: body, secrets: one, want: "webhook-timestamp is missing"},
		{name: "no signature", header: without(webhooks.HeaderSignature), body: body, secrets: one, want: "webhook-signature is missing"},
		{name: "another vendor's header", header: http.Header{"Authorization": {oldSecret}}, body: body, secrets: one, want: "is missing"},
	})
	checkNoSecret(t, kind, right, body)
}
