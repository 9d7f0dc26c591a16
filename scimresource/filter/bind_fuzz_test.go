package filter_test

import (
	"slices"
	"testing"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/scimresource/filter"
	"github.com/scimhub/scimhub/scimresource/schema"
)

// FuzzResolve binds a text as a filter, as a PATCH path and as an attribute to
// sort by. What comes of it is either a fault of the right kind or keeps the
// promises of Expr, Target and Sort, and can be evaluated.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{
		`userName Eq "bjensen"`, `not (title pr) or name.familyName sw "J" and active eq "True"`,
		`emails[type eq "work" and not (value co "@x")]`, `emails ne "x"`, `emails[primary eq false].value eq null`,
		`schemas eq "urn:x"`, `manager eq 26118915`, `meta.created ge "2011-05-13T04:42:34Z"`, `password pr`, `name eq "x"`,
		`name[givenName eq "x" or familyName ne null]`, enterprise + `:manager.value eq "x"`, enterprise + `.department pr`,
		gear + `:count gt 1e2`, gear + `:doors[value le 3 and name pr]`, gear + `:doors.labels eq "x"`, gear + `:tags ne ""`,
		gear + `:key eq "x"`, gear + `[codes eq "x"]`, `emails[type eq "work"].value`, `name:familyName`, `emails.value`, enterprise, dotted,
		`groups.display co "x"`, `meta.lastModified`, `x509Certificates eq "aGVsbG8="`, `id ne "a" and externalId sw ""`,
	} {
		f.Add(seed)
	}
	b := userBinder(f)
	user := decode(f, barbara)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := filter.ParseExpr(b.t, text)
		if err != nil {
			checkDetail(t, err, fault.InvalidFilter)
		} else {
			checkExpr(t, e, false)
			if filter.Match(e, user) == filter.Match(filter.Not{Term: e}, user) {
				t.Errorf("%q and its negation are the same", text)
			}
		}
		checkTarget(t, b, text)
		if s, err := filter.ParseSort(b.t, text, ""); err != nil {
			checkDetail(t, err, fault.InvalidValue)
		} else {
			s.Key(user)
		}
	})
}

// checkExpr wants an expression to keep what the types of it promise.
func checkExpr(t *testing.T, e filter.Expr, inAny bool) {
	t.Helper()
	switch e := e.(type) {
	case filter.And:
		checkTerms(t, e.Terms, inAny, func(e filter.Expr) bool { _, ok := e.(filter.And); return ok })
	case filter.Or:
		checkTerms(t, e.Terms, inAny, func(e filter.Expr) bool { _, ok := e.(filter.Or); return ok })
	case filter.Not:
		checkExpr(t, e.Term, inAny)
	case filter.Any:
		if inAny || !multi(e.Path[len(e.Path)-1]) {
			t.Errorf("Any in Any, or of the single-valued %s", e.Path)
		}
		checkPath(t, e.Path[:len(e.Path)-1])
		checkExpr(t, e.Where, true)
	case filter.Compare:
		checkPath(t, e.Path)
		if len(e.Path) == 0 && !inAny || len(e.Path) > 0 && e.Path[len(e.Path)-1].Type == schema.Complex {
			t.Errorf("a comparison of no simple attribute: %v", e)
		}
	case filter.Present:
		checkPath(t, e.Path[:max(0, len(e.Path)-1)])
	default:
		t.Errorf("an expression of type %T", e)
	}
}

func checkTerms(t *testing.T, terms []filter.Expr, inAny bool, same func(filter.Expr) bool) {
	t.Helper()
	if len(terms) < 2 || slices.ContainsFunc(terms, same) {
		t.Errorf("terms that are fewer than two or not flat: %v", terms)
	}
	for _, term := range terms {
		checkExpr(t, term, inAny)
	}
}

// checkPath wants a path through single-valued attributes that may be shown.
func checkPath(t *testing.T, path filter.Path) {
	t.Helper()
	if slices.ContainsFunc(path, multi) {
		t.Errorf("%s leads through several values", path)
	}
	if slices.ContainsFunc(path, func(a *schema.Attr) bool { return a.Returned == schema.ReturnedNever }) {
		t.Errorf("%s is never returned", path)
	}
}

func multi(a *schema.Attr) bool { return a.Multi }

func checkTarget(t *testing.T, b binder, text string) {
	t.Helper()
	target, err := filter.ParseTarget(b.t, text)
	if err != nil {
		if !fault.Is(err, fault.InvalidFilter) {
			checkDetail(t, err, fault.InvalidPath)
		}
		return
	}
	last := target.Path[len(target.Path)-1]
	if (target.Where != nil || target.Sub != nil) && !last.Multi {
		t.Errorf("%q selects elements of %s", text, last.Path)
	}
	if slices.ContainsFunc(target.Path[:len(target.Path)-1], multi) {
		t.Errorf("%q leads through several values", text)
	}
	if target.Where != nil {
		checkExpr(t, target.Where, true)
	}
}
