package admin

import (
	"embed"
	"net/http"
	"path"
	"slices"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui/v5emb"

	"github.com/scimhub/scimhub/api"
	"github.com/scimhub/scimhub/scimresource/fault"
)

// docsPath is where people read the contract.
const docsPath = "/docs"

// viewer has the page that shows the contract by Swagger UI.
//
//go:embed viewer
var viewer embed.FS

// viewerPolicy lets the page load nothing from elsewhere, and run no script but
// its own. Swagger UI sets styles of elements, and shows images in data: URLs.
const viewerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// GetContract answers GET of openapi.yaml.
func (h *handler) GetContract(c *gin.Context) {
	c.Data(http.StatusOK, "application/yaml", api.Contract) // RFC 9512
}

// GetKeys answers GET of the hub's public keys.
func (h *handler) GetKeys(c *gin.Context) {
	keys, err := h.Keys.JWKS(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.Data(http.StatusOK, contentType, keys)
}

// GetDocs answers GET of the page.
func (h *handler) GetDocs(c *gin.Context) {
	page, err := viewer.ReadFile("viewer/index.html")
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Content-Security-Policy", viewerPolicy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/html; charset=utf-8", page)
}

// assets serves what the page loads.
type assets struct{ swagger http.Handler }

func newAssets() assets { return assets{v5emb.New("", "", docsPath)} }

func (a assets) serve(c *gin.Context) error {
	c.Header("X-Content-Type-Options", "nosniff")
	name := path.Base(c.Param("asset"))
	switch {
	case name == "start.js":
		script, err := viewer.ReadFile("viewer/start.js")
		c.Data(http.StatusOK, "text/javascript; charset=utf-8", script)
		return err
	case slices.Contains([]string{"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"}, name):
		a.swagger.ServeHTTP(c.Writer, c.Request)
		return nil
	}
	return fault.New(fault.NotFound, "there is nothing at this path")
}
