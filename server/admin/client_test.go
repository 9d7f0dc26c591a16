package admin_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/scimhub/scimhub/api"
)

// TestGeneratedClient does with the client what its documentation shows.
func TestGeneratedClient(t *testing.T) {
	h := newHub(t)
	url, _ := h.serve(t)
	client, err := api.NewClientWithResponses(url, api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+h.token)
		return nil
	}))
	must(t, err)
	created, err := client.CreateSubscriptionWithResponse(t.Context(), api.SubscriptionInput{
		URL: "https://example.com/hooks", Events: []api.EventSelector{{Name: "user.*"}},
	})
	must(t, err)
	if created.JSON201 == nil || created.JSON201.Secret == nil {
		t.Fatalf("status %d: %s", created.StatusCode(), created.Body)
	}
	list, err := client.ListSubscriptionsWithResponse(t.Context(), &api.ListSubscriptionsParams{Limit: new(10)})
	must(t, err)
	if list.JSON200 == nil || len(list.JSON200.Data) != 1 || list.JSON200.Data[0].ID != created.JSON201.ID {
		t.Errorf("listed %s", list.Body)
	}
	gone, err := client.GetSubscriptionWithResponse(t.Context(), "sub_x")
	must(t, err)
	if gone.ApplicationProblemJSON404 == nil || gone.ApplicationProblemJSON404.Detail == "" {
		t.Errorf("status %d: %s", gone.StatusCode(), gone.Body)
	}
}
