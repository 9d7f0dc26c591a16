package main_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// importPolicy says which part of the hub may import what. "a, b < c, d" means
// that c and d may import a and b, and nothing follows from it for others: the
// relation is not transitive. A name stands for the package and all below it,
// which may import each other freely; the longest name that fits decides.
//
// Every package of ours must belong to a name on the right of some line. Of
// other modules and the standard library only what some line names is
// restricted. Tests may import what they like.
const importPolicy = `
	# The domain, the API's contract, the examples of the documents and the SQL files
	# stand alone.
	NONE < api, docs, migrations, scimresource

	scimresource, api                              < webhooks
	scimresource, webhooks, migrations             < storage
	scimresource, webhooks, api                    < server
	scimresource, webhooks, api, migrations,
	storage, server                                < cmd

	# One package per technology. goose hands migrations an *sql.DB. The interface
	# of the server that is generated from the contract speaks of gin.Context.
	gorm.io, github.com/glebarez, modernc.org,
	github.com/jackc/pgx, database/sql/driver      < storage
	github.com/pressly/goose, database/sql         < storage, migrations
	github.com/gin-gonic/gin, github.com/gin-contrib < api, server
	net/http                                       < api, webhooks, server, cmd, docs
	github.com/spf13/cobra, github.com/knadh/koanf < cmd

	# Its parser overflows the stack on hostile input; only its syntax tree is used.
	github.com/scim2/filter-parser                 < scimresource, storage
`

// TestImportPolicy reads the imports of every file outside of tests, whatever
// its build constraints.
func TestImportPolicy(t *testing.T) {
	p := mustParsePolicy(t, importPolicy)
	imports, err := readImports(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	inDomain := func(imp fileImport) bool { return within(imp.importer, "scimresource") }
	if !slices.ContainsFunc(imports, inDomain) {
		t.Error("found no import in scimresource; is this the root of the module?")
	}
	for _, complaint := range p.check(imports) {
		t.Error(complaint)
	}
}

// TestImportPolicyIsEnforced proves on a made-up module that a breach is found.
func TestImportPolicyIsEnforced(t *testing.T) {
	p := mustParsePolicy(t, `
		NONE < domain
		domain < store
		domain < web
		domain, store, web < cmd
		db/sql, example.com/orm < store
	`)
	imports, err := readImports(fstest.MapFS{
		"domain/user.go":        goFile("package domain", "strings", modulePath+"/domain/filter", modulePath+"/store"),
		"domain/orm_windows.go": goFile("package domain", "example.com/orm/v2"),
		"domain/user_test.go":   goFile("package domain", modulePath+"/store"),
		"domain/filter/lex.go":  goFile("package filter", "example.com/ormolu", "db/sql"),
		"store/sql.go":          goFile("package store", "db/sql", "example.com/orm", modulePath+"/domain/filter"),
		"web/scim/users.go":     goFile("package scim", modulePath+"/domain", modulePath+"/store/fake"),
		"webby/extra.go":        goFile("package webby", "strings"),
		"cmd/hub/main.go":       goFile("package main", modulePath+"/store", modulePath+"/webby"),
		"web/testdata/x/x.go":   goFile("package x", modulePath+"/store"),
		".tools/x.go":           goFile("package x", modulePath+"/store"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"cmd/hub/main.go:3: cmd may not import webby: cmd may import domain, store, web",
		"domain/filter/lex.go:3: domain may not import db/sql: only store may",
		"domain/orm_windows.go:2: domain may not import example.com/orm/v2: only store may",
		"domain/user.go:4: domain may not import store: domain may import nothing of ours",
		"web/scim/users.go:3: web may not import store/fake: web may import domain",
		"webby: belongs to no part named in the import policy; add it to a part or give it a line",
	}
	if diff := cmp.Diff(want, p.check(imports)); diff != "" {
		t.Errorf("complaints (-want +got):\n%s", diff)
	}
}

func TestImportPolicyMustParse(t *testing.T) {
	for _, text := range []string{"domain", "a < b < c", "a, < b", "a b < c"} {
		if _, err := parsePolicy(text); err == nil {
			t.Errorf("parsePolicy(%q) succeeded, want an error", text)
		}
	}
}

// goFile returns a Go file whose first import stands in its second line.
func goFile(clause string, imports ...string) *fstest.MapFile {
	lines := []string{clause}
	for _, imp := range imports {
		lines = append(lines, "import "+strconv.Quote(imp))
	}
	return &fstest.MapFile{Data: []byte(strings.Join(lines, "\n"))}
}
