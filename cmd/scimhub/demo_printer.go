package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// maxShown is how many lines of a body are printed.
const maxShown = 24

// printer prints exchanges for a reader at a terminal.
type printer struct {
	out   io.Writer
	color bool
	count int
}

const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	cyan  = "36"
)

// paint wraps text in an ANSI style where the output is a terminal.
func (p *printer) paint(style, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (p *printer) line(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...) // a closed terminal ends the demo by its signal
}

func (p *printer) chapter(title string) {
	p.line("\n%s\n%s", p.paint(bold, title), p.paint(bold, strings.Repeat("=", len(title))))
}

func (p *printer) request(x exchange) {
	p.count++
	p.line("\n%s %s", p.paint(bold, fmt.Sprintf("%d.", p.count)), p.paint(bold, x.why))
	p.line("  %s %s %s", p.paint(cyan, "→"), x.method, x.path)
	p.body([]byte(x.body))
}

func (p *printer) answer(a answer) {
	p.line("  %s %d %s", p.paint(cyan, "←"), a.status, p.paint(faint, a.header.Get("ETag")))
	p.body(a.body)
}

// body prints JSON indented and not too long.
func (p *printer) body(body []byte) {
	if len(body) == 0 {
		return
	}
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		out.Reset()
		out.Write(body)
	}
	lines := strings.Split(out.String(), "\n")
	for i, text := range lines {
		if i == maxShown {
			p.line("      %s", p.paint(faint, fmt.Sprintf("… %d more lines", len(lines)-i)))
			return
		}
		p.line("      %s", p.paint(faint, text))
	}
}

func (p *printer) changes(lines []string) {
	for _, text := range lines {
		p.line("  %s %s", p.paint(green, "directory"), text)
	}
}

// delivery prints what the application was told.
func (p *printer) delivery(d demoDelivery) {
	about := fmt.Sprintf("%s %s", p.paint(bold, string(d.Type)), printable(d.who()))
	for _, list := range []struct {
		name   string
		values []string
	}{{"changed_fields", d.Data.ChangedFields}, {"added_members", d.Data.AddedMembers}, {"removed_members", d.Data.RemovedMembers}} {
		if len(list.values) > 0 {
			about += fmt.Sprintf(", %s: %s", list.name, strings.Join(list.values, " "))
		}
	}
	if d.refused {
		p.line("  %s %s; attempt %s is answered 503", p.paint(red, "refused  "), about, d.attempt)
		return
	}
	if d.attempt != "1" {
		about += ", attempt " + d.attempt
	}
	p.line("  %s %s; %s", p.paint(green, "delivered"), about, p.paint(green, "signature verified"))
}

func (p *printer) miss(err error) {
	p.line("  %s %v", p.paint(red, "✗ not what the application needs:"), err)
}

func (p *printer) failure(err error) {
	p.line("  %s %v", p.paint(red, "✗ not what the client needs:"), err)
}
