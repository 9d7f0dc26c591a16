package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the tests run this test binary as scimhub.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scimhub": main})
}
