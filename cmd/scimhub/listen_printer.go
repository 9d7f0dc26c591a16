package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/scimhub/scimhub/webhooks"
)

// maxReason is how many characters of a failure's answer are shown.
const maxReason = 160

// listenPrinter tells a reader at a terminal what is forwarded, and, apart from
// it, how the hub fares.
type listenPrinter struct {
	*printer
	notices *printer
	now     func() time.Time
}

func newListenPrinter(out, notices io.Writer) *listenPrinter {
	return &listenPrinter{printer: newPrinter(out), notices: newPrinter(notices), now: time.Now}
}

// newPrinter makes a printer that paints on a terminal, unless NO_COLOR asks it
// not to.
func newPrinter(out io.Writer) *printer {
	return &printer{out: out, color: isTerminal(out) && os.Getenv("NO_COLOR") == ""}
}

// begin says what is done, and with which secret where that was made up.
func (p *listenPrinter) begin(o listenOptions, made bool) {
	p.line("Events of %s go to %s", o.url, o.forwardTo)
	if made {
		shown, _ := webhooks.Secret{Key: o.secret}.Shown() // it is a secret that can be shown
		p.line("signed with this secret, until you press Ctrl-C:\n\n    %s\n", p.paint(bold, shown))
		return
	}
	p.line("signed with the secret of --secret, until you press Ctrl-C.\n")
}

// forwarded prints the line of an event, and why it failed if it did.
func (p *listenPrinter) forwarded(t told, r reply) {
	status, style := fmt.Sprint(r.status), green
	if r.err != nil {
		status = "---"
	}
	if !r.ok() {
		style = red
	}
	p.line("%s  %-24s  %-32s  %s  %s", p.paint(faint, p.now().Format(time.TimeOnly)), t.Type, printable(t.who()),
		p.paint(style, status), p.paint(faint, r.took.Round(time.Millisecond).String()))
	if reason := r.reason(); reason != "" {
		p.line("          %s", p.paint(faint, reason))
	}
}

// reason gives, in a line, why an event was not taken, or "".
func (r reply) reason() string {
	switch {
	case r.err != nil:
		return printable(r.err.Error())
	case r.ok():
		return ""
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(r.body), []byte("\n"))
	text := []rune(printable(string(first)))
	if len(text) > maxReason {
		text = append(text[:maxReason], '…')
	}
	return string(text)
}

// printable takes from a text what a terminal would obey.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (p *listenPrinter) notice(format string, args ...any) {
	text := printable(fmt.Sprintf(format, args...))
	p.notices.line("%s  %s", p.notices.paint(faint, p.now().Format(time.TimeOnly)), p.notices.paint(cyan, text))
}

func (p *listenPrinter) away(why error) {
	p.notice("The hub is away: %v. Waiting for it.", why)
}

func (p *listenPrinter) back() { p.notice("The hub is back.") }
