package spelling_test

import (
	"testing"

	"github.com/scimhub/scimhub/scimresource/spelling"
)

func TestNearest(t *testing.T) {
	names := []string{"url", "events", "user.updated", "user.created"}
	for word, want := range map[string]string{
		"evnts": "events", "user.update": "user.updated", "user_created": "user.created", "ulr": "url",
		"events": "events", "shade": "", "": "",
	} {
		if got := spelling.Nearest(word, names); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
