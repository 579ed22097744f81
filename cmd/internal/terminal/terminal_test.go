package terminal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatATerminalWouldInterpretIsQuoted(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"printable text":          {"bbb-1: 35 % – größer als 5 µs, \"quoted\"", "bbb-1: 35 % – größer als 5 µs, \"quoted\""},
		"nothing":                 {"", ""},
		"an escape sequence":      {"a\x1b[2Jb", `"a\x1b[2Jb"`},
		"an eight-bit escape":     {"a\u009b2Jb", `"a\u009b2Jb"`},
		"a newline":               {"a\nok     fleet", `"a\nok     fleet"`},
		"a carriage return":       {"a\rb", `"a\rb"`},
		"a tab":                   {"a\tb", `"a\tb"`},
		"a backspace":             {"ab\b\bcd", `"ab\b\bcd"`},
		"a bell":                  {"\a", `"\a"`},
		"a delete":                {"\x7f", `"\x7f"`},
		"a bidirectional control": {"user\u202etxt.exe", `"user\u202etxt.exe"`},
		"an isolate":              {"\u2066a\u2069", `"\u2066a\u2069"`},
		"a line separator":        {"a\u2028b", `"a\u2028b"`},
		"a zero-width space":      {"a\u200bb", `"a\u200bb"`},
		"broken UTF-8":            {"a\xffb", `"a\xffb"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Quote(test.text); got != test.want {
				t.Errorf("Quote(%q) = %s, want %s", test.text, got, test.want)
			}
		})
	}
}

func TestArgumentsAreQuotedAndNumbersFormatted(t *testing.T) {
	type name string
	type cores int
	got := Sprintf("%-4s|%d|%d|%.1f|%s|%v|%v\n", "a", 2, cores(3), 2.25, name("b\x1b"), errors.New("c\nd"), nil)
	if want := "a   |2|3|2.2|\"b\\x1b\"|\"c\\nd\"|<nil>\n"; got != want {
		t.Errorf("Sprintf = %q, want %q", got, want)
	}
}

func TestEachLineOfAnErrorIsQuotedAndIndented(t *testing.T) {
	if got, want := Lines("one\ntwo\x1b[0m\nthree\n", "  "), "one\n  \"two\\x1b[0m\"\n  three"; got != want {
		t.Errorf("Lines = %q, want %q", got, want)
	}
}

func TestJSONIsEscapedAndDecodesToTheSame(t *testing.T) {
	want := map[string]string{"reason": "a\x1b\n\t\u009b2J\u202eb\x7f \U000e0001 ü"}
	document, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	safe := JSON(document)
	for line := range bytes.SplitSeq(safe, []byte("\n")) {
		if Quote(string(line)) != string(line) {
			t.Errorf("JSON leaves what a terminal interprets: %q", line)
		}
	}
	var got map[string]string
	if err := json.Unmarshal(safe, &got); err != nil || got["reason"] != want["reason"] {
		t.Errorf("decoded = %q, %v, want %q", got["reason"], err, want["reason"])
	}
}

func TestAFileOrABufferIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if Is(f) || Is(&bytes.Buffer{}) {
		t.Error("a file or a buffer is taken for a terminal")
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if !Is(null) {
		t.Errorf("%s, a character device, is not taken for a terminal", os.DevNull)
	}
}
