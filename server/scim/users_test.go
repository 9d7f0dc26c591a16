package scim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	unknownID = "0190a5d2-0000-7000-8000-000000000000"
	jane      = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane@example.com",` +
		`"name":{"givenName":"Jane","familyName":"Doe"},"emails":[{"value":"jane@example.com","type":"work","primary":true}],"active":true}`
)

func deactivate(path string) string {
	return fmt.Sprintf(`{"schemas":[%q],"Operations":[{"op":"replace","path":%q,"value":false}]}`, patchURI, path)
}

func TestUserFromCreationToDeletion(t *testing.T) {
	h := newHub(t)
	res := h.do(t, http.MethodPost, "/Users", jane)
	created := res.object(t, http.StatusCreated)
	id, path := str(created, "id"), "/Users/"+str(created, "id")
	if res.header.Get("Location") != baseURL+path || str(created, "meta", "location") != baseURL+path {
		t.Errorf("Location %q, meta.location %q", res.header.Get("Location"), str(created, "meta", "location"))
	}
	if res.header.Get("ETag") != `W/"1"` || str(created, "meta", "version") != `W/"1"` {
		t.Errorf("ETag %q, meta.version %q", res.header.Get("ETag"), str(created, "meta", "version"))
	}

	read := h.get(t, path)
	if string(read.body) != string(res.body) || read.header.Get("ETag") != `W/"1"` {
		t.Errorf("GET gives %s, POST gave %s", read.body, res.body)
	}
	patched := h.do(t, http.MethodPatch, path, deactivate("active"))
	if body := patched.object(t, http.StatusOK); body["active"] != false || patched.header.Get("ETag") != `W/"2"` {
		t.Errorf("PATCH gives %s with %q", patched.body, patched.header.Get("ETag"))
	}
	replaced := h.do(t, http.MethodPut, path, strings.Replace(jane, "Jane", "Joan", 1))
	if body := replaced.object(t, http.StatusOK); str(body, "name", "givenName") != "Joan" || str(body, "id") != id {
		t.Errorf("PUT gives %s", replaced.body)
	}
	if replaced.header.Get("Location") != baseURL+path {
		t.Errorf("Location %q", replaced.header.Get("Location"))
	}

	h.do(t, http.MethodDelete, path, "").empty(t, http.StatusNoContent)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		body := jane
		if method == http.MethodPatch {
			body = deactivate("active")
		}
		h.do(t, method, path, body).fault(t, http.StatusNotFound, "")
	}
	if again := h.create(t, "/Users", jane); str(again, "id") == id {
		t.Error("the id was given again")
	}
}

func TestTakenUserNameIsAConflict(t *testing.T) {
	h := newHub(t)
	h.create(t, "/Users", jane)
	h.do(t, http.MethodPost, "/Users", strings.ReplaceAll(jane, "jane@", "JANE@")).fault(t, http.StatusConflict, "uniqueness")
}

func TestUnknownIDs(t *testing.T) {
	h := newHub(t)
	for _, id := range []string{unknownID, "00919288221112222", "x", "%00", "a%2Fb", strings.Repeat("x", 5000), "%ff", "..%2f.."} {
		if id == "a%2Fb" || id == "..%2f.." { // not an id but a longer path
			h.get(t, "/Users/"+id).fault(t, http.StatusNotFound, "")
			continue
		}
		for method, body := range map[string]string{
			http.MethodGet: "", http.MethodPut: jane, http.MethodPatch: deactivate("active"), http.MethodDelete: "",
		} {
			h.do(t, method, "/Users/"+id, body).fault(t, http.StatusNotFound, "")
		}
		h.get(t, "/Groups/"+id).fault(t, http.StatusNotFound, "")
	}
}

func TestBadBodies(t *testing.T) {
	h := newHub(t)
	user := h.create(t, "/Users", jane)
	path := "/Users/" + str(user, "id")
	bodies := map[string]string{
		"empty":                  "",
		"blank":                  "  ",
		"no JSON":                "userName=jane",
		"cut":                    jane[:40],
		"array":                  "[" + jane + "]",
		"string":                 `"jane"`,
		"null":                   "null",
		"two objects":            jane + jane,
		"duplicate key":          `{"userName":"a","userName":"b"}`,
		"duplicate in two cases": `{"userName":"a","USERNAME":"b"}`,
		"NUL":                    `{"userName":"a\u0000b"}`,
		"invalid UTF-8":          "{\"userName\":\"a\xffb\"}",
		"lone surrogate":         `{"userName":"\ud800"}`,
		"deep":                   `{"userName":"a","x":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`,
		"bottomless":             `{"x":` + strings.Repeat(`{"x":`, 100_000) + "1" + strings.Repeat("}", 100_001),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			for _, detail := range []string{
				h.do(t, http.MethodPost, "/Users", body).fault(t, http.StatusBadRequest, "invalidSyntax"),
				h.do(t, http.MethodPut, path, body).fault(t, http.StatusBadRequest, "invalidSyntax"),
				h.do(t, http.MethodPatch, path, body).fault(t, http.StatusBadRequest, "invalidSyntax"),
			} {
				if strings.Contains(detail, "jane") {
					t.Errorf("%q echoes the body", detail)
				}
			}
		})
	}
	if got := h.get(t, path).object(t, http.StatusOK); str(got, "meta", "version") != `W/"1"` {
		t.Errorf("a refused body changed the user: %v", got)
	}
}

func TestMissingRequiredAttribute(t *testing.T) {
	h := newHub(t)
	detail := h.do(t, http.MethodPost, "/Users", `{"name":{"givenName":"Jane"}}`).fault(t, http.StatusBadRequest, "invalidValue")
	if !strings.Contains(detail, "userName") {
		t.Errorf("%q doesn't name the attribute", detail)
	}
	h.do(t, http.MethodPost, "/Groups", `{"members":[]}`).fault(t, http.StatusBadRequest, "invalidValue")
}

func TestLimitsAndMediaTypesHoldForUsers(t *testing.T) {
	h := newHub(t)
	big := `{"userName":"a","title":"` + strings.Repeat("x", 1<<20) + `"}`
	if detail := h.do(t, http.MethodPost, "/Users", big).fault(t, http.StatusRequestEntityTooLarge, ""); !strings.Contains(detail, "1048576") {
		t.Errorf("%q doesn't state the limit", detail)
	}
	h.do(t, http.MethodPost, "/Users", jane, "Content-Type", "text/xml").fault(t, http.StatusUnsupportedMediaType, "")
	h.do(t, http.MethodPost, "/Users", jane, "Content-Type", "application/json").object(t, http.StatusCreated)
	h.get(t, "/Users?filter=%zz").fault(t, http.StatusBadRequest, "invalidValue")
}

func TestPasswordIsNeverShown(t *testing.T) {
	h := newHub(t)
	body := strings.Replace(jane, `"active"`, `"password":"hunter2","active"`, 1)
	res := h.do(t, http.MethodPost, "/Users?attributes=password,userName", body)
	path := "/Users/" + str(res.object(t, http.StatusCreated), "id")
	for _, res := range []response{res, h.get(t, path), h.get(t, path+"?attributes=password"), h.get(t, "/Users"), h.do(t, http.MethodPut, path, body)} {
		if strings.Contains(string(res.body), "hunter2") || strings.Contains(string(res.body), "password") {
			t.Errorf("%s", res.body)
		}
	}
	h.get(t, "/Users?filter=password+eq+%22hunter2%22").fault(t, http.StatusBadRequest, "invalidFilter")
}

func TestProjectionOnEveryOperation(t *testing.T) {
	h := newHub(t)
	id := str(h.create(t, "/Users", jane), "id")
	path := "/Users/" + id
	fresh := func() string { return strings.ReplaceAll(jane, "jane@", "other@") }
	const only = "?attributes=name.givenName"
	for name, res := range map[string]response{
		"GET":   h.get(t, path+only),
		"POST":  h.do(t, http.MethodPost, "/Users"+only, fresh()),
		"PUT":   h.do(t, http.MethodPut, path+only, jane),
		"PATCH": h.do(t, http.MethodPatch, path+"?ATTRIBUTES=NAME.GIVENNAME", deactivate("active")),
	} {
		var got object
		if err := json.Unmarshal(res.body, &got); err != nil || res.status > 201 {
			t.Fatalf("%s: %d %s", name, res.status, res.body)
		}
		givenName := str(got, "name", "givenName")
		if _, more := got["userName"]; more || givenName != "Jane" || str(got, "name", "familyName") != "" || str(got, "id") == "" {
			t.Errorf("%s gives %s", name, res.body)
		}
	}
	without := h.get(t, path+"?excludedAttributes=emails,name.familyName").object(t, http.StatusOK)
	if without["emails"] != nil || str(without, "name", "familyName") != "" || str(without, "name", "givenName") != "Jane" {
		t.Errorf("without emails and familyName: %v", without)
	}
	h.get(t, path+"?attributes=userName&excludedAttributes=emails").fault(t, http.StatusBadRequest, "invalidValue")
	h.get(t, "/Users?attributes=userName&excludedAttributes=emails").fault(t, http.StatusBadRequest, "invalidValue")
}
