package document

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// maxString is how many bytes one string may have.
const maxString = 64 << 10

// coerce converts a simple value to the type of its attribute.
func coerce(a *schema.Attr, v any) (any, error) {
	out, ok := convert(a, v)
	if !ok {
		return nil, mustBe(a)
	}
	if s, ok := text(out); ok && len(s) > maxString {
		return nil, fault.New(fault.InvalidValue, "%s is longer than %d bytes", a.Path, maxString)
	}
	return out, nil
}

func convert(a *schema.Attr, v any) (any, bool) {
	switch a.Type {
	case schema.String:
		return text(v)
	case schema.Boolean:
		return boolean(v)
	case schema.Integer, schema.Decimal:
		return number(a, v)
	case schema.DateTime:
		s, ok := v.(string)
		_, err := schema.ParseDateTime(s)
		return s, ok && err == nil
	case schema.Reference:
		s, ok := v.(string)
		return s, ok
	case schema.Binary:
		s, ok := v.(string)
		return s, ok && isBase64(s)
	case schema.Complex:
		return nil, false
	}
	return nil, false
}

// text gives a string, and numbers and booleans as they were sent.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

func boolean(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		return strings.EqualFold(v, "true"), strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	default:
		return nil, false
	}
}

// number gives a number that the attribute can compare, thus a whole one of 64
// bits for an integer.
func number(a *schema.Attr, v any) (any, bool) {
	n, ok := v.(json.Number)
	if s, isString := v.(string); isString {
		n, ok = json.Number(s), isNumber(s)
	}
	if !ok {
		return nil, false
	}
	_, ok = a.Key(n)
	return n, ok
}

// isNumber reports whether s is a JSON number and nothing else.
func isNumber(s string) bool {
	v := jsontext.Value(s)
	return v.Kind() == '0' && v.IsValid() && strings.TrimSpace(s) == s
}

// isBase64 accepts both alphabets of RFC 4648, with padding or without.
func isBase64(s string) bool {
	s = strings.TrimRight(s, "=")
	if _, err := base64.RawStdEncoding.DecodeString(s); err == nil {
		return s != ""
	}
	_, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil
}

// mustBe is the fault of a value of the wrong type.
func mustBe(a *schema.Attr) error {
	if a.Multi {
		return fault.New(fault.InvalidValue, "each element of %s must be %s", a.Path, expected(a.Type))
	}
	return fault.New(fault.InvalidValue, "%s must be %s", a.Path, expected(a.Type))
}

func expected(t schema.Type) string {
	switch t {
	case schema.String:
		return "a string"
	case schema.Boolean:
		return "a boolean, true or false"
	case schema.Integer:
		return "an integer of at most 64 bits"
	case schema.Decimal:
		return "a number"
	case schema.DateTime:
		return "a dateTime such as 2011-08-01T18:29:49Z"
	case schema.Reference:
		return "a string that holds a URI"
	case schema.Binary:
		return "a string of base64"
	case schema.Complex:
		return "a JSON object"
	}
	return "of type " + string(t)
}
