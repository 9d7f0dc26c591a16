package scim

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/fault"
)

func TestParseQuery(t *testing.T) {
	tests := []struct {
		raw  string
		want query
	}{
		{"", nil},
		{"&&aadOptscim062020&", query{}},
		{"filter=&count=%20", query{}},
		{"filter=userName+eq+%22a%20b%22", query{"filter": {`userName eq "a b"`}}},
		{"FILTER=id+pr", query{"filter": {"id pr"}}},
		{"filter=title+eq+%22a;b%22", query{"filter": {`title eq "a;b"`}}},
		{"attributes=a,b&attributes=c", query{"attributes": {"a,b", "c"}}},
	}
	for _, tt := range tests {
		got, err := parseQuery(tt.raw)
		if err != nil {
			t.Errorf("%q: %v", tt.raw, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.raw, diff)
		}
	}
	for _, raw := range []string{"filter=%", "a=%zz", "%f=1"} {
		if _, err := parseQuery(raw); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("%q: got %v", raw, err)
		}
	}
}

func TestWindow(t *testing.T) {
	tests := []struct {
		raw  string
		want window
	}{
		{"", window{1, 100}},
		{"startIndex=&count=", window{1, 100}},
		{"startIndex=0", window{1, 100}},
		{"startIndex=-7&count=-1", window{1, 0}},
		{"startIndex=3&count=2", window{3, 2}},
		{"startindex=3&COUNT=2", window{3, 2}},
		{"count=0", window{1, 0}},
		{"count=1000", window{1, 1000}},
		{"count=1001", window{1, 1000}},
		{"count=+5", window{1, 5}},
		{"count=5&count=5", window{1, 5}},
		{"startIndex=99999999999999999999&count=99999999999999999999", window{math.MaxInt32, 1000}},
		{"startIndex=-99999999999999999999&count=-99999999999999999999", window{1, 0}},
	}
	for _, tt := range tests {
		q, err := parseQuery(tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := q.window(100, 1000); err != nil || got != tt.want {
			t.Errorf("%q: got %v, %v; want %v", tt.raw, got, err, tt.want)
		}
	}
	for _, raw := range []string{"count=abc", "startIndex=1.5", "count=1e3", "count=0x10", "startIndex=1,2", "count=1&count=2"} {
		q, err := parseQuery(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.window(100, 1000); !fault.Is(err, fault.InvalidValue) {
			t.Errorf("%q: got %v", raw, err)
		}
	}
}
