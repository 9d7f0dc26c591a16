package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/webhooks"
)

// deliverTo posts an event to a receiver, signed at a time, and gives the status
// of the answer.
func deliverTo(t *testing.T, r *demoReceiver, secret string, at time.Time, id string, sequence int) int {
	t.Helper()
	body := fmt.Appendf(nil, `{"id":%q,"type":"user.updated","sequence":%d,"data":{"user_id":"u1","user_name":"anna"}}`, id, sequence)
	signature, err := webhooks.Sign([]webhooks.Secret{{Key: secret}}, id, at, body)
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, bytes.NewReader(body))
	must(t, err)
	req.Header.Set(webhooks.HeaderID, id)
	req.Header.Set(webhooks.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(webhooks.HeaderSignature, signature)
	req.Header.Set("scimhub-attempt", "1")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode
}

// TestDemoReceiverSeesWhatIsWrong sends what the receiver must not take for good.
func TestDemoReceiverSeesWhatIsWrong(t *testing.T) {
	r, err := startReceiver(t.Context())
	must(t, err)
	defer r.Close()
	secret, now := webhooks.NewSecret(webhooks.SignatureHMAC), time.Now()
	r.expect(secret)
	r.fail(1)
	for _, step := range []struct {
		name, secret, id string
		at               time.Time
		sequence         int
		status           int
		want             string // in the error; "": none
	}{
		{"refused", secret, "evt_1", now, 1, http.StatusServiceUnavailable, ""},
		{"again", secret, "evt_1", now, 1, http.StatusNoContent, ""},
		{"another secret", webhooks.NewSecret(webhooks.SignatureHMAC), "evt_2", now, 2, http.StatusBadRequest, "no signature in webhook-signature fits"},
		{"stale", secret, "evt_2", now.Add(-time.Hour), 2, http.StatusBadRequest, "stale"},
		{"one is missing", secret, "evt_3", now, 3, http.StatusNoContent, "the sequence of anna is 3 after 1"},
	} {
		if got := deliverTo(t, r, step.secret, step.at, step.id, step.sequence); got != step.status {
			t.Errorf("%s: status %d, want %d", step.name, got, step.status)
		}
		d := <-r.arrived
		if (d.err == nil) != (step.want == "") || d.err != nil && !strings.Contains(d.err.Error(), step.want) {
			t.Errorf("%s: %v, want %q", step.name, d.err, step.want)
		}
	}
	if got := deliverTo(t, r, secret, now, "evt_3", 3); got != http.StatusNoContent || len(r.arrived) > 0 || r.received() != 2 {
		t.Errorf("a duplicate is answered %d and told: %d events", got, r.received())
	}
}

// TestDemoFindsWhatIsMissing has deliveries that no exchange made, and one that
// never comes.
func TestDemoFindsWhatIsMissing(t *testing.T) {
	r, err := startReceiver(t.Context())
	must(t, err)
	defer r.Close()
	r.patience = 10 * time.Millisecond
	secret := webhooks.NewSecret(webhooks.SignatureHMAC)
	r.expect(secret)
	var out bytes.Buffer
	p := &player{ctx: t.Context(), print: newPrinter(&out), receiver: r}
	deliverTo(t, r, secret, time.Now(), "evt_1", 1)
	p.showDeliveries(exchange{tells: []string{"user.created", "user.deactivated"}})
	for _, want := range []string{
		"delivered user.updated anna; signature verified",
		"✗ not what the application needs: the event is user.updated, not user.created",
		"✗ not what the application needs: no delivery of user.deactivated within 10ms",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, &out)
		}
	}
	if p.missed != 2 {
		t.Errorf("%d faults", p.missed)
	}
}
