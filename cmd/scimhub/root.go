package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// usageError is a command line that can't be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// program is what the commands share.
type program struct {
	env []string // NAME=VALUE
}

func newRootCommand(env []string) *cobra.Command {
	p := &program{env: env}
	root := group("scimhub", "A SCIM 2.0 server and identity hub",
		p.serveCommand(),
		p.migrateCommand(),
		p.organizationCommand(),
		p.directoryCommand(),
		p.tokenCommand(),
		p.listenCommand(),
		demoCommand(),
		versionCommand(),
	)
	root.Long = `scimhub is a SCIM 2.0 server and identity hub. Identity providers such as Okta
and Entra ID provision users and groups into it; applications read them back.

Every setting is a flag, an environment variable and a key of the configuration
file: --log-level, SCIMHUB_LOG_LEVEL and log-level. A flag beats the
environment, and the environment beats the file.`
	root.Example = `  scimhub serve                        # on 127.0.0.1:8080, with ./scimhub.db
  scimhub token create --name okta     # a token for an identity provider
  scimhub serve --help`
	root.Version = readBuild().Version
	root.SetVersionTemplate("scimhub {{.Version}}\n")
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return root
}

// group makes a command that only holds others. Without one of them, it says
// which there are.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("a command is missing: %s", commandNames(cmd))
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(commands...)
	return cmd
}

func commandNames(cmd *cobra.Command) string {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return strings.Join(names, ", ")
}

// noSuchCommand refuses the argument of a group: it was meant as a command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		return usagef("there is no command %q; did you mean %s?", args[0], strings.Join(meant, " or "))
	}
	return usagef("there is no command %q; the commands are %s", args[0], commandNames(cmd))
}

// takes makes a command refuse any but the named arguments.
func takes(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("%s is missing", strings.Join(names[len(args):], " and "))
		}
		if len(args) > len(names) {
			return usagef("the argument %q is one too many", args[len(names)])
		}
		if i := slices.Index(args, ""); i >= 0 {
			return usagef("%s must not be empty", names[i])
		}
		return nil
	}
}
