package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// The headers of a delivery (Standard Webhooks 1.0.0, "Webhook headers").
const (
	HeaderID        = "webhook-id"        // of the event, the same on every retry
	HeaderTimestamp = "webhook-timestamp" // of the attempt, in Unix seconds
	HeaderSignature = "webhook-signature"
)

// maxSignatures is how many signatures of a header are looked at: senders send
// one for each key that is live, and each costs time to check.
const maxSignatures = 16

// Sign gives the value of HeaderSignature for a body that is sent at a time
// under an id: a signature by each of the secrets in their order, separated by
// spaces. The key's prefix decides its scheme.
func Sign(live []Secret, id string, at time.Time, body []byte) (string, error) {
	if len(live) == 0 {
		return "", errors.New("sign delivery: there is no live secret")
	}
	content := signedContent(id, strconv.FormatInt(at.Unix(), 10), body)
	signatures := make([]string, len(live))
	for i, secret := range live {
		key, err := parseKey(secret.Key)
		if err != nil {
			return "", err
		}
		if signatures[i], err = key.sign(content); err != nil {
			return "", err
		}
	}
	return strings.Join(signatures, " "), nil
}

// Verify checks that a message was signed with one of the keys ("whsec_…",
// "whpk_…" or "whsk_…"), and no longer before or after now than tolerance. A
// message that wasn't is a fault of kind InvalidValue, which says what is
// wrong; a key that can't be read is another error.
func Verify(keys []string, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	id, timestamp, signatures := header.Get(HeaderID), header.Get(HeaderTimestamp), header.Get(HeaderSignature)
	for _, h := range [][2]string{{HeaderID, id}, {HeaderTimestamp, timestamp}, {HeaderSignature, signatures}} {
		if h[1] == "" {
			return fault.New(fault.InvalidValue, "the header %s is missing", h[0])
		}
	}
	if err := checkTimestamp(timestamp, now, tolerance); err != nil {
		return err
	}
	return checkSignatures(keys, signatures, signedContent(id, timestamp, body))
}

func checkTimestamp(timestamp string, now time.Time, tolerance time.Duration) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fault.New(fault.InvalidValue, "%s is not a number of Unix seconds", HeaderTimestamp)
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return fault.New(fault.InvalidValue, "%s is more than %s away from the time here: the message is stale, or a clock is wrong",
			HeaderTimestamp, tolerance)
	}
	return nil
}

// checkSignatures looks for a signature of one of the keys. All keys are read
// first, so that a bad one is found though another fits.
func checkSignatures(texts []string, header string, content []byte) error {
	if len(texts) == 0 {
		return errors.New("verify message: there is no key")
	}
	keys := make([]signatureKey, len(texts))
	for i, text := range texts {
		var err error
		if keys[i], err = parseKey(text); err != nil {
			return fmt.Errorf("verify message: %w", err)
		}
	}
	signatures := strings.Fields(header)
	for _, s := range signatures[:min(len(signatures), maxSignatures)] {
		scheme, signature, _ := strings.Cut(s, ",")
		for _, key := range keys {
			if key.verifies(Signature(scheme), signature, content) {
				return nil
			}
		}
	}
	return fault.New(fault.InvalidValue, "no signature in %s fits: the key or the body is another", HeaderSignature)
}

// signedContent gives what is signed (Standard Webhooks 1.0.0, "Signature scheme").
func signedContent(id, timestamp string, body []byte) []byte {
	content := make([]byte, 0, len(id)+len(timestamp)+len(body)+2)
	content = append(content, id...)
	content = append(content, '.')
	content = append(content, timestamp...)
	content = append(content, '.')
	return append(content, body...)
}
