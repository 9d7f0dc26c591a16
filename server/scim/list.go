package scim

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/filter"
)

// listURI is the schema of a list (RFC 7644 §3.4.2).
const listURI = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

// list answers GET of many resources (RFC 7644 §3.4.2).
func (e *endpoint) list(c *gin.Context) error {
	params, err := parseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	p, err := e.projection(params)
	if err != nil {
		return err
	}
	w, err := params.window(e.PageDefault, e.PageMax)
	if err != nil {
		return err
	}
	q := scimresource.Query{Type: e.t, Offset: w.start - 1, Limit: w.count, Include: e.include(p)}
	if err := e.choose(&q, params); err != nil {
		return err
	}
	page, err := e.directory(c).List(c.Request.Context(), q)
	if err != nil {
		return err
	}
	body, err := e.appendPage(nil, page, w.start, p)
	if err != nil {
		return err
	}
	writeBody(c, http.StatusOK, body)
	return nil
}

// choose reads which resources the client wants, and in which order.
func (e *endpoint) choose(q *scimresource.Query, params query) error {
	text, err := params.get("filter")
	if err != nil {
		return err
	}
	if text != "" {
		if q.Filter, err = filter.ParseExpr(e.t, text); err != nil {
			return err
		}
	}
	by, err := params.get("sortBy")
	if err != nil || by == "" {
		return err
	}
	order, err := params.get("sortOrder")
	if err != nil {
		return err
	}
	q.Sort, err = filter.ParseSort(e.t, by, order)
	return err
}

// appendPage appends the ListResponse of a page. Clients rely on integers, on
// itemsPerPage being the number of resources that follow, and on Resources
// being an array even when empty.
func (e *endpoint) appendPage(dst []byte, page scimresource.Page, start int, p document.Projection) ([]byte, error) {
	dst = append(dst, `{"schemas":["`+listURI+`"],"totalResults":`...)
	dst = strconv.AppendInt(dst, int64(page.Total), 10)
	dst = append(dst, `,"startIndex":`...)
	dst = strconv.AppendInt(dst, int64(start), 10)
	dst = append(dst, `,"itemsPerPage":`...)
	dst = strconv.AppendInt(dst, int64(len(page.Resources)), 10)
	dst = append(dst, `,"Resources":[`...)
	for i, r := range page.Resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = e.Hub.Append(dst, r, p); err != nil {
			return nil, err
		}
	}
	return append(dst, "]}"...), nil
}
