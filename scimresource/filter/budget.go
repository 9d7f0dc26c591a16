package filter

import (
	"strings"
	"unicode/utf8"

	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// Budget bounds what the comparisons that one request asks for may cost.
// Operations, comparisons in a filter and elements multiply: else a request of
// some kilobytes could keep a processor busy for minutes. The zero Budget is
// whole, a nil one is endless.
type Budget struct{ spent int }

// What a comparison costs, counted in bytes of ASCII that are folded. A second
// of a processor's time is more than the budget buys.
const (
	maxSpent    = 64 << 20
	perValue    = 32 // whatever the length
	beyondASCII = 64 // times as dear: it is folded by the tables of Unicode
)

// MatchElement reports whether an element of a multi-valued complex attribute
// satisfies the Where of an Any or of a Target. A budget that is used up is a
// fault of kind TooLarge.
func (b *Budget) MatchElement(e Expr, element any) (bool, error) {
	matches := b.match(e, element, nil)
	return matches, b.check()
}

// Spend takes what it costs to compare all values so many times, in another way
// than by a filter.
func (b *Budget) Spend(times int, values []any) error {
	for _, v := range values {
		b.take(v, times)
	}
	return b.check()
}

func (b *Budget) check() error {
	if b.exhausted() {
		return fault.New(fault.TooLarge, "the operations go through too many values: send them in parts")
	}
	return nil
}

func (b *Budget) exhausted() bool { return b != nil && b.spent > maxSpent }

// take takes the cost of comparing a value so many times, unless the budget is
// used up, so that the sum can't overflow.
func (b *Budget) take(v any, times int) {
	if b == nil || b.exhausted() {
		return
	}
	switch v := v.(type) {
	case string:
		b.spent += times * (perValue + foldingCost(v))
	case document.Object:
		for _, sub := range v {
			b.take(sub, times)
		}
	default:
		b.spent += times * perValue
	}
}

func foldingCost(s string) int {
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return len(s)
	}
	return beyondASCII * len(s)
}
