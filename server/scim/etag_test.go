package scim

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource"
)

func TestIfMatch(t *testing.T) {
	set := func(v ...int64) scimresource.Condition { return scimresource.Condition{Set: true, Versions: v} }
	tests := []struct {
		values []string
		want   scimresource.Condition
	}{
		{nil, scimresource.Condition{}},
		{[]string{""}, scimresource.Condition{}},
		{[]string{" , "}, scimresource.Condition{}},
		{[]string{"*"}, scimresource.Condition{}},
		{[]string{`W/"3"`}, set(3)},
		{[]string{`"3"`}, set(3)},
		{[]string{`W/"3", "4"`}, set(3, 4)},
		{[]string{`W/"3"`, `"4"`}, set(3, 4)},
		{[]string{`"x", W/"4"`}, set(4)},
		{[]string{`"x"`}, set()},
		{[]string{`3`}, set()},
		{[]string{`"`}, set()},
		{[]string{`""`}, set()},
		{[]string{`W/`}, set()},
		{[]string{`w/"3"`}, set()},
		{[]string{`"03"`, `"+3"`, `" 3"`}, set()},
		{[]string{`"99999999999999999999"`}, set()},
		{[]string{`W/W/"3"`}, set()},
	}
	for _, tt := range tests {
		got := ifMatch(http.Header{"If-Match": tt.values})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.values, diff)
		}
	}
}

func TestIfNoneMatch(t *testing.T) {
	for value, want := range map[string]bool{
		"": false, "*": true, `W/"3"`: true, `"3"`: true, `"1", "3"`: true, `W/"4"`: false, "3": false, "junk": false,
	} {
		if got := knows(http.Header{"If-None-Match": {value}}, 3); got != want {
			t.Errorf("%q: got %t", value, got)
		}
	}
}
