package calendar

import (
	"bytes"
	"errors"
	"fmt"
)

// The limits of a calendar. A school's calendar of ten years has a few hundred events.
const (
	// MaxBody is the size of a calendar in bytes.
	MaxBody   = 4 << 20
	maxEvents = 10_000
	maxLine   = 64 << 10 // bytes, with its continuation lines
	maxDepth  = 4        // components within components
	maxParams = 32       // of one property
)

// bound returns an error if a calendar exceeds a limit, with the line. The cost of the
// parser grows with the square of the length and with the depth.
func bound(body []byte) error {
	if len(body) > MaxBody {
		return fmt.Errorf("more than %d bytes; at most that many are allowed", MaxBody)
	}
	if first, _, _ := bytes.Cut(body, []byte("\n")); !bytes.EqualFold(bytes.TrimSpace(first), []byte("BEGIN:VCALENDAR")) {
		return errors.New("not a calendar in the format iCalendar, which begins with BEGIN:VCALENDAR")
	}
	var b bounds
	for line := range bytes.Lines(body) {
		if err := b.next(line); err != nil {
			return fmt.Errorf("line %d: %w", b.line, err)
		}
	}
	return nil
}

// bounds counts what has been read.
type bounds struct{ line, length, depth, events int }

// next counts a line.
func (b *bounds) next(line []byte) error {
	b.line++
	if line[0] != ' ' && line[0] != '\t' {
		b.length = 0
	}
	if b.length += len(line); b.length > maxLine {
		return fmt.Errorf("a property of more than %d bytes; at most that many are allowed", maxLine)
	}
	name, _, _ := bytes.Cut(line, []byte(":"))
	if n := bytes.Count(name, []byte(";")) + bytes.Count(name, []byte(",")); n > maxParams {
		return fmt.Errorf("a property with %d parameters; at most %d are allowed", n, maxParams)
	}
	switch {
	case bytes.EqualFold(name, []byte("BEGIN")):
		b.depth++
	case bytes.EqualFold(name, []byte("END")):
		b.depth--
	}
	if b.depth > maxDepth {
		return fmt.Errorf("components are nested %d deep; at most %d are allowed", b.depth, maxDepth)
	}
	if bytes.EqualFold(bytes.TrimSpace(line), []byte("BEGIN:VEVENT")) {
		b.events++
	}
	if b.events > maxEvents {
		return fmt.Errorf("more than %d events; at most that many are allowed", maxEvents)
	}
	return nil
}
