package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/filter"
)

func testPages(t *testing.T, w *world) {
	var want []string
	for i := range 23 {
		want = append(want, w.createUser(t, fmt.Sprintf("user %d", 23-i)).ID)
	}
	gone := w.createUser(t, "gone")
	w.offboard(t, gone)
	for _, size := range []int{1, 5, 23, 100} {
		var got []string
		for offset := 0; ; offset += size {
			page, err := w.store.List(t.Context(), scimresource.Query{Type: w.user(), Offset: offset, Limit: size})
			must(t, err)
			if page.Total != len(want) {
				t.Errorf("offset %d: total %d", offset, page.Total)
			}
			if len(page.Resources) == 0 {
				break
			}
			got = append(got, ids(page.Resources)...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d give %v, want %v", size, got, want)
		}
	}
	page, err := w.store.List(t.Context(), scimresource.Query{Type: w.user()})
	must(t, err)
	if page.Total != len(want) || len(page.Resources) > 0 {
		t.Errorf("without a limit: total %d, %d resources", page.Total, len(page.Resources))
	}
	sort, err := filter.ParseSort(w.user(), "userName", "")
	must(t, err)
	page, err = w.store.List(t.Context(), scimresource.Query{Type: w.user(), Sort: sort, Offset: 22, Limit: 5})
	must(t, err)
	if got := ids(page.Resources); !slices.Equal(got, []string{want[14]}) { // "user 9"
		t.Errorf("the last by name: %v", got)
	}
}
