package server

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"github.com/scimhub/scimhub/server/scim"
)

// compression gives a middleware that compresses answers of some size for
// clients that accept gzip.
func compression() (func(http.Handler) http.HandlerFunc, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.ContentTypes([]string{scim.ContentType, problemType, "application/json", "application/yaml", "text/plain"}),
		gzhttp.MinSize(1400), // what fits in one packet gains nothing
	)
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return wrap, nil
}
