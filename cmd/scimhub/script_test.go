package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs testdata/script/*.txtar against the real binary. Beside the
// commands of testscript there are:
//
//	exits STATUS COMMAND...       runs a command that must end with the status
//	hub start [FLAG...]           starts scimhub serve on a free port, sets URL, ADDRESS and, for
//	                              an empty database, TOKEN; its output goes to hub.out and hub.err
//	hub stop                      sends SIGTERM and waits until the hub says it is stopping
//	hub kill                      sends SIGTERM
//	hub wait STATUS               waits for the hub's end; -1 is the end by a signal
//	http METHOD PATH STATUS [FILE]  sends a request with TOKEN; prints headers and body
//	http begin METHOD PATH FILE   sends a request but for its body, and waits for the hub to ask for that
//	http finish STATUS            sends the body and prints the answer
//	remember NAME MEMBER          sets NAME to a member of the JSON object printed last
//	receiver start                starts a program that events can be posted to, sets RECEIVER and SECRET;
//	                              the file received has a line for each event it took
//	receiver fail N               makes it answer the next N events with 500
//	receiver await N              waits until it has taken N events since its start
//	postgres                      makes an empty database and sets DATABASE to its DSN
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		UpdateScripts:      os.Getenv("UPDATE_GOLDEN") != "",
		Setup: func(env *testscript.Env) error {
			env.Values[hubKey{}] = &runningHub{}
			env.Values[clientKey{}] = &httpClient{}
			env.Values[receiverKey{}] = &scriptReceiver{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    cmdExits,
			"hub":      cmdHub,
			"http":     cmdHTTP,
			"remember": cmdRemember,
			"receiver": cmdReceiver,
			"postgres": cmdPostgres,
		},
	})
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitStatus(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// exitStatus gives the status a process ended with; -1 is the end by a signal.
func exitStatus(ts *testscript.TestScript, err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}
