package filter_test

import (
	"testing"

	filterparser "github.com/scim2/filter-parser/v2"

	"github.com/scimhub/scimhub/scimresource/filter"
)

// BenchmarkParse times what identity providers send most, here and by the
// parser of the library whose syntax tree is used.
func BenchmarkParse(b *testing.B) {
	const text = `userName eq "bjensen"`
	b.Run("scimhub", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := filter.Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("filter-parser", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := filterparser.ParseFilter([]byte(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
