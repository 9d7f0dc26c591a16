package filter

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// comparison binds a comparison of one simple value.
func comparison(path Path, a *schema.Attr, op Op, v any) (Expr, error) {
	if err := checkOperator(a, op); err != nil {
		return nil, err
	}
	value, err := convert(a, v)
	if err != nil {
		return nil, err
	}
	if value.Key == "" && (op == CO || op == SW || op == EW) {
		return Present{Path: path}, nil // every value holds the empty string
	}
	if a.Type == schema.Boolean && a.Name == "primary" && value.Raw == false {
		return notPrimary(path, a, op)
	}
	return Compare{Path: path, Op: op, Value: value}, nil
}

// notPrimary binds a comparison of primary with false, which an element without
// primary is (RFC 7643 §2.4).
func notPrimary(path Path, a *schema.Attr, op Op) (Expr, error) {
	yes, err := convert(a, true)
	is := Compare{Path: path, Op: EQ, Value: yes}
	if op == NE {
		return is, err
	}
	return Not{Term: is}, err
}

// checkOperator refuses operators that a type has no meaning for (RFC 7644
// §3.4.2.2, Table 3).
func checkOperator(a *schema.Attr, op Op) error {
	var ok bool
	switch op {
	case EQ, NE:
		ok = true
	case CO, SW, EW:
		ok = a.Type == schema.String || a.Type == schema.Reference
	case GT, GE, LT, LE:
		ok = a.Type != schema.Boolean && a.Type != schema.Binary
	}
	if !ok {
		return fault.New(fault.InvalidFilter, "%s is of type %s, which the operator %q is not for", a.Path, a.Type, op)
	}
	return nil
}

// convert gives a literal as a value of the attribute's type. Clients write
// booleans and numbers as strings and the reverse.
func convert(a *schema.Attr, v any) (Value, error) {
	raw := v
	switch a.Type {
	case schema.String, schema.Reference, schema.Binary:
		raw = text(v)
	case schema.Boolean:
		if s, ok := v.(string); ok {
			raw = parseBool(s)
		}
	case schema.Integer, schema.Decimal:
		if s, ok := v.(string); ok && isNumber(s) {
			raw = json.Number(s)
		}
	case schema.DateTime:
		if s, ok := v.(string); ok {
			raw = parseTime(s)
		}
	case schema.Complex:
	}
	key, ok := a.Key(raw)
	if !ok {
		return Value{}, fault.New(fault.InvalidFilter, "%s is of type %s, and the value it is compared with is not", a.Path, a.Type)
	}
	return Value{Key: key, Raw: raw}, nil
}

// text gives a literal as it was written.
func text(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return v
	}
}

// parseBool reads "true" and "false" in any case; anything else stays a string,
// which no boolean attribute takes.
func parseBool(s string) any {
	switch {
	case strings.EqualFold(s, "true"):
		return true
	case strings.EqualFold(s, "false"):
		return false
	default:
		return s
	}
}

func parseTime(s string) any {
	t, err := schema.ParseDateTime(s)
	if err != nil {
		return s
	}
	return t
}

// brief cuts the path that a client sent to what an error may repeat: as much as
// names an attribute behind a URN.
func brief(s string) string {
	const most = 128
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
