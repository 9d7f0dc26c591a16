package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/scimhub/scimhub"

// policy is a parsed import policy.
type policy struct {
	// may holds, for each part of ours, the names that it may import.
	may map[string][]string
	// fenced holds, for each name outside of ours, the parts that may import it.
	fenced map[string][]string
}

func mustParsePolicy(t *testing.T, text string) policy {
	t.Helper()
	p, err := parsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func parsePolicy(text string) (policy, error) {
	p := policy{may: map[string][]string{}, fenced: map[string][]string{}}
	for _, rule := range policyRules(text) {
		left, right, _ := strings.Cut(rule, "<")
		imported, err := policyNames(left)
		if err != nil {
			return p, fmt.Errorf("rule %q: %w", rule, err)
		}
		importers, err := policyNames(right)
		if err != nil {
			return p, fmt.Errorf("rule %q: %w", rule, err)
		}
		for _, importer := range importers {
			p.may[importer] = append(p.may[importer], imported...)
		}
	}
	p.fence()
	return p, nil
}

// policyRules drops comments and joins a line that ends in a comma with the next.
func policyRules(text string) []string {
	var rules []string
	pending := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		pending += strings.TrimSpace(line)
		if pending != "" && !strings.HasSuffix(pending, ",") {
			rules = append(rules, pending)
			pending = ""
		}
	}
	if pending != "" {
		rules = append(rules, pending)
	}
	return rules
}

func policyNames(list string) ([]string, error) {
	if strings.TrimSpace(list) == "NONE" {
		return nil, nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.ContainsAny(name, "< \t") {
			return nil, fmt.Errorf("%q is not a name", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// fence collects the names that are not parts of ours.
func (p policy) fence() {
	for importer, names := range p.may {
		for _, name := range names {
			if _, ours := p.may[name]; !ours {
				p.fenced[name] = append(p.fenced[name], importer)
			}
		}
	}
}

// fileImport is one import declaration.
type fileImport struct {
	importer string // folder of the importing package, relative to the module
	imported string // import path
	position string // file:line
}

// readImports returns every import in the Go files of a module that are not
// tests, in the order of their paths.
func readImports(module fs.FS) ([]fileImport, error) {
	var imports []fileImport
	err := fs.WalkDir(module, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && ignoredByGo(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		found, err := fileImports(module, name)
		imports = append(imports, found...)
		return err
	})
	return imports, err
}

func ignoredByGo(dir string) bool {
	return dir == "testdata" || dir == "vendor" ||
		dir != "." && (strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_"))
}

func fileImports(module fs.FS, name string) ([]fileImport, error) {
	source, err := fs.ReadFile(module, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []fileImport
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		position := fmt.Sprintf("%s:%d", name, fset.Position(spec.Pos()).Line)
		imports = append(imports, fileImport{path.Dir(name), imported, position})
	}
	return imports, nil
}

// check returns a complaint for each import that the policy does not allow and
// for each package that it does not know, sorted.
func (p policy) check(imports []fileImport) []string {
	var complaints []string
	for _, imp := range imports {
		if complaint := p.complaint(imp); complaint != "" {
			complaints = append(complaints, complaint)
		}
	}
	slices.Sort(complaints)
	return slices.Compact(complaints)
}

func (p policy) complaint(imp fileImport) string {
	importer, known := longestName(p.may, imp.importer)
	if !known {
		return imp.importer + ": belongs to no part named in the import policy; add it to a part or give it a line"
	}
	if target, ours := strings.CutPrefix(imp.imported, modulePath+"/"); ours {
		part, known := longestName(p.may, target)
		if known && (part == importer || slices.Contains(p.may[importer], part)) {
			return ""
		}
		return fmt.Sprintf("%s: %s may not import %s: %s may import %s",
			imp.position, importer, target, importer, p.ownImports(importer))
	}
	name, restricted := longestName(p.fenced, imp.imported)
	if !restricted || slices.Contains(p.fenced[name], importer) {
		return ""
	}
	return fmt.Sprintf("%s: %s may not import %s: only %s may",
		imp.position, importer, imp.imported, joinSorted(p.fenced[name]))
}

// ownImports lists the parts of ours that a part may import.
func (p policy) ownImports(part string) string {
	var own []string
	for _, name := range p.may[part] {
		if _, ours := p.may[name]; ours {
			own = append(own, name)
		}
	}
	if len(own) == 0 {
		return "nothing of ours"
	}
	return joinSorted(own)
}

func joinSorted(names []string) string {
	return strings.Join(slices.Sorted(slices.Values(names)), ", ")
}

// longestName returns the most specific of the names that pkg is within.
func longestName(names map[string][]string, pkg string) (string, bool) {
	for name := pkg; name != "." && name != "/"; name = path.Dir(name) {
		if _, ok := names[name]; ok {
			return name, true
		}
	}
	return "", false
}

// within reports whether pkg is the package of this name or below it.
func within(pkg, name string) bool {
	return pkg == name || strings.HasPrefix(pkg, name+"/")
}
