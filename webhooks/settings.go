package webhooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/scimhub/scimhub/scimresource/event"
	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/spelling"
)

// Limits of what the owner of a subscription may choose.
const (
	maxName      = 200 // characters
	maxSelectors = 100
	maxHeader    = 4096 // bytes of an authorization header
	maxRate      = 10_000
)

// Masked stands for an authorization header that there is and that nobody is
// shown. In Settings for a subscription that exists it means: as it is.
const Masked = "********"

// Settings is what the owner of a subscription decides.
type Settings struct {
	Name                string
	URL                 string
	Active              bool
	Events              []Selector
	AuthorizationHeader string // "": none
	Format              Format
	Ordering            Ordering
	OnExhausted         OnExhausted
	Signature           Signature
	RateLimit           int // 0: no limit
}

// DefaultSettings gives the settings of which nothing was decided.
func DefaultSettings() Settings {
	return Settings{
		Active: true, Format: FormatScimhub, Ordering: OrderByResource,
		OnExhausted: ExhaustedSkip, Signature: SignatureHMAC,
	}
}

// Settings gives what the owner decided, an authorization header Masked.
func (s Subscription) Settings() Settings {
	header := ""
	if s.Credentials.AuthorizationHeader != "" {
		header = Masked
	}
	return Settings{
		Name: s.Name, URL: s.URL, Active: s.Active, Events: s.Events, AuthorizationHeader: header,
		Format: s.Format, Ordering: s.Ordering, OnExhausted: s.OnExhausted, Signature: s.Signature, RateLimit: s.RateLimit,
	}
}

// apply makes the settings those of the subscription. Taking it up again ends
// what the hub held against it, and another scheme needs another key.
func (s *Subscription) apply(set Settings, now time.Time) {
	if set.Active && !s.Active {
		s.DeactivatedAt, s.DeactivatedReason = time.Time{}, ""
	}
	if set.Signature != s.Signature {
		s.Credentials.rotate(set.Signature, now)
	}
	if set.AuthorizationHeader != Masked {
		s.Credentials.AuthorizationHeader = set.AuthorizationHeader
	}
	s.Name, s.URL, s.Active, s.Events = set.Name, set.URL, set.Active, set.Events
	s.Format, s.Ordering, s.OnExhausted = set.Format, set.Ordering, set.OnExhausted
	s.Signature, s.RateLimit = set.Signature, set.RateLimit
	s.UpdatedAt = now
}

// Draft is settings as somebody wrote them, and what was found wrong with them
// already when they were read.
type Draft struct {
	Settings
	Problems []Problem
}

// Problem is what is wrong with one of the settings.
type Problem struct {
	Field  string // as in the JSON form of a subscription
	Detail string // names the field
}

// check reports all that is wrong with a draft as one fault. Where reading a
// field failed, nothing more is said of its value.
func (d Draft) check(allowPrivate bool) error {
	problems := slices.Clone(d.Problems)
	for _, p := range d.problems(allowPrivate) {
		if !slices.ContainsFunc(d.Problems, func(known Problem) bool { return known.Field == p.Field }) {
			problems = append(problems, p)
		}
	}
	return Invalid(problems)
}

// Invalid gives the fault that tells of problems, or nil if there are none.
func Invalid(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	details := make([]string, len(problems))
	for i, p := range problems {
		details[i] = p.Detail
	}
	return fault.New(fault.InvalidValue, "%s", strings.Join(details, "; "))
}

// problems gives what is wrong with the settings, in the order of their fields.
func (s Settings) problems(allowPrivate bool) []Problem {
	var all []Problem
	report := func(field, detail string) {
		if detail != "" {
			all = append(all, Problem{field, detail})
		}
	}
	report("name", checkName(s.Name))
	report("url", checkURL(s.URL, allowPrivate))
	report("events", checkSelectors(s.Events))
	report("authorization_header", checkHeader(s.AuthorizationHeader))
	report("format", oneOf("format", s.Format, Formats()))
	report("ordering", oneOf("ordering", s.Ordering, Orderings()))
	report("on_exhausted", oneOf("on_exhausted", s.OnExhausted, []OnExhausted{ExhaustedSkip, ExhaustedBlock}))
	report("signature", oneOf("signature", s.Signature, []Signature{SignatureHMAC, SignatureEd25519}))
	if s.RateLimit < 0 || s.RateLimit > maxRate {
		report("rate_limit", fmt.Sprintf("rate_limit must be from 1 to %d a second, or null", maxRate))
	}
	return all
}

// The checks below give what is wrong with a field, or "".

func checkName(name string) string {
	switch {
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("name is longer than %d characters", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "name has a control character"
	}
	return ""
}

func checkURL(url string, allowPrivate bool) string {
	if url == "" {
		return "url is missing"
	}
	if f, bad := errors.AsType[*fault.Error](CheckURL(url, allowPrivate)); bad {
		return f.Detail
	}
	return ""
}

func checkHeader(header string) string {
	switch {
	case len(header) > maxHeader:
		return fmt.Sprintf("authorization_header is longer than %d bytes", maxHeader)
	case strings.ContainsFunc(header, unicode.IsControl), strings.TrimSpace(header) != header:
		return "authorization_header has a control character, or white space around it"
	}
	return ""
}

func oneOf[T ~string](field string, value T, allowed []T) string {
	if slices.Contains(allowed, value) {
		return ""
	}
	return fmt.Sprintf("%s is %q, but must be %s", field, value, list(allowed))
}

// list gives names as a sentence has them.
func list[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// checkSelectors tells of all selectors that are wrong, and once of what is
// right.
func checkSelectors(selectors []Selector) string {
	switch {
	case len(selectors) == 0:
		return `events is missing; name at least one, such as [{"name":"user.updated","version":"1"}]`
	case len(selectors) > maxSelectors:
		return fmt.Sprintf("events has more than %d elements", maxSelectors)
	}
	var details []string
	for _, s := range selectors {
		if !slices.Contains(SelectorNames(), s.Name) {
			details = append(details, unknownEvent(s.Name))
		} else if s.Version != event.Version {
			details = append(details, fmt.Sprintf("events has version %q of %s, but there is only %q", s.Version, s.Name, event.Version))
		}
	}
	return strings.Join(details, "; ")
}

// unknownEvent says that there is no such event, and which there are.
func unknownEvent(name string) string {
	return fmt.Sprintf("events has %q, which %s", name, UnknownEvent(name))
}

// UnknownEvent goes on about a name that no event has: what was probably meant,
// and what there is.
func UnknownEvent(name string) string {
	text := "is no event; "
	if meant := spelling.Nearest(name, SelectorNames()); meant != "" {
		text += fmt.Sprintf("did you mean %s? ", meant)
	}
	return text + "There are " + strings.Join(SelectorNames(), ", ")
}

// SelectorNames gives every name that a Selector may have: "*", the beginnings
// that several types share, and the types.
func SelectorNames() []string {
	names := []string{"*"}
	for _, t := range event.Types() {
		area, _, _ := strings.Cut(string(t), ".")
		if !slices.Contains(names, area+".*") {
			names = append(names, area+".*")
		}
	}
	for _, t := range event.Types() {
		names = append(names, string(t))
	}
	return names
}
