package filter_test

import (
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// TestBudget states about how much matching one request may ask for.
func TestBudget(t *testing.T) {
	b := userBinder(t)
	short, long := "anna@example.com", strings.Repeat("a", 60_000)
	tests := []struct {
		name, where, value string
		enough, tooMany    int // elements
	}{
		{"short text", `emails[value co "z"]`, short, 1_000_000, 2_000_000},
		{"two comparisons", `emails[value co "z" or value co "y"]`, short, 500_000, 1_000_000},
		{"long text", `emails[value co "z"]`, long, 1_000, 2_000},
		{"text beyond ASCII", `emails[value co "z"]`, "änna@example.com", 40_000, 80_000},
		{"an attribute that is not compared", `emails[type eq "work"]`, long, 1_000_000, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			target, err := filter.ParseTarget(b.t, test.where)
			if err != nil {
				t.Fatal(err)
			}
			var budget filter.Budget
			element := document.Object{"value": test.value, "type": "home"}
			for n := 1; ; n++ {
				_, err := budget.MatchElement(target.Where, element)
				if err != nil && (n <= test.enough || !fault.Is(err, fault.TooLarge)) {
					t.Fatalf("element %d: %v", n, err)
				}
				if err != nil || n == max(test.enough, test.tooMany) {
					if (err != nil) != (test.tooMany > 0) {
						t.Errorf("error %v after %d elements", err, n)
					}
					return
				}
			}
		})
	}
}

func TestSpend(t *testing.T) {
	var budget filter.Budget
	values := []any{document.Object{"value": "x", "primary": true}, "y"}
	if err := budget.Spend(100_000, values); err != nil {
		t.Errorf("a part of the budget: %v", err)
	}
	for range 2 {
		if err := budget.Spend(1<<40, values); !fault.Is(err, fault.TooLarge) {
			t.Errorf("error %v, want a fault of kind TooLarge", err)
		}
	}
}
