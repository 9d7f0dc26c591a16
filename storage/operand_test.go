package storage

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSuccessor(t *testing.T) {
	tests := []struct {
		prefix, want string
		ok           bool
	}{
		{"", "", false},
		{"a", "b", true},
		{"az", "a{", true},
		{"\ud7ff", "\ue000", true},
		{"a\U0010ffff", "b", true},
		{"\U0010ffff\U0010ffff", "", false},
		{"\x7f", "\u0080", true},
		{"\uffff", "\U00010000", true},
	}
	for _, tt := range tests {
		if got, ok := successor(tt.prefix); got != tt.want || ok != tt.ok {
			t.Errorf("successor(%q) = %q, %v, want %q, %v", tt.prefix, got, ok, tt.want, tt.ok)
		}
	}
}

// TestSuccessorProperties states what makes a range of a prefix.
func TestSuccessorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix, other := rapid.String().Draw(t, "prefix"), rapid.String().Draw(t, "other")
		if rapid.Bool().Draw(t, "begins with it") {
			other = prefix + other
		}
		end, ok := successor(prefix)
		inRange := other >= prefix && (!ok || other < end)
		if inRange != strings.HasPrefix(other, prefix) {
			t.Fatalf("successor(%q) = %q, %v does not fit %q", prefix, end, ok, other)
		}
	})
}

func TestNumbered(t *testing.T) {
	if got, want := numbered("a = ? AND b IN (?, ?)"), "a = $1 AND b IN ($2, $3)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
