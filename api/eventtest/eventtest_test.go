package eventtest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
)

// example makes an event of a type as the hub does, with all that one can have.
func example(eventType event.Type) event.Event {
	const id = "01a20bc3-de98-7013-8982-b8dc6735a0e7"
	resource := json.RawMessage(`{"schemas":["urn:example"],"id":"` + id + `","meta":{}}`)
	e := event.Event{
		ID: access.NewID("evt"), Type: eventType, Version: event.Version, Timestamp: event.Timestamp(time.Now()),
		OrganizationID: access.NewID("org"), DirectoryID: access.NewID("dir"), Sequence: 1,
	}
	user := event.UserData{UserID: id, UserName: "anna", ResourceVersion: 1, Resource: resource}
	group := event.GroupData{GroupID: id, DisplayName: "Sales", ExternalID: new("x"), ResourceVersion: 1, Resource: resource}
	subscription := event.SubscriptionData{SubscriptionID: access.NewID("sub"), URL: "https://example.com/"}
	switch eventType {
	case event.UserUpdated:
		user.ChangedFields = []string{"emails"}
	case event.UserDeleted:
		user.Reason = "forgotten"
	case event.GroupUpdated:
		group.ChangedFields = []string{"displayName"}
	case event.GroupMembershipUpdated:
		group.AddedMembers, group.RemovedMembers = []string{id}, []string{id}
	case event.SubscriptionDeactivated:
		subscription.Reason, e.DirectoryID = "it answered 410", ""
	default: // nothing of its own
	}
	switch area, _, _ := strings.Cut(string(eventType), "."); area {
	case "user":
		e.Data = user
	case "group":
		e.Data = group
	default:
		e.Data = subscription
	}
	return e
}

func TestSchemasAcceptWhatTheHubMakesAndNoMore(t *testing.T) {
	catalog := Checker{}
	for _, eventType := range event.Types() {
		payload, err := event.Encode(example(eventType))
		if err != nil {
			t.Fatal(err)
		}
		catalog.Check(t, payload)
		for _, change := range [][2]string{
			{`"data":{`, `"data":{"more":1,`}, {`"version":"1"`, `"version":"2"`}, {`"sequence":1`, `"sequence":0`}, {`"timestamp":"2`, `"timestamp":"x2`},
		} {
			wrong := strings.Replace(string(payload), change[0], change[1], 1)
			if wrong == string(payload) || catalog.check(string(eventType), []byte(wrong)) == nil {
				t.Errorf("%s is accepted", wrong)
			}
		}
	}
	if catalog.check("user.unknown", []byte(`{}`)) == nil {
		t.Error("an event that there is not is accepted")
	}
}
