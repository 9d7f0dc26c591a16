package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Key gives the comparison key of a value of a simple attribute: a string such
// that two values are equal for SCIM exactly when their keys are, and ordered
// as their keys are by bytes. Every engine compares keys, so none needs to know
// about case, time zones or numbers:
//
//   - strings: folded (see Fold) unless the attribute is case-exact
//   - booleans: "false" and "true"
//   - dateTimes: UTC with nine fractional digits
//   - integers and decimals: sixteen hexadecimal digits that sort as the numbers
//   - binary: a digest, whose order means nothing
//
// ok is false where v is no value of the attribute's type.
func (a *Attr) Key(v any) (key string, ok bool) {
	switch v := v.(type) {
	case string:
		return a.stringKey(v)
	case bool:
		return strconv.FormatBool(v), a.Type == Boolean
	case json.Number:
		return a.numberKey(v)
	case time.Time:
		return timeKey(v), a.Type == DateTime
	default:
		return "", false
	}
}

func (a *Attr) stringKey(s string) (string, bool) {
	switch a.Type {
	case Binary:
		return binaryKey(s), true
	case String, Reference:
		if a.CaseExact {
			return s, true
		}
		return Fold(s), true
	case DateTime:
		t, err := ParseDateTime(s)
		return timeKey(t), err == nil
	case Boolean, Decimal, Integer, Complex:
		return "", false
	}
	return "", false
}

// binaryKey gives a digest: what is compared of a certificate or photo is
// whether it is the same, in whichever alphabet of base64 it was written.
func binaryKey(s string) string {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func (a *Attr) numberKey(n json.Number) (string, bool) {
	switch a.Type {
	case Integer:
		i, err := n.Int64()
		return fmt.Sprintf("%016x", uint64(i)^(1<<63)), err == nil //nolint:gosec // the bits are what is wanted
	case Decimal:
		f, err := n.Float64()
		return fmt.Sprintf("%016x", sortableBits(f)), err == nil && !math.IsInf(f, 0)
	case String, Boolean, DateTime, Reference, Binary, Complex:
		return "", false
	}
	return "", false
}

// sortableBits maps a float to an unsigned integer of the same order.
func sortableBits(f float64) uint64 {
	bits := math.Float64bits(f + 0) // +0 turns a negative zero into zero
	if bits>>63 == 1 {
		return ^bits
	}
	return bits | 1<<63
}

const keyLayout = "2006-01-02T15:04:05.000000000Z"

func timeKey(t time.Time) string { return t.UTC().Format(keyLayout) }

// ParseDateTime reads an xsd:dateTime (RFC 7643 §2.3.5). A value without a
// time zone is read as UTC.
func ParseDateTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05.999999999", s)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no dateTime: %w", s, err)
	}
	if y := t.UTC().Year(); y < 0 || y > 9999 { // keys have four digits for it
		return time.Time{}, fmt.Errorf("%q is no dateTime: the year in UTC must have four digits", s)
	}
	return t, nil
}

// Fold gives the form of a string in which SCIM compares attributes that are
// not case-exact: full-width and half-width variants made one, case folded,
// canonically composed (the preparation of RFC 8265 UsernameCaseMapped, with
// full case folding for mere lower-casing, and without its refusals: what a
// client may store it may also compare). Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	if lower, ok := foldASCII(s); ok {
		return lower
	}
	folder := cases.Fold()
	for range 3 { // composing may bring forth a letter that folds again; it settles at once
		next := norm.NFC.String(folder.String(strings.Map(cherokee, norm.NFD.String(width.Fold.String(s)))))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// cherokee gives the upper-case letter of a Cherokee lower-case one. The folder
// turns each case of that script into the other.
func cherokee(r rune) rune {
	switch {
	case 0xAB70 <= r && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case 0x13F8 <= r && r <= 0x13FD:
		return r - 0x13F8 + 0x13F0
	default:
		return r
	}
}

// foldASCII is the fast path of Fold.
func foldASCII(s string) (string, bool) {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
	}
	return strings.ToLower(s), true
}
