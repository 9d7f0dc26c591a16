package scim_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestIfMatchGuardsEveryWrite(t *testing.T) {
	h := newHub(t)
	path := "/Users/" + str(h.create(t, "/Users", jane), "id")
	for _, stale := range []string{`W/"2"`, `"7", "8"`, "junk", `""`} {
		h.do(t, http.MethodPut, path, strings.Replace(jane, "Jane", "Joan", 1), "If-Match", stale).fault(t, http.StatusPreconditionFailed, "")
		h.do(t, http.MethodPatch, path, deactivate("active"), "If-Match", stale).fault(t, http.StatusPreconditionFailed, "")
		h.do(t, http.MethodDelete, path, "", "If-Match", stale).fault(t, http.StatusPreconditionFailed, "")
	}
	h.do(t, http.MethodPatch, path, deactivate("active"), "If-Match", `"1"`).object(t, http.StatusOK)
	h.do(t, http.MethodPut, path, jane, "If-Match", `W/"1", W/"2"`).object(t, http.StatusOK)
	h.do(t, http.MethodPatch, path, deactivate("active"), "If-Match", "*").object(t, http.StatusOK)
	h.do(t, http.MethodDelete, path, "", "If-Match", h.get(t, path).header.Get("ETag")).empty(t, http.StatusNoContent)
}

func TestIfNoneMatchSavesTheBody(t *testing.T) {
	h := newHub(t)
	path := "/Users/" + str(h.create(t, "/Users", jane), "id")
	for _, known := range []string{`W/"1"`, `"1"`, `"0", W/"1"`, "*"} {
		res := h.get(t, path, "If-None-Match", known)
		res.empty(t, http.StatusNotModified)
		if res.header.Get("ETag") != `W/"1"` || res.header.Get("Content-Type") != "" {
			t.Errorf("304 with %v", res.header)
		}
	}
	h.get(t, path, "If-None-Match", `W/"2"`).object(t, http.StatusOK)
	h.get(t, path, "If-None-Match", "junk").object(t, http.StatusOK)
}

func TestAChangeThatChangesNothingKeepsTheVersion(t *testing.T) {
	h := newHub(t)
	res := h.do(t, http.MethodPost, "/Users", jane)
	path := "/Users/" + str(res.object(t, http.StatusCreated), "id")
	for _, again := range []response{
		h.do(t, http.MethodPut, path, jane),
		h.do(t, http.MethodPatch, path, strings.Replace(deactivate("active"), "false", "true", 1)),
	} {
		if string(again.body) != string(res.body) || again.header.Get("ETag") != `W/"1"` {
			t.Errorf("%s became %s", res.body, again.body)
		}
	}
}

func TestHeadAnswersAsGet(t *testing.T) {
	h := newHub(t)
	path := "/Users/" + str(h.create(t, "/Users", jane), "id")
	for _, path := range []string{path, "/Users", "/Schemas"} {
		get, head := h.get(t, path), h.do(t, http.MethodHead, path, "")
		head.empty(t, http.StatusOK)
		for _, name := range []string{"Content-Type", "Content-Length", "ETag", "Location"} {
			if get.header.Get(name) != head.header.Get(name) {
				t.Errorf("%s: %s is %q for GET, %q for HEAD", path, name, get.header.Get(name), head.header.Get(name))
			}
		}
	}
}
