package scim_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scimhub/scimhub/scimresource/schema"
)

const (
	userURI       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURI = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

func TestServiceProviderConfigIsWholeAndTrue(t *testing.T) {
	h := newHub(t)
	got := h.get(t, "/ServiceProviderConfig", "Authorization", "").object(t, http.StatusOK)
	want := object{
		"schemas":          []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"documentationUri": "https://github.com/scimhub/scimhub",
		"patch":            object{"supported": true},
		"bulk":             object{"supported": false, "maxOperations": 0.0, "maxPayloadSize": 0.0},
		"filter":           object{"supported": true, "maxResults": 1000.0},
		"changePassword":   object{"supported": false},
		"sort":             object{"supported": true},
		"etag":             object{"supported": true},
		"authenticationSchemes": []any{object{
			"type": "oauthbearertoken", "name": "Bearer token", "description": "A token of the hub in the Authorization header",
			"specUri": "https://www.rfc-editor.org/info/rfc6750", "primary": true,
		}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": baseURL + "/ServiceProviderConfig"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResourceTypes(t *testing.T) {
	h := newHub(t)
	user := object{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": "User", "name": "User",
		"description": "User Account", "endpoint": "/Users", "schema": userURI,
		"schemaExtensions": []any{object{"schema": enterpriseURI, "required": false}},
		"meta":             object{"resourceType": "ResourceType", "location": baseURL + "/ResourceTypes/User"},
	}
	group := object{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": "Group", "name": "Group",
		"description": "Group", "endpoint": "/Groups", "schema": "urn:ietf:params:scim:schemas:core:2.0:Group",
		"meta": object{"resourceType": "ResourceType", "location": baseURL + "/ResourceTypes/Group"},
	}
	want := object{
		"schemas": []any{listURI}, "totalResults": 2.0, "startIndex": 1.0, "itemsPerPage": 2.0, "Resources": []any{user, group},
	}
	// Paging, sorting and attributes are ignored there (RFC 7644 §4).
	got := h.get(t, "/ResourceTypes?startIndex=2&count=1&attributes=id&sortBy=name").object(t, http.StatusOK)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, id := range []string{"User", "user", "USER"} {
		if diff := cmp.Diff(user, h.get(t, "/ResourceTypes/"+id).object(t, http.StatusOK)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSchemasAreReadByNameAndURN(t *testing.T) {
	h := newHub(t)
	list := h.get(t, "/Schemas").object(t, http.StatusOK)
	resources, _ := list["Resources"].([]any)
	if len(resources) != 3 || list["totalResults"] != 3.0 || list["itemsPerPage"] != 3.0 {
		t.Fatalf("%d schemas: %v", len(resources), list["totalResults"])
	}
	for i, names := range [][]string{
		{userURI, strings.ToUpper(userURI), "User", "user"},
		{"urn:ietf:params:scim:schemas:core:2.0:Group", "Group"},
		{enterpriseURI, strings.ToLower(enterpriseURI), "Enterprise%20User"},
	} {
		for _, name := range names {
			if diff := cmp.Diff(resources[i], any(h.get(t, "/Schemas/"+name).object(t, http.StatusOK))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// TestSchemasSayWhatTheHubEnforces compares the documents with the tree that
// validation, PATCH and filters read.
func TestSchemasSayWhatTheHubEnforces(t *testing.T) {
	h := newHub(t)
	registry, err := schema.NewRegistry(schema.Definitions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range registry.Schemas() {
		doc := h.get(t, "/Schemas/"+s.ID).object(t, http.StatusOK)
		if doc["id"] != s.ID || doc["name"] != s.Name || cmp.Diff(any(object{"resourceType": "Schema", "location": baseURL + "/Schemas/" + s.ID}), doc["meta"]) != "" {
			t.Errorf("%s: %v %v %v", s.ID, doc["id"], doc["name"], doc["meta"])
		}
		compareAttributes(t, s.ID, s.Attrs, doc["attributes"])
	}
}

func compareAttributes(t *testing.T, where string, attrs []*schema.Attr, docs any) {
	t.Helper()
	list, _ := docs.([]any)
	if len(list) != len(attrs) {
		t.Fatalf("%s: %d attributes, want %d", where, len(list), len(attrs))
	}
	for i, a := range attrs {
		doc, _ := list[i].(object)
		want := object{
			"name": a.Name, "type": string(a.Type), "multiValued": a.Multi, "required": a.Required, "caseExact": a.CaseExact,
			"mutability": string(a.Mutability), "returned": string(a.Returned), "uniqueness": a.Uniqueness,
		}
		for name, v := range want {
			if doc[name] != v {
				t.Errorf("%s.%s: %s is %v, want %v", where, a.Name, name, doc[name], v)
			}
		}
		if len(a.Subs) > 0 {
			compareAttributes(t, where+"."+a.Name, a.Subs, doc["subAttributes"])
		}
		if a.Type == schema.Reference && doc["referenceTypes"] == nil {
			t.Errorf("%s.%s: a reference to nothing", where, a.Name)
		}
	}
}

func TestDiscoveryHoldsNoNulls(t *testing.T) {
	h := newHub(t)
	for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
		res := h.get(t, path)
		if !json.Valid(res.body) || slices.Contains(strings.FieldsFunc(string(res.body), func(r rune) bool {
			return strings.ContainsRune(`:,[]{}`, r)
		}), "null") {
			t.Errorf("%s holds a null", path)
		}
	}
}

func TestDiscoveryRefusesFilters(t *testing.T) {
	h := newHub(t)
	for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/Schemas/User"} {
		h.get(t, path+"?filter=id+pr").fault(t, http.StatusForbidden, "")
		h.get(t, path+"?filter=").object(t, http.StatusOK)
	}
	h.get(t, "/Schemas/urn:x").fault(t, http.StatusNotFound, "")
	h.get(t, "/ResourceTypes/Device").fault(t, http.StatusNotFound, "")
}
