package scim

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// collection gathers discovery documents.
type collection struct {
	docs   []json.RawMessage
	byName map[string][]byte
}

// add puts a document at the end, under its id and other names.
func (l *collection) add(doc []byte, names ...string) {
	l.docs = append(l.docs, doc)
	if l.byName == nil {
		l.byName = map[string][]byte{}
	}
	for _, name := range names {
		l.byName[strings.ToLower(name)] = doc
	}
}

// serve gives what was gathered in the form in which it is served.
func (l *collection) serve() documents {
	n := len(l.docs)
	return documents{
		list: marshal(listResponse{
			Schemas: []string{listURI}, TotalResults: n, StartIndex: 1, ItemsPerPage: n, Resources: l.docs,
		}),
		byName: l.byName,
	}
}

// documents are served as a list, or one by one.
type documents struct {
	list   []byte
	byName map[string][]byte // by lower-case id or name
}

func (d documents) getAll(c *gin.Context) error {
	writeBody(c, http.StatusOK, d.list)
	return nil
}

func (d documents) getOne(c *gin.Context) error {
	doc, ok := d.byName[strings.ToLower(c.Param("id"))]
	if !ok {
		return fault.New(fault.NotFound, "there is no such document; the list at %s has them all", strings.TrimSuffix(c.FullPath(), "/:id"))
	}
	writeBody(c, http.StatusOK, doc)
	return nil
}
