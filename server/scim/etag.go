package scim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scimhub/scimhub/scimresource"
)

// ifMatch reads what version the client demands. SCIM's tags are weak, so they
// are compared by their text and not, as RFC 9110 §13.1.1 has it, never equal.
// A tag that is none of ours matches nothing.
func ifMatch(h http.Header) scimresource.Condition {
	tags := tagList(h, "If-Match")
	if len(tags) == 0 || slices.Contains(tags, "*") {
		return scimresource.Condition{}
	}
	return scimresource.Condition{Set: true, Versions: versions(tags)}
}

// knows reports whether the client has a version already (If-None-Match).
func knows(h http.Header, version int64) bool {
	tags := tagList(h, "If-None-Match")
	return slices.Contains(tags, "*") || slices.Contains(versions(tags), version)
}

// tagList splits a header that lists entity tags. A comma within a tag splits
// it too, but such a tag is none of ours.
func tagList(h http.Header, name string) []string {
	var tags []string
	for tag := range strings.SplitSeq(strings.Join(h.Values(name), ","), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// versions gives the versions that entity tags stand for, weak or strong.
func versions(tags []string) []int64 {
	var out []int64
	for _, tag := range tags {
		text := strings.TrimPrefix(tag, "W/")
		if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
			continue
		}
		v, err := strconv.ParseInt(text[1:len(text)-1], 10, 64)
		if err == nil && ("W/"+text == scimresource.ETag(v)) {
			out = append(out, v)
		}
	}
	return out
}
