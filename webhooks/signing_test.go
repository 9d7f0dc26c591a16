package webhooks_test

import (
	"encoding/base64"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/webhooks"
)

const (
	messageID = "evt_06h0qgyycnvsx5gan1dmzag304"
	tolerance = 5 * time.Minute
)

// body is of no special form: signatures are over bytes.
const body = `{"type":"user.created","data":{"name":"Zoë & <Co>"}}`

// TestSignSatisfiesReference verifies with the reference library of Standard
// Webhooks what Sign signs.
func TestSignSatisfiesReference(t *testing.T) {
	for range 20 {
		key := webhooks.NewSecret(webhooks.SignatureHMAC)
		header := signed(t, time.Now(), key)
		if err := reference(t, key).Verify([]byte(body), header); err != nil {
			t.Errorf("the reference refuses our signature: %v", err)
		}
		if err := reference(t, key).Verify([]byte(body+" "), header); err == nil {
			t.Error("the signature fits another body too")
		}
	}
}

// TestVerifyAcceptsReference verifies what the reference library signs.
func TestVerifyAcceptsReference(t *testing.T) {
	key, now := webhooks.NewSecret(webhooks.SignatureHMAC), time.Now()
	signature, err := reference(t, key).Sign(messageID, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	header := headers(messageID, strconv.FormatInt(now.Unix(), 10), signature)
	if err := webhooks.Verify([]string{key}, header, []byte(body), now, tolerance); err != nil {
		t.Errorf("we refuse the reference's signature: %v", err)
	}
}

// TestSignEd25519KnownAnswer signs the message that the reference library's own
// test signs: its released version has no v1a.
func TestSignEd25519KnownAnswer(t *testing.T) {
	seed := "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
	got, err := webhooks.Sign([]webhooks.Secret{{Key: "whsk_" + seed}},
		"msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	want := "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
	if err != nil || got != want {
		t.Errorf("signature %q, %v, want %q", got, err, want)
	}
}

func TestVerifyEd25519(t *testing.T) {
	private, now := webhooks.NewSecret(webhooks.SignatureEd25519), time.Now()
	public, err := webhooks.PublicKey(private)
	if err != nil {
		t.Fatal(err)
	}
	other := webhooks.NewSecret(webhooks.SignatureEd25519)
	header := signed(t, now, private)
	for key, fits := range map[string]bool{private: true, public: true, whole(t, private, public): true, other: false} {
		err := webhooks.Verify([]string{key}, header, []byte(body), now, tolerance)
		if (err == nil) != fits {
			t.Errorf("verified with %.5s…: %v, want it to fit: %t", key, err, fits)
		}
	}
	if _, err := webhooks.Sign([]webhooks.Secret{{Key: public}}, messageID, now, nil); err == nil {
		t.Error("a public key signed")
	}
}

// TestSignWithAllLiveSecrets proves that while a secret is replaced, a receiver
// may use either.
func TestSignWithAllLiveSecrets(t *testing.T) {
	now := time.Now()
	newer, older := webhooks.NewSecret(webhooks.SignatureEd25519), webhooks.NewSecret(webhooks.SignatureHMAC)
	header := signed(t, now, newer, older)
	schemes := strings.Fields(header.Get(webhooks.HeaderSignature))
	if len(schemes) != 2 || !strings.HasPrefix(schemes[0], "v1a,") || !strings.HasPrefix(schemes[1], "v1,") {
		t.Errorf("signatures %q, want the newest first", schemes)
	}
	if err := reference(t, older).Verify([]byte(body), header); err != nil {
		t.Errorf("the reference refuses the older secret: %v", err)
	}
	for _, key := range []string{newer, older} {
		if err := webhooks.Verify([]string{key}, header, []byte(body), now, tolerance); err != nil {
			t.Errorf("verified with %.6s…: %v", key, err)
		}
	}
}

func TestVerifySaysWhatIsWrong(t *testing.T) {
	key, now := webhooks.NewSecret(webhooks.SignatureHMAC), time.Unix(1_800_000_000, 0)
	tests := map[string]struct {
		change func(http.Header)
		at     time.Time
		want   string
	}{
		"no id":            {func(h http.Header) { h.Del("webhook-id") }, now, "webhook-id is missing"},
		"no timestamp":     {func(h http.Header) { h.Del("webhook-timestamp") }, now, "webhook-timestamp is missing"},
		"no signature":     {func(h http.Header) { h.Del("webhook-signature") }, now, "webhook-signature is missing"},
		"timestamp a date": {func(h http.Header) { h.Set("webhook-timestamp", "2027-01-15") }, now, "not a number"},
		"timestamp in ms":  {func(h http.Header) { h.Set("webhook-timestamp", "1800000000000") }, now, "5m0s away"},
		"timestamp huge":   {func(h http.Header) { h.Set("webhook-timestamp", "9223372036854775807") }, now, "5m0s away"},
		"timestamp lowest": {func(h http.Header) { h.Set("webhook-timestamp", "-9223372036854775808") }, now, "5m0s away"},
		"stale":            {nil, now.Add(tolerance + time.Second), "5m0s away"},
		"from the future":  {nil, now.Add(-tolerance - time.Second), "5m0s away"},
		"another id":       {func(h http.Header) { h.Set("webhook-id", "evt_other") }, now, "no signature"},
		"other timestamp":  {func(h http.Header) { h.Set("webhook-timestamp", "1800000001") }, now, "no signature"},
		"another scheme": {func(h http.Header) {
			h.Set("webhook-signature", "v2"+strings.TrimPrefix(h.Get("webhook-signature"), "v1"))
		}, now, "no signature"},
		"no scheme": {func(h http.Header) {
			h.Set("webhook-signature", strings.TrimPrefix(h.Get("webhook-signature"), "v1,"))
		}, now, "no signature"},
		"cut":              {func(h http.Header) { h.Set("webhook-signature", h.Get("webhook-signature")[:20]) }, now, "no signature"},
		"empty":            {func(h http.Header) { h.Set("webhook-signature", "v1,") }, now, "no signature"},
		"behind too many":  {func(h http.Header) { h.Set("webhook-signature", many(16)+h.Get("webhook-signature")) }, now, "no signature"},
		"all well":         {nil, now, ""},
		"well behind some": {func(h http.Header) { h.Set("webhook-signature", many(15)+h.Get("webhook-signature")) }, now, ""},
		"at the end":       {nil, now.Add(tolerance), ""},
		"at the beginning": {nil, now.Add(-tolerance), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			header := signed(t, now, key)
			if test.change != nil {
				test.change(header)
			}
			err := webhooks.Verify([]string{key}, header, []byte(body), test.at, tolerance)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (!fault.Is(err, fault.InvalidValue) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want an invalid value: …%s…", err, test.want)
			}
		})
	}
}

// TestKeysMustBeWhole proves that a key of another form signs and verifies
// nothing, and is not shown.
func TestKeysMustBeWhole(t *testing.T) {
	good := webhooks.NewSecret(webhooks.SignatureHMAC)
	header := signed(t, time.Now(), good)
	short := base64.StdEncoding.EncodeToString([]byte("31 bytes are too few for a key."))
	for _, key := range []string{
		"", "whsec_", "whsec", short, "whsec_not base64", "whsk_", "whsk_" + short, "whpk_" + short, "sk_" + short,
	} {
		if _, err := webhooks.Sign([]webhooks.Secret{{Key: key}}, messageID, time.Now(), nil); err == nil {
			t.Errorf("signed with %q", key)
		}
		err := webhooks.Verify([]string{good, key}, header, []byte(body), time.Now(), tolerance)
		if err == nil || fault.Is(err, fault.InvalidValue) {
			t.Errorf("verified with %q: %v, want an error that is not the sender's", key, err)
		}
		if key != "" && strings.Contains(err.Error(), short) {
			t.Errorf("error shows the key: %v", err)
		}
	}
	if _, err := webhooks.PublicKey(good); err == nil {
		t.Error("a shared secret has a public key")
	}
	if _, err := webhooks.Sign(nil, messageID, time.Now(), nil); err == nil {
		t.Error("signed with nothing")
	}
	if err := webhooks.Verify(nil, header, []byte(body), time.Now(), tolerance); err == nil || fault.Is(err, fault.InvalidValue) {
		t.Errorf("verified with nothing: %v, want an error that is not the sender's", err)
	}
}

func TestNewSecretIsNew(t *testing.T) {
	for _, s := range []webhooks.Signature{webhooks.SignatureHMAC, webhooks.SignatureEd25519} {
		if a, b := webhooks.NewSecret(s), webhooks.NewSecret(s); a == b {
			t.Errorf("two secrets of %s are both %s", s, a)
		}
	}
}

// FuzzVerify proves that no header makes Verify panic, and that what it accepts
// the reference library accepts too.
func FuzzVerify(f *testing.F) {
	key := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signature, err := webhooks.Sign([]webhooks.Secret{{Key: key}}, messageID, time.Unix(1_800_000_000, 0), []byte(body))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(messageID, "1800000000", signature, []byte(body))
	f.Add(messageID, "+1800000000", "v1 "+signature+" v1a,", []byte(body))
	f.Add("", "-1", ",,v1,\x00 =", []byte{})
	public, err := webhooks.PublicKey("whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, timestamp, signatures string, body []byte) {
		header := headers(id, timestamp, signatures)
		keys := []string{public, key}
		if webhooks.Verify(keys, header, body, time.Unix(1_800_000_000, 0), math.MaxInt64) != nil {
			return
		}
		if err := reference(t, key).VerifyIgnoringTimestamp(body, header); err != nil {
			t.Errorf("accepted what the reference refuses: %v", err)
		}
	})
}

// signed gives the headers of a message that was signed with some keys.
func signed(t *testing.T, at time.Time, keys ...string) http.Header {
	t.Helper()
	live := make([]webhooks.Secret, len(keys))
	for i, key := range keys {
		live[i].Key = key
	}
	signature, err := webhooks.Sign(live, messageID, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return headers(messageID, strconv.FormatInt(at.Unix(), 10), signature)
}

func headers(id, timestamp, signatures string) http.Header {
	h := http.Header{}
	h.Set(webhooks.HeaderID, id)
	h.Set(webhooks.HeaderTimestamp, timestamp)
	h.Set(webhooks.HeaderSignature, signatures)
	return h
}

// many gives n signatures that fit nothing, and a space.
func many(n int) string { return strings.Repeat("v1,bm8= ", n) }

// whole gives a private key with its public one behind it.
func whole(t *testing.T, private, public string) string {
	t.Helper()
	var raw []byte
	for _, key := range []string{private, public} {
		_, text, _ := strings.Cut(key, "_")
		part, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, part...)
	}
	return "whsk_" + base64.StdEncoding.EncodeToString(raw)
}

func reference(t *testing.T, key string) *standardwebhooks.Webhook {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	return wh
}
