package schema

import (
	"errors"
	"fmt"
	"strings"
)

// check reports what the hub can't offer in a custom schema.
func (s *Schema) check() error {
	var faults []error
	if !isURN(s.ID) {
		faults = append(faults, fmt.Errorf("schema %s: the id must be a URN", s.ID))
	}
	seen := map[string]bool{}
	for _, a := range s.Attrs {
		name := strings.ToLower(a.Name)
		if seen[name] {
			faults = append(faults, fmt.Errorf("schema %s: attribute %s is defined twice", s.ID, a.Name))
		}
		seen[name] = true
		if err := a.check(a.Name); err != nil {
			faults = append(faults, fmt.Errorf("schema %s: %w", s.ID, err))
		}
	}
	return errors.Join(faults...)
}

// check reports what the hub can't offer in an attribute, or in a sub-attribute
// of it, which RFC 7643 §2.3.8 does not allow to be complex.
func (a *Attr) check(path string) error {
	if a.Type == Complex && len(a.Subs) == 0 {
		return fmt.Errorf("complex attribute %s has no subAttributes", path)
	}
	if a.Uniqueness == "server" || a.Uniqueness == "global" {
		return fmt.Errorf("attribute %s: uniqueness %q is not enforced on extension attributes; use \"none\"", path, a.Uniqueness)
	}
	for _, sub := range a.Subs {
		if sub.Type == Complex {
			return fmt.Errorf("attribute %s.%s: a sub-attribute can't be complex", path, sub.Name)
		}
		if err := sub.check(path + "." + sub.Name); err != nil {
			return err
		}
	}
	return nil
}

// isURN reports whether s begins as a URN and has only characters that a URN
// may have (RFC 8141 §2): others would be taken for syntax in paths and filters.
func isURN(s string) bool {
	if len(s) <= len("urn:") || !strings.EqualFold(s[:len("urn:")], "urn:") {
		return false
	}
	return strings.IndexFunc(s, notInURN) < 0
}

func notInURN(r rune) bool {
	isAlphanumeric := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !isAlphanumeric && !strings.ContainsRune(":.-_~!$&'()*+,;=@/%", r)
}
