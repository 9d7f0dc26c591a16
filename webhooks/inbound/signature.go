package inbound

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

// webhookTolerance is how old, or from how far in the future, a message signed
// by Standard Webhooks may be (Standard Webhooks 1.0.0, "Verifying webhook
// authenticity", leaves the number to the receiver; this is its libraries').
const webhookTolerance = 5 * time.Minute

// secrets gives the live secrets of a source. An empty one is none.
func secrets(s Source) ([]string, error) {
	live := slices.DeleteFunc(slices.Clone(s.Credentials.Secrets), func(secret string) bool { return secret == "" })
	if len(live) == 0 {
		return nil, errors.New("verify message: the source has no secret")
	}
	return live, nil
}

// verifyWebhook checks a signature of Standard Webhooks.
func verifyWebhook(s Source, r Request) error {
	live, err := secrets(s)
	if err != nil {
		return err
	}
	return webhooks.Verify(live, r.Header, r.Body, r.At, webhookTolerance)
}

// verifyAuthorization checks that the Authorization header is one of the live
// secrets. Digests are compared, so that the time tells nothing of the length.
func verifyAuthorization(s Source, r Request) error {
	live, err := secrets(s)
	if err != nil {
		return err
	}
	sent := r.Header.Values("Authorization")
	if len(sent) != 1 || sent[0] == "" {
		return fault.New(fault.InvalidValue, "the header Authorization is missing, or there are several")
	}
	digest := sha256.Sum256([]byte(sent[0]))
	equal := 0
	for _, secret := range live {
		want := sha256.Sum256([]byte(secret))
		equal |= subtle.ConstantTimeCompare(digest[:], want[:])
	}
	if equal == 0 {
		return fault.New(fault.InvalidValue, "the header Authorization is not the secret of the source")
	}
	return nil
}

// maxSignatures is how many signatures of one header are looked at.
const maxSignatures = 16

// stamped is a signature scheme of headers such as "t=1726772100000, v1=5f…":
// HMAC-SHA256, in hexadecimal digits, of the time in Unix milliseconds, a dot and
// the body.
type stamped struct {
	headers   []string // the first that was sent counts
	name      string   // of the signature
	tolerance time.Duration
}

// stamp is what such a header says.
type stamp struct {
	header     string
	time       string // as it was sent
	at         time.Time
	signatures []string
}

func (st stamped) verify(s Source, r Request) error {
	live, err := secrets(s)
	if err != nil {
		return err
	}
	got, err := st.read(r.Header)
	if err != nil {
		return err
	}
	if r.At.Sub(got.at).Abs() > st.tolerance {
		return fault.New(fault.InvalidValue, "the time in %s is more than %s away from the time here: the message is stale, or a clock is wrong",
			got.header, st.tolerance)
	}
	if !got.signedBy(live, r.Body) {
		return fault.New(fault.InvalidValue, "no signature in %s fits: the secret or the body is another", got.header)
	}
	return nil
}

// read reads the header.
func (st stamped) read(h http.Header) (stamp, error) {
	i := slices.IndexFunc(st.headers, func(name string) bool { return h.Get(name) != "" })
	if i < 0 {
		return stamp{}, fault.New(fault.InvalidValue, "the header %s is missing", strings.Join(st.headers, " or "))
	}
	got := stamp{header: st.headers[i]}
	for part := range strings.SplitSeq(h.Get(got.header), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); {
		case name == "t" && got.time == "":
			got.time = value
		case name == "t":
			return stamp{}, fault.New(fault.InvalidValue, "%s has two times", got.header)
		case name == st.name && len(got.signatures) < maxSignatures:
			got.signatures = append(got.signatures, value)
		}
	}
	if len(got.signatures) == 0 {
		return stamp{}, fault.New(fault.InvalidValue, "%s has no signature %s", got.header, st.name)
	}
	millis, err := strconv.ParseInt(got.time, 10, 64)
	if err != nil {
		return stamp{}, fault.New(fault.InvalidValue, "the time in %s is not a number of Unix milliseconds", got.header)
	}
	got.at = time.UnixMilli(millis)
	return got, nil
}

// signedBy looks for a signature by one of the secrets.
func (s stamp) signedBy(live []string, body []byte) bool {
	for _, secret := range live {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(s.time + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, signature := range s.signatures {
			if got, err := hex.DecodeString(signature); err == nil && hmac.Equal(got, want) {
				return true
			}
		}
	}
	return false
}
