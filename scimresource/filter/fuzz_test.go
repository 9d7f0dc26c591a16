package filter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// fits reports whether what was printed may be as long and as deep as it is.
// It can exceed the limits where the source just kept them: bare words get
// quotes, and the term that a sub-attribute behind a value path becomes may
// need parentheses around the others.
func (p *printer) fits() bool { return p.Len() <= 8<<10 && p.deepest <= 32 }

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, `a`, `a pr`, `userName Eq "bjensen"`, `a pr and (b pr or not (c pr))`, `not(a eq null)`,
		`emails[type eq "work" and value co "@example.com"] or ims[not (type eq "xmpp")]`,
		`emails[type eq "work" or primary eq true].value sw "x\u00e9\ud83d\ude00\n"`,
		enterprise + `:manager.value eq 26118915`, `externalId eq jyoung`, `a gt -1.5e+30`,
		"a eq \"\xff\"", "a eq \"\x00\"", `a eq "\ud800"`, strings.Repeat("(", 40), strings.Repeat("a[", 3),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := filter.Parse(text)
		if err != nil {
			checkDetail(t, err, fault.InvalidFilter)
			return
		}
		p := newPrinter()
		if p.expr(want); !p.fits() {
			return
		}
		got, err := filter.Parse(p.String())
		if err != nil {
			t.Fatalf("Parse(%q), printed from %q: %v", p.String(), text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Parse(%q), printed from %q (-want +got):\n%s", p.String(), text, diff)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		``, `members`, `name.familyName`, `name:familyName`, `members[value eq "x"]`, `members[value eq x].display`,
		`emails[type eq "work" and not (primary eq true)].value`, `emails[`, `emails[]`, `emails[type eq`,
		enterprise, enterprise + `:manager.value`, `urn:example:hr:1.0`, `a.b.c`, `members[a[b pr]]`, "a\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := filter.ParsePath(text)
		if err != nil {
			kind := fault.InvalidPath
			if strings.Contains(text, "[") && fault.Is(err, fault.InvalidFilter) {
				kind = fault.InvalidFilter
			}
			checkDetail(t, err, kind)
			return
		}
		p := newPrinter()
		if p.path(want); !p.fits() {
			return
		}
		got, err := filter.ParsePath(p.String())
		if err != nil {
			t.Fatalf("ParsePath(%q), printed from %q: %v", p.String(), text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("ParsePath(%q), printed from %q (-want +got):\n%s", p.String(), text, diff)
		}
	})
}

// checkDetail wants a fault of the kind, and no more than an excerpt of the
// client's text in it.
func checkDetail(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("error %v is of kind %d, want %d", err, fault.KindOf(err), kind)
	}
	if n := len(err.Error()); n < 20 || n > 300 {
		t.Fatalf("error is %d bytes long: %v", n, err)
	}
}
