// Package terminal tells whether an output is a terminal, and makes text from other
// systems safe to print.
//
// Text from other systems is every text that the program did not write itself: alert
// annotations and labels, pause reasons, server names,
// journal details, error messages of other systems. A terminal interprets
// control characters in it: escape sequences recolour or overwrite lines, set
// the window's title or answer as if typed, a newline forges a line of output,
// and bidirectional controls reorder what is shown. Quote makes them visible.
package terminal

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Is reports whether w is a terminal, or another character device.
func Is(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Quote returns text that consists of printable characters and spaces as it is,
// and any other text as a double-quoted Go string, in which control characters,
// newlines, bidirectional controls and invalid UTF-8 are escape sequences such
// as \x1b, \n and \u202e.
func Quote(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable) {
		return text
	}
	return strconv.Quote(text)
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// Lines quotes each line of a text of several lines, such as joined errors, and puts
// indent before every line except the first. A line break in text from another
// system can therefore only produce an indented line.
func Lines(text, indent string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = Quote(l)
	}
	return strings.Join(lines, "\n"+indent)
}

// Sprintf is fmt.Sprintf, but it quotes every argument that is not a number. The
// format is printed unchanged.
func Sprintf(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		if safe[i] = a; !number(a) {
			safe[i] = Quote(fmt.Sprint(a))
		}
	}
	return fmt.Sprintf(format, safe...)
}

func number(a any) bool {
	kind := reflect.ValueOf(a).Kind()
	return kind >= reflect.Int && kind <= reflect.Float64
}

// JSON returns an encoded JSON document in which every character that is not
// printable is a \u escape. It decodes to the same value: encoding/json
// leaves such characters only inside strings, apart from the newlines of an
// indented document, which are kept.
func JSON(document []byte) []byte {
	var out strings.Builder
	for _, r := range string(document) {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return []byte(out.String())
}
