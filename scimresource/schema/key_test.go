package schema_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scimhub/scimhub/scimresource/schema"
)

func TestKey(t *testing.T) {
	tests := []struct {
		attr schema.Attr
		in   any
		want string
	}{
		{schema.Attr{Type: schema.String}, "ABC", "abc"},
		{schema.Attr{Type: schema.String, CaseExact: true}, "ABC", "ABC"},
		{schema.Attr{Type: schema.Reference, CaseExact: true}, "HTTP://A", "HTTP://A"},
		{schema.Attr{Type: schema.Binary, CaseExact: true}, "-_8=", "5758531fcb1251d8dd8f6bbe66a1fb992b19649cb0ad668079615d8fda4d3074"},
		{schema.Attr{Type: schema.Binary, CaseExact: true}, "+/8", "5758531fcb1251d8dd8f6bbe66a1fb992b19649cb0ad668079615d8fda4d3074"},
		{schema.Attr{Type: schema.Boolean}, true, "true"},
		{schema.Attr{Type: schema.Boolean}, false, "false"},
		{schema.Attr{Type: schema.Integer}, json.Number("0"), "8000000000000000"},
		{schema.Attr{Type: schema.Integer}, json.Number("-1"), "7fffffffffffffff"},
		{schema.Attr{Type: schema.Integer}, json.Number("9223372036854775807"), "ffffffffffffffff"},
		{schema.Attr{Type: schema.Decimal}, json.Number("-0.0"), "8000000000000000"},
		{schema.Attr{Type: schema.Decimal}, json.Number("1.50"), "bff8000000000000"},
		{schema.Attr{Type: schema.Decimal}, json.Number("15e-1"), "bff8000000000000"},
		{schema.Attr{Type: schema.DateTime}, "2024-02-29T10:00:00Z", "2024-02-29T10:00:00.000000000Z"},
		{schema.Attr{Type: schema.DateTime}, "2024-02-29T10:00:00", "2024-02-29T10:00:00.000000000Z"},
		{schema.Attr{Type: schema.DateTime}, "2024-03-01T00:30:00.5+14:30", "2024-02-29T10:00:00.500000000Z"},
		{schema.Attr{Type: schema.DateTime}, time.Date(2024, 2, 29, 11, 0, 0, 1, time.FixedZone("", 3600)), "2024-02-29T10:00:00.000000001Z"},
	}
	for _, tt := range tests {
		if got, ok := tt.attr.Key(tt.in); got != tt.want || !ok {
			t.Errorf("%s %v: got %q, %v, want %q", tt.attr.Type, tt.in, got, ok, tt.want)
		}
	}
}

func TestKeyRefuses(t *testing.T) {
	values := map[schema.Type][]any{
		schema.String:    {true, json.Number("1"), nil, []any{"a"}, time.Time{}},
		schema.Boolean:   {"true", json.Number("1")},
		schema.Integer:   {"1", true, json.Number("1.0"), json.Number("1e3"), json.Number("9223372036854775808")},
		schema.Decimal:   {"1", true, json.Number("1e999"), json.Number("-1e999")},
		schema.DateTime:  {"2024-02-29", "10:00:00", "2023-02-29T10:00:00Z", "9999-12-31T23:00:00-02:00", "0000-01-01T00:00:00+02:00", json.Number("1"), true},
		schema.Reference: {json.Number("1"), true},
		schema.Binary:    {json.Number("1"), true},
		schema.Complex:   {"a", json.Number("1"), true},
	}
	for typ, list := range values {
		for _, v := range list {
			a := schema.Attr{Type: typ}
			if key, ok := a.Key(v); ok {
				t.Errorf("%s %v has the key %q", typ, v, key)
			}
		}
	}
}

// TestKeyOrder checks that keys sort as the values they stand for.
func TestKeyOrder(t *testing.T) {
	integer, decimal, dateTime := schema.Attr{Type: schema.Integer}, schema.Attr{Type: schema.Decimal}, schema.Attr{Type: schema.DateTime}
	rapid.Check(t, func(t *rapid.T) {
		i, j := rapid.Int64().Draw(t, "i"), rapid.Int64().Draw(t, "j")
		checkOrder(t, i < j, i == j, key(t, integer, number(i)), key(t, integer, number(j)))

		f, g := rapid.Float64().Draw(t, "f"), rapid.Float64().Draw(t, "g")
		if !math.IsInf(f, 0) && !math.IsInf(g, 0) {
			checkOrder(t, f < g, f == g, key(t, decimal, decimalNumber(f)), key(t, decimal, decimalNumber(g)))
		}

		a, b := moment().Draw(t, "a"), moment().Draw(t, "b")
		checkOrder(t, a.Before(b), a.Equal(b), key(t, dateTime, a.Format(time.RFC3339Nano)), key(t, dateTime, b.Format(time.RFC3339Nano)))
	})
}

func checkOrder(t *rapid.T, less, equal bool, a, b string) {
	t.Helper()
	if (a < b) != less || (a == b) != equal {
		t.Fatalf("keys %q and %q; less %v, equal %v", a, b, less, equal)
	}
}

func key(t *rapid.T, a schema.Attr, v any) string {
	t.Helper()
	k, ok := a.Key(v)
	if !ok {
		t.Fatalf("%v has no key", v)
	}
	return k
}

func number(i int64) json.Number { return json.Number(strconv.FormatInt(i, 10)) }

func decimalNumber(f float64) json.Number {
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

// moment draws a time in one of several zones.
func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("", 900*rapid.IntRange(-56, 56).Draw(t, "quarters of an hour"))
		return time.Unix(rapid.Int64Range(-60e9, 250e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}
