package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/fault"
)

func TestCredentialReadsEverySpelling(t *testing.T) {
	for _, header := range []string{
		"Bearer x", "bearer x", "BEARER x", "ApiKey x", "apikey x", "x", "  x ", "Bearer  x", "Bearer\tx",
	} {
		got, err := credential(http.Header{"Authorization": {header}})
		if err != nil || got != "x" {
			t.Errorf("%q: got %q, %v", header, got, err)
		}
	}
}

func TestCredentialSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		values []string
		detail string
	}{
		{nil, "no token was sent"},
		{[]string{""}, "no token was sent"},
		{[]string{"   "}, "no token was sent"},
		{[]string{"Bearer"}, "no token follows"},
		{[]string{"bearer "}, "no token follows"},
		{[]string{"Basic dXNlcjpwYXNz"}, "scheme that is not supported"},
		{[]string{"Bearer Bearer x"}, "bare token"},
		{[]string{"Bearer ApiKey x"}, "bare token"},
		{[]string{"Bearer bearer"}, "bare token"},
		{[]string{"Bearer x y"}, "holds a space"},
		{[]string{"Bearer x", "Bearer y"}, "more than one"},
	}
	for _, tt := range tests {
		_, err := credential(http.Header{"Authorization": tt.values})
		if !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), tt.detail) {
			t.Errorf("%q: got %v, want %q", tt.values, err, tt.detail)
		}
		if err != nil && strings.Contains(err.Error(), "dXNl") {
			t.Errorf("%v echoes the credential", err)
		}
	}
}

func TestEveryRouteIsGuarded(t *testing.T) {
	f := newFixture(t)
	for _, r := range f.Routes() {
		if r.Access.Public {
			continue
		}
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			target := strings.ReplaceAll(r.Path, ":id", "1")
			for _, tt := range []struct{ header, challenge string }{
				{"", `Bearer realm="scimhub"`},
				{"Bearer nobody's", `Bearer realm="scimhub", error="invalid_token"`},
				{"Bearer Bearer all", `Bearer realm="scimhub", error="invalid_token"`},
			} {
				w := f.do(t, r.Method, target, "", "Authorization", "", "Authorization", tt.header)
				if isSCIM(r.Path) {
					wantSCIMError(t, w, http.StatusUnauthorized, "")
				} else {
					wantProblem(t, w, http.StatusUnauthorized)
				}
				if got := w.Header().Get("WWW-Authenticate"); got != tt.challenge {
					t.Errorf("%q: WWW-Authenticate %q, want %q", tt.header, got, tt.challenge)
				}
			}
			if r.Access.Scope == "" {
				return
			}
			w := f.do(t, r.Method, target, "", "Authorization", "", "Authorization", "Bearer none")
			if detail := wantSCIMError(t, w, http.StatusForbidden, ""); !strings.Contains(detail, string(r.Access.Scope)) {
				t.Errorf("%q doesn't name the scope %s", detail, r.Access.Scope)
			}
		})
	}
}

func TestReadingNeedsReadAndWritingNeedsWrite(t *testing.T) {
	for _, r := range newFixture(t).Routes() {
		if r.Access.Scope == "" {
			continue
		}
		want := access.SCIMWrite
		if r.Method == http.MethodGet {
			want = access.SCIMRead
		}
		if r.Access.Scope != want {
			t.Errorf("%s %s needs %s, want %s", r.Method, r.Path, r.Access.Scope, want)
		}
	}
}

func TestPublicRoutesAreAKnownFew(t *testing.T) {
	known := map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/scim/v2/ServiceProviderConfig": true}
	for _, r := range newFixture(t).Routes() {
		if r.Access.Public != known[r.Path] {
			t.Errorf("%s %s: public is %t", r.Method, r.Path, r.Access.Public)
		}
	}
}

func TestTokenInTheQueryIsNoToken(t *testing.T) {
	w := newFixture(t).do(t, http.MethodGet, "/scim/v2/Users?access_token=all", "", "Authorization", "")
	wantSCIMError(t, w, http.StatusUnauthorized, "")
}
