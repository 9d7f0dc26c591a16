package main

import (
	"strings"

	"github.com/scimhub/scimhub/scimresource/spelling"
)

// nearest gives the setting that a mistyped name most likely means, or "".
func nearest(name string) string {
	var names []string
	for _, s := range settings() {
		names = append(names, s.name)
	}
	return spelling.Nearest(strings.ReplaceAll(strings.ToLower(name), "_", "-"), names)
}
