package api_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/access"
	"github.com/scimhub/scimhub/scimresource/event"
)

func TestContractIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Contract)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			checkScope(t, method+" "+path, operation)
		}
	}
}

// checkScope checks that an operation names the scope that it needs, or needs
// no token at all.
func checkScope(t *testing.T, name string, operation *openapi3.Operation) {
	scope, _ := operation.Extensions["x-scope"].(string)
	open := operation.Security != nil && len(*operation.Security) == 0
	if open != (scope == "") {
		t.Errorf("%s: x-scope is %q, and it needs a token: %t", name, scope, !open)
	}
	if scope != "" {
		if _, err := access.ParseScopes([]string{scope}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEveryEventTypeHasASchema(t *testing.T) {
	for _, eventType := range event.Types() {
		if _, err := api.EventSchema(string(eventType)); err != nil {
			t.Error(err)
		}
	}
	if _, err := api.EventSchema("user.unknown"); err == nil {
		t.Error("an event that there is not has a schema")
	}
}
