package scim

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// fixedSegments gives the parts of SCIM paths that are fixed names, as RFC 7644
// §3.2 spells them.
func fixedSegments() []string {
	return []string{
		"Users", "Groups", "Me", "Bulk", ".search", "Schemas", "ResourceTypes", "ServiceProviderConfig",
	}
}

// CanonicalPath gives a path below /scim, in any case, with its fixed parts
// spelled as in the routes. Ids stay as they are. A version that is left out is
// the one spoken here (RFC 7644 §3.13). The path has no empty segments.
func CanonicalPath(path string) string {
	segments := strings.Split(path, "/") // "", "scim", version, endpoint, …
	segments[1] = "scim"
	if len(segments) > 2 && isEndpoint(segments[2]) {
		segments = slices.Insert(segments, 2, "v2")
	}
	if len(segments) > 2 {
		segments[2] = strings.ToLower(segments[2])
	}
	for i := 3; i < min(len(segments), 5); i++ {
		segments[i] = canonicalSegment(segments[i], i)
	}
	return strings.Join(segments, "/")
}

func isEndpoint(s string) bool {
	return slices.ContainsFunc(fixedSegments(), func(name string) bool { return strings.EqualFold(s, name) })
}

// canonicalSegment spells an endpoint, or the .search behind one.
func canonicalSegment(s string, position int) string {
	for _, name := range fixedSegments() {
		if strings.EqualFold(s, name) && (position == 3 || name == ".search") {
			return name
		}
	}
	return s
}

// NoRoute says what is wrong with a path below /scim that is no endpoint: an
// unknown version is a fault of its own (RFC 7644 §3.13).
func NoRoute(c *gin.Context) error {
	version, _, _ := strings.Cut(strings.TrimPrefix(c.Request.URL.Path, "/scim/"), "/")
	if isVersion(version) && version != "v2" {
		return fault.New(fault.InvalidVersion, "only version 2 of SCIM is spoken here; use the base URL …%s", Prefix)
	}
	return fault.New(fault.NotFound, "there is no such SCIM endpoint; the base URL is …%s, the endpoints below it are /Users, /Groups, "+
		"/Schemas, /ResourceTypes and /ServiceProviderConfig", Prefix)
}

// isVersion reports whether a path segment is "v" and a number.
func isVersion(s string) bool {
	digits, ok := strings.CutPrefix(s, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789.") == ""
}
