// Command scimhub is a SCIM 2.0 server and identity hub: identity providers
// provision users and groups into it, and applications read them back.
//
// This package is the only place where the parts of the hub are wired together
// (wire.go). It has one file per command, and the configuration.
package main

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/scimhub/scimhub/scimresource/fault"
)

// Exit statuses.
const (
	exitOK    = 0
	exitError = 1 // what was asked for could not be done
	exitUsage = 2 // what was asked for could not be understood
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}

// run is the whole program: it runs the command that args name and gives the
// exit status. The environment is a list of NAME=VALUE. Errors go to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env []string) int {
	root := newRootCommand(env)               //nolint:contextcheck // cobra hands ctx to the commands
	root.SetArgs(append([]string{}, args...)) // never nil, which cobra reads as os.Args
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if _, ok := errors.AsType[usageError](err); ok {
		root.PrintErrf("%[1]s: %[2]v\nRun '%[1]s --help' for usage.\n", cmd.CommandPath(), err)
		return exitUsage
	}
	root.PrintErrln("scimhub: " + message(err))
	return exitError
}

// message gives an error as it is told to whoever runs a command: a refusal
// without the cause behind it, which is a driver's, but the cause of a failure.
func message(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err.Error()
	}
	return f.Detail
}
