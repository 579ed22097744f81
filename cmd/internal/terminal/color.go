package terminal

import "io"

// Color is a color of a line, as a sequence that a terminal interprets.
type Color string

// The colors: those that every terminal has.
const (
	Plain  Color = ""
	Red    Color = "\x1b[31m"
	Green  Color = "\x1b[32m"
	Yellow Color = "\x1b[33m"
	Dim    Color = "\x1b[2m"
)

const reset = "\x1b[0m"

// Palette colors text, or returns it as it is where the output has no colors.
type Palette struct{ on bool }

// PaletteOf returns the palette of an output. It colors text on a terminal, unless
// the environment variable NO_COLOR is not empty or TERM is dumb.
func PaletteOf(w io.Writer, getenv func(string) string) Palette {
	return Palette{Is(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// Paint returns text in a color. The text must be safe to print.
func (p Palette) Paint(c Color, text string) string {
	if !p.on || c == Plain {
		return text
	}
	return string(c) + text + reset
}
