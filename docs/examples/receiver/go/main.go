// Command receiver takes the deliveries of a hub: it verifies each, leaves out
// those that it had before, and prints the rest.
package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance = 5 * time.Minute // between the clock of the hub and this one
	maxBody   = 1 << 20
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		log.Fatal(err)
	}
	r := &receiver{secrets: strings.Fields(os.Getenv("WEBHOOK_SECRET")), had: map[string]bool{}}
	fmt.Printf("listening on http://%s\n", ln.Addr())
	srv := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(srv.Serve(ln))
}

type receiver struct {
	secrets []string // whsec_…; two while one takes the place of the other

	mu  sync.Mutex
	had map[string]bool // ids of events; keep them in your database
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody)) // the raw bytes are what was signed
	if err != nil {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err := r.verify(req.Header, body, time.Now()); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var event struct {
		Type     string          `json:"type"`
		Sequence int64           `json:"sequence"`
		Data     json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "the body is not JSON", http.StatusBadRequest)
		return
	}
	if r.isNew(req.Header.Get("webhook-id")) {
		fmt.Printf("%s %d %s\n", event.Type, event.Sequence, event.Data)
	}
	w.WriteHeader(http.StatusNoContent)
}

// verify reports why a message can't be believed.
func (r *receiver) verify(h http.Header, body []byte, now time.Time) error {
	id, timestamp := h.Get("webhook-id"), h.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return errors.New("the headers are missing or stale")
	}
	for _, secret := range r.secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return errors.New("WEBHOOK_SECRET is not a secret")
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, got := range strings.Fields(h.Get("webhook-signature")) {
			if hmac.Equal([]byte(got), []byte(want)) { // takes as long for any text
				return nil
			}
		}
	}
	return errors.New("no signature fits")
}

func (r *receiver) isNew(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	had := r.had[id]
	r.had[id] = true
	return !had
}
