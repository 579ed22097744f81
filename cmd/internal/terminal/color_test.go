package terminal

import (
	"bytes"
	"os"
	"testing"
)

func TestOnlyATerminalThatWantsColorsGetsThem(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name, test := range map[string]struct {
		env  map[string]string
		pipe bool
		want string
	}{
		"a terminal":      {nil, false, "\x1b[31mdown\x1b[0m"},
		"a pipe":          {nil, true, "down"},
		"NO_COLOR":        {map[string]string{"NO_COLOR": "1"}, false, "down"},
		"an empty one":    {map[string]string{"NO_COLOR": ""}, false, "\x1b[31mdown\x1b[0m"},
		"a dumb terminal": {map[string]string{"TERM": "dumb"}, false, "down"},
	} {
		p := PaletteOf(null, func(key string) string { return test.env[key] })
		if test.pipe {
			p = PaletteOf(&bytes.Buffer{}, func(string) string { return "" })
		}
		if got := p.Paint(Red, "down"); got != test.want || p.Paint(Plain, "down") != "down" {
			t.Errorf("%s: Paint = %q, want %q", name, got, test.want)
		}
	}
}
