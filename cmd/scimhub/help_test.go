package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// eachCommand calls fn for every command that is the hub's own.
func eachCommand(cmd *cobra.Command, fn func(*cobra.Command)) {
	fn(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, fn)
	}
}

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	eachCommand(newRootCommand(nil), func(cmd *cobra.Command) {
		var stdout, stderr bytes.Buffer
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		status := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr, nil)
		if status != exitOK || stderr.Len() > 0 {
			t.Errorf("%s --help: status %d, %s", cmd.CommandPath(), status, &stderr)
		}
		if !strings.Contains(stdout.String(), "\nExamples:\n  ") {
			t.Errorf("%s --help has no examples", cmd.CommandPath())
		}
	})
}

// invocation finds calls of the hub in the documents and in the help.
var invocation = regexp.MustCompile(`(?m)^ *(?:[A-Z_]+=\S+ |TOKEN=\$\()?(?:bin/)?scimhub ([^#|)\n]*)`)

// TestDocumentedCommandsExist holds every command line that the documents and
// the examples show against the commands and flags that there are.
func TestDocumentedCommandsExist(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range append(files, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = strings.Join(regexp.MustCompile("(?s)```sh\n.*?```").FindAllString(string(text), -1), "\n")
	}
	eachCommand(newRootCommand(nil), func(cmd *cobra.Command) { texts[cmd.CommandPath()] = cmd.Example })

	found := 0
	for name, text := range texts {
		for _, m := range invocation.FindAllStringSubmatch(text, -1) {
			found++
			if err := parses(strings.Fields(m[1])); err != nil {
				t.Errorf("%s shows: scimhub %s\nbut %v", name, m[1], err)
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d command lines; are they still written as the pattern has them?", found)
	}
}

// parses reports why a command line can't be understood, if it can't be.
func parses(args []string) error {
	cmd, rest, err := newRootCommand(nil).Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd.HasSubCommands() {
		return noSuchCommand(cmd, cmd.Flags().Args())
	}
	return nil
}
