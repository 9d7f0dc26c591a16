package scim

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// query holds the parameters of a query string that have a value, by their
// lower-case names: a filter must not go unseen because a client wrote Filter.
type query map[string][]string

// parseQuery reads a query string. Unknown parameters are kept and ignored
// (RFC 7644 §3.4.2).
func parseQuery(raw string) (query, error) {
	if raw == "" {
		return nil, nil
	}
	// A semicolon separates nothing any more, and stands bare in filters.
	values, err := url.ParseQuery(strings.ReplaceAll(raw, ";", "%3B"))
	if err != nil {
		return nil, fault.New(fault.InvalidValue, "the query string is not percent-encoded properly (RFC 3986 §2.1)")
	}
	q := make(query, len(values))
	for name, list := range values {
		for _, v := range list {
			if strings.TrimSpace(v) != "" {
				q[strings.ToLower(name)] = append(q[strings.ToLower(name)], v)
			}
		}
	}
	return q, nil
}

// get gives the value of a parameter, "" if there is none. A parameter given
// twice with different values is ambiguous, and a fault.
func (q query) get(name string) (string, error) {
	values := q[strings.ToLower(name)]
	if len(values) == 0 {
		return "", nil
	}
	for _, v := range values[1:] {
		if v != values[0] {
			return "", fault.New(fault.InvalidValue, "the parameter %s is given twice with different values", name)
		}
	}
	return values[0], nil
}

// projects reports whether the client says which attributes it wants.
func (q query) projects() bool {
	return len(q["attributes"]) > 0 || len(q["excludedattributes"]) > 0
}

// number reads an integer parameter, and missing where there is none. An
// integer too large for the machine is as good as the largest.
func (q query) number(name string, missing int) (int, error) {
	s, err := q.get(name)
	if err != nil || s == "" {
		return missing, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if errors.Is(err, strconv.ErrRange) {
		return int(n), nil // the nearest that fits
	}
	if err != nil {
		return 0, fault.New(fault.InvalidValue, "%s must be an integer", name)
	}
	return int(n), nil
}

// window is the part of a list that a client wants (RFC 7644 §3.4.2.4).
type window struct {
	start int // the 1-based index of its first resource
	count int // how many resources at the most
}

func (q query) window(defaultCount, maxCount int) (window, error) {
	start, err := q.number("startIndex", 1)
	if err != nil {
		return window{}, err
	}
	count, err := q.number("count", defaultCount)
	if err != nil {
		return window{}, err
	}
	return window{
		start: min(max(start, 1), math.MaxInt32),
		count: min(max(count, 0), maxCount),
	}, nil
}
