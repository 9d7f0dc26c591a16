package schema_test

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestFold(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ASCII", "BJensen@Example.COM", "bjensen@example.com"},
		{"empty", "", ""},
		{"blanks are kept", " A b ", " a b "},
		{"sharp s", "Straße", "strasse"},
		{"capital sharp s", "STRAẞE", "strasse"},
		{"final sigma", "ΟΔΥΣΣΕΥΣ", "οδυσσευσ"},
		{"final sigma, lower case", "Οδυσσεύς", "οδυσσεύσ"},
		{"dotted capital I", "İ", "i\u0307"},
		{"dotless i is no i", "ı", "ı"},
		{"combining ring", "A\u030Angstro\u0308m", "ångström"},
		{"composed ring", "ÅNGSTRÖM", "ångström"},
		{"Ångström sign", "\u212B", "å"},
		{"Kelvin sign", "\u212A", "k"},
		{"order of combining marks", "a\u0323\u0302", "ậ"},
		{"other order of combining marks", "A\u0302\u0323", "ậ"},
		{"full width", "Ｂｊｅｎｓｅｎ＠ｅｘａｍｐｌｅ", "bjensen@example"},
		{"half width", "ｶﾞ", "ガ"},
		{"ligature", "ﬁ", "fi"},
		{"Cherokee capital", "\u13A0", "\uAB70"},
		{"Cherokee small", "\uAB70", "\uAB70"},
		{"Hangul syllable", "한", "한"},
		{"Hangul jamo", "\u1112\u1161\u11AB", "한"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := schema.Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%+q) = %+q, want %+q", tt.in, got, tt.want)
			}
		})
	}
}

// TestFoldLetters checks every letter and mark there is: folding settles at
// once, and letters that differ only in case fold to the same.
func TestFoldLetters(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		other := unicode.SimpleFold(r)
		if other == r && !unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.M) {
			continue
		}
		folded := schema.Fold(string(r))
		if again := schema.Fold(folded); again != folded {
			t.Errorf("%U folds to %+q and then to %+q", r, folded, again)
		}
		if got := schema.Fold(string(other)); got != folded {
			t.Errorf("%U folds to %+q but %U to %+q", r, folded, other, got)
		}
	}
}

func TestFoldProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		folded := schema.Fold(s)
		if again := schema.Fold(folded); again != folded {
			t.Fatalf("folded again: %+q", again)
		}
		if nfd := schema.Fold(norm.NFD.String(s)); nfd != folded {
			t.Fatalf("decomposed it folds to %+q, else to %+q", nfd, folded)
		}
		if !norm.NFC.IsNormalString(folded) {
			t.Fatalf("%+q is not composed", folded)
		}
	})
}
