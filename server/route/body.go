package route

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Body reads the whole body of a request whose media type, parameters apart,
// is one of those given or not said at all. Another type, or a compressed
// body, is a fault of kind UnsupportedMediaType; a body over the server's
// limit is TooLarge.
func Body(c *gin.Context, types ...string) ([]byte, error) {
	if err := checkType(c.Request.Header, types); err != nil {
		return nil, err
	}
	return Raw(c)
}

// Raw reads the whole body of a request, of whatever type it is. One over the
// server's limit is a fault of kind TooLarge.
func Raw(c *gin.Context) ([]byte, error) {
	var buf bytes.Buffer
	if n := c.Request.ContentLength; n > 0 {
		buf.Grow(int(n) + bytes.MinRead) // the server refused a length over its limit
	}
	_, err := io.Copy(&buf, c.Request.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fault.New(fault.TooLarge, "the body is larger than the limit of %d bytes", tooLarge.Limit)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.InvalidSyntax, "the body ended before it was complete")
	}
	return buf.Bytes(), nil
}

func checkType(h http.Header, types []string) error {
	if coding := h.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return fault.New(fault.UnsupportedMediaType, "send the body without Content-Encoding")
	}
	header := h.Get("Content-Type")
	if header == "" {
		return nil
	}
	// Not mime.ParseMediaType, which refuses odd parameters: none matters here.
	mediaType, _, _ := strings.Cut(header, ";")
	if !slices.Contains(types, strings.ToLower(strings.TrimSpace(mediaType))) {
		return fault.New(fault.UnsupportedMediaType, "send the body with Content-Type %s", strings.Join(types, " or "))
	}
	return nil
}
