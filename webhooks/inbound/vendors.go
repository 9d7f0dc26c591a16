package inbound

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// VendorConfig configures NewVendors.
type VendorConfig struct {
	Client *http.Client // that keys and upstreams are read with; see webhooks.NewClient
	Now    func() time.Time
}

// NewVendors gives the vendor of each kind of source.
func NewVendors(_ VendorConfig) map[Kind]Vendor {
	return map[Kind]Vendor{
		KindScalekit: scalekit{},
	}
}

// aheadTolerance is how far in the future a vendor's clock may be.
const aheadTolerance = 5 * time.Minute

// occurred reads the time of an event. One that is missing, unreadable or in the
// future, where it would make all that comes seem old, is the time of receipt.
func occurred(text string, received time.Time) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Sub(received) > aheadTolerance {
		return received
	}
	return t
}

// maxName is how many bytes an id or a type may have: databases index them.
const maxName = 512

// cut gives the messages that a body was cut into, unless a field of it was of a
// wrong type, or one of them has a name that can't be kept.
func cut(f fields, messages ...Message) ([]Message, error) {
	if err := f.fault(); err != nil {
		return nil, fault.New(fault.InvalidSyntax, "the body can't be read: %s", err)
	}
	for _, m := range messages {
		for _, name := range []string{m.UpstreamID, m.Type, m.Organization, m.Directory, m.Object.ID} {
			if len(name) > maxName {
				return nil, fault.New(fault.InvalidSyntax, "the body has an id or a type of more than %d bytes", maxName)
			}
		}
	}
	return messages, nil
}

// digest gives an id for a body that has none: the same for the same body.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ignore gives the change of a message that changes nothing.
func ignore(note string) Change { return Change{Action: Ignore, Note: note} }

// unknown gives the change of a message of a type that isn't understood.
func unknown(m Message) Change {
	return ignore("messages of type " + m.Type + " say nothing that is understood here")
}
