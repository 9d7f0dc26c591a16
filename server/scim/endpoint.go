package scim

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource"
	"github.com/scimhub/scimhub/scimresource/document"
	"github.com/scimhub/scimhub/scimresource/patch"
	"github.com/scimhub/scimhub/scimresource/schema"
	"github.com/scimhub/scimhub/server/route"
)

// endpoint serves the resources of one type, e.g. /Users.
type endpoint struct {
	Config
	t *schema.ResourceType
}

// directory gives the directory as the request's actor may use it.
func (e *endpoint) directory(c *gin.Context) *scimresource.Directory {
	return e.Hub.As(route.Actor(c))
}

// create answers POST (RFC 7644 §3.3).
func (e *endpoint) create(c *gin.Context) error {
	in, err := e.read(c)
	if err != nil {
		return err
	}
	p := in.projection.Requested(named(e.t, in.body))
	inc := e.include(p)
	inc.Groups = false // a new resource is in no group yet
	r, err := e.directory(c).Create(c.Request.Context(), e.t, in.body, inc)
	if err != nil {
		return err
	}
	return e.writeResource(c, http.StatusCreated, r, p)
}

// get answers GET of one resource (RFC 7644 §3.4.1).
func (e *endpoint) get(c *gin.Context) error {
	q, err := parseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	p, err := e.projection(q)
	if err != nil {
		return err
	}
	r, err := e.directory(c).Get(c.Request.Context(), e.t, c.Param("id"), e.include(p))
	if err != nil {
		return err
	}
	if knows(c.Request.Header, r.Version) {
		e.writeHeaders(c, r)
		c.Status(http.StatusNotModified)
		return nil
	}
	return e.writeResource(c, http.StatusOK, r, p)
}

// replace answers PUT (RFC 7644 §3.5.1).
func (e *endpoint) replace(c *gin.Context) error {
	in, err := e.read(c)
	if err != nil {
		return err
	}
	p := in.projection.Requested(named(e.t, in.body))
	r, err := e.directory(c).Replace(c.Request.Context(), e.t, c.Param("id"), in.body, ifMatch(c.Request.Header), e.include(p))
	if err != nil {
		return err
	}
	return e.writeResource(c, http.StatusOK, r, p)
}

// patch answers PATCH (RFC 7644 §3.5.2). A group, which may have very many
// members, is only sent back when the client names attributes.
func (e *endpoint) patch(c *gin.Context) error {
	in, err := e.read(c)
	if err != nil {
		return err
	}
	ops, err := patch.Parse(e.t, in.body)
	if err != nil {
		return err
	}
	p := in.projection.Requested(patch.Touched(ops))
	silent := e.t.Name == schema.Group && !in.projects
	var inc scimresource.Include
	if !silent {
		inc = e.include(p)
	}
	r, err := e.directory(c).Patch(c.Request.Context(), e.t, c.Param("id"), ops, ifMatch(c.Request.Header), inc)
	if err != nil {
		return err
	}
	if silent {
		e.writeHeaders(c, r)
		c.Status(http.StatusNoContent)
		return nil
	}
	return e.writeResource(c, http.StatusOK, r, p)
}

// delete answers DELETE (RFC 7644 §3.6).
func (e *endpoint) delete(c *gin.Context) error {
	err := e.directory(c).Delete(c.Request.Context(), e.t, c.Param("id"), ifMatch(c.Request.Header))
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// input is what POST, PUT and PATCH bring.
type input struct {
	body       document.Object
	projection document.Projection // of the answer
	projects   bool                // the client named attributes
}

func (e *endpoint) read(c *gin.Context) (input, error) {
	var in input
	q, err := parseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return in, err
	}
	in.projects = q.projects()
	if in.projection, err = e.projection(q); err != nil {
		return in, err
	}
	data, err := route.Body(c, ContentType, "application/json")
	if err != nil {
		return in, err
	}
	in.body, err = document.Decode(data)
	return in, err
}

// projection reads which attributes the client wants (RFC 7644 §3.9).
func (e *endpoint) projection(q query) (document.Projection, error) {
	return document.ParseProjection(e.t, q["attributes"], q["excludedattributes"])
}

// include says what of a resource has to be read for a projection, so that
// nobody loads the members of a group to leave them out.
func (e *endpoint) include(p document.Projection) scimresource.Include {
	has := func(name string) bool { return e.t.Root.Sub(name) != nil && p.Wants(name) }
	return scimresource.Include{Groups: has("groups"), Members: has("members")}
}
