package admin

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/event"
)

// ListEventTypes answers GET of the catalog.
func (h *handler) ListEventTypes(c *gin.Context) {
	list := api.EventTypeList{Data: []api.EventType{}}
	for _, t := range event.Types() {
		described, err := describeEventType(t)
		if err != nil {
			fail(c, err)
			return
		}
		list.Data = append(list.Data, described)
	}
	reply(c, http.StatusOK, list, nil)
}

func describeEventType(t event.Type) (api.EventType, error) {
	schema, err := api.EventSchema(string(t))
	if err != nil {
		return api.EventType{}, err
	}
	var about struct {
		Description string `json:"description"`
	}
	if err := json.Unmarshal(schema, &about); err != nil {
		return api.EventType{}, fmt.Errorf("schema of %s: %w", t, err)
	}
	return api.EventType{Name: string(t), Version: event.Version, Description: about.Description, Schema: schema}, nil
}
