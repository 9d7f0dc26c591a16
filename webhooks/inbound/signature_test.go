package inbound_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
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

func TestStandardVerify(t *testing.T) { checkWebhookVerify(t, inbound.KindStandard) }

func TestFirstupVerify(t *testing.T) { checkAuthorizationVerify(t, inbound.KindFirstup) }

func TestOktaVerify(t *testing.T) { checkAuthorizationVerify(t, inbound.KindOkta) }

func TestWorkOSVerify(t *testing.T) {
	checkStampedVerify(t, inbound.KindWorkOS, "WorkOS-Signature", "v1", 180*time.Second)
}

func TestPolisVerify(t *testing.T) {
	checkStampedVerify(t, inbound.KindPolis, "BoxyHQ-Signature", "s", 5*time.Minute)
	checkStampedVerify(t, inbound.KindPolis, "Ory-Polis-Signature", "s", 5*time.Minute)
}

// checkWebhookVerify runsthe table of a kind that uses Standard Webhooks.
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

// checkAuthorizationVerify runs the table of a kind whose messages bear a fixed
// header. There is nothing of the body or the time in it.
func checkAuthorizationVerify(t *testing.T, kind inbound.Kind) {
	t.Helper()
	const secret, other, body = "Bearer 4f0e-old", "Bearer 9c1d-new", `{"event":"ping"}`
	header := func(values ...string) http.Header { return http.Header{"Authorization": values} }
	one := []string{secret}
	checkVerify(t, kind, []verification{
		{name: "right", header: header(secret), body: body, secrets: one},
		{name: "replayed later", header: header(secret), body: body, secrets: one, at: time.Hour},
		{name: "rotated, the old", header: header(secret), body: body, secrets: []string{other, secret}},
		{name: "rotated, the new", header: header(other), body: body, secrets: []string{other, secret}},
		{name: "an empty secret beside", header: header(secret), body: body, secrets: []string{"", secret}},
		{name: "wrong", header: header(other), body: body, secrets: one, want: "not the secret"},
		{name: "a part of it", header: header("Bearer 4f0e"), body: body, secrets: one, want: "not the secret"},
		{name: "more than it", header: header(secret + " "), body: body, secrets: one, want: "not the secret"},
		{name: "another case", header: header(strings.ToUpper(secret)), body: body, secrets: one, want: "not the secret"},
		{name: "missing", header: header(), body: body, secrets: one, want: "Authorization is missing"},
		{name: "empty", header: header(""), body: body, secrets: []string{"", secret}, want: "Authorization is missing"},
		{name: "two", header: header(other, secret), body: body, secrets: one, want: "there are several"},
		{name: "another vendor's header", header: webhookHeader(t, body, receivedAt(), oldSecret), body: body, secrets: []string{oldSecret}, want: "Authorization is missing"},
	})
	checkNoSecret(t, kind, header(secret), body)
	checkNoSecret(t, kind, header(""), body)
}

// checkStampedVerify runs the table of a kind whose messages bear a header with
// a time and signatures of a name.
func checkStampedVerify(t *testing.T, kind inbound.Kind, header, name string, tolerance time.Duration) {
	t.Helper()
	const secret, other, body = "wh_old", "wh_new", `{"event":"dsync.user.created"}`
	set := func(value string) http.Header {
		h := http.Header{}
		h.Set(header, value)
		return h
	}
	stamp := "t=" + strconv.FormatInt(receivedAt().UnixMilli(), 10)
	right := hexMAC(secret, receivedAt(), body)
	good := set(stamp + "," + name + "=" + right)
	one := []string{secret}
	checkVerify(t, kind, []verification{
		{name: "right", header: good, body: body, secrets: one},
		{name: "a space, as documents show it", header: set(stamp + ", " + name + "=" + right), body: body, secrets: one},
		{name: "spaces and upper case", header: set("  " + stamp + " ,   " + name + "=" + strings.ToUpper(right) + "  "), body: body, secrets: one},
		{name: "several signatures", header: set(stamp + "," + name + "=" + hexMAC(other, receivedAt(), body) + "," + name + "=" + right + ",v9=x"), body: body, secrets: one},
		{name: "at the end of the window", header: good, body: body, secrets: one, at: tolerance},
		{name: "rotated, signed with the old", header: good, body: body, secrets: []string{other, secret}},
		{name: "rotated, signed with the new", header: set(stamp + "," + name + "=" + hexMAC(other, receivedAt(), body)), body: body, secrets: []string{other, secret}},
		{name: "an empty secret beside", header: good, body: body, secrets: []string{"", secret}},
		{name: "signed with an empty secret", header: set(stamp + "," + name + "=" + hexMAC("", receivedAt(), body)), body: body, secrets: []string{"", secret}, want: "no signature in"},
		{name: "wrong secret", header: good, body: body, secrets: []string{other}, want: "no signature in"},
		{name: "tampered body", header: good, body: body + " ", secrets: one, want: "no signature in"},
		{name: "tampered time", header: set("t=" + strconv.FormatInt(receivedAt().UnixMilli()+1, 10) + "," + name + "=" + right), body: body, secrets: one, want: "no signature in"},
		{name: "no hexadecimal digits", header: set(stamp + "," + name + "=zz"), body: body, secrets: one, want: "no signature in"},
		{name: "stale, or replayed later", header: good, body: body, secrets: one, at: tolerance + time.Second, want: "stale"},
		{name: "future", header: good, body: body, secrets: one, at: -tolerance - time.Second, want: "stale"},
		{name: "a time beyond all", header: set("t=9223372036854775807," + name + "=" + right), body: body, secrets: one, want: "stale"},
		{name: "no time", header: set(name + "=" + right), body: body, secrets: one, want: "Unix milliseconds"},
		{name: "two times", header: set(stamp + "," + stamp + "," + name + "=" + right), body: body, secrets: one, want: "two times"},
		{name: "no signature", header: set(stamp), body: body, secrets: one, want: "no signature " + name},
		{name: "missing", header: http.Header{}, body: body, secrets: one, want: "is missing"},
		{name: "another vendor's header", header: webhookHeader(t, body, receivedAt(), oldSecret), body: body, secrets: one, want: "is missing"},
	})
	checkNoSecret(t, kind, set(stamp+","+name+"="+hexMAC("", receivedAt(), body)), body)
}

// hexMAC signs as WorkOS and Polis do.
func hexMAC(secret string, at time.Time, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strconv.FormatInt(at.UnixMilli(), 10) + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}
