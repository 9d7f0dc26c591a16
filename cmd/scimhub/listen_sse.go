package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// maxLine is the longest line of a stream that is read: payloads have at most
// 256 KiB.
const maxLine = 1 << 20

// sseMessage is a message of a stream of server-sent events.
type sseMessage struct {
	id    string // the last one that the stream gave, this message's or not
	event string
	data  string
}

// sseReader reads a stream of server-sent events (HTML, "Server-sent events").
type sseReader struct {
	lines *bufio.Scanner
	id    string
}

func newSSEReader(r io.Reader) *sseReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	return &sseReader{lines: lines}
}

// next gives the next message. One without data only moves the id. A message
// that the end of the stream cuts off is dropped.
func (r *sseReader) next() (sseMessage, error) {
	var m sseMessage
	var data []string
	for r.lines.Scan() {
		line := r.lines.Text() // without \r\n too
		if line == "" {
			m.id, m.data = r.id, strings.Join(data, "\n")
			return m, nil
		}
		name, value, _ := strings.Cut(line, ":") // a comment has no name
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			if !strings.Contains(value, "\x00") {
				r.id = value
			}
		case "event":
			m.event = value
		case "data":
			data = append(data, value)
		}
	}
	if err := r.lines.Err(); err != nil {
		return m, err
	}
	return m, errors.New("the stream has ended")
}
