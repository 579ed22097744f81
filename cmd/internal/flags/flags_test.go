package flags

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
)

// app returns a program with a flag of each kind, on itself and on a command.
func app() *kingpin.Application {
	a := kingpin.New("test", "").UsageWriter(io.Discard).Terminate(nil)
	a.Flag("number", "").Int()
	a.Flag("share", "").Float64()
	a.Flag("own", "").SetValue(own{})
	c := a.Command("show", "")
	c.Flag("format", "").Default("text").Enum("text", "json")
	c.Flag("state", "").Enums("on", "off")
	c.Flag("for", "").Duration()
	c.Flag("file", "").ExistingFile()
	c.Flag("name", "").String()
	return a
}

// own is a value whose errors name the flag.
type own struct{}

func (own) String() string { return "" }
func (own) Set(text string) error {
	if text == "good" {
		return nil
	}
	return errors.New("--own: must be good")
}

func TestAnErrorNamesTheFlagTheValueAndWhatIsAllowed(t *testing.T) {
	for args, want := range map[string]string{
		"show --number=many":            `--number: "many": must be a number`,
		"--share=half show":             `--share: "half": must be a number`,
		"show --format=xml":             `--format: "xml": must be one of text, json`,
		"show --state=on --state=maybe": `--state: "maybe": must be one of on, off`,
		"show --for=2x":                 `--for: "2x": must be a duration such as 90s, 15m or 2h`,
		"show --file=/nonexistent":      `--file: "/nonexistent": must be a file that exists`,
		"show --own=bad":                `--own: must be good`,
		"show --nothing":                `unknown long flag '--nothing'`,
		"show --name=a --name=b":        `flag 'name' cannot be repeated`,
		"shwo":                          `expected command but got "shwo"`,
	} {
		if _, err := Parse(app(), strings.Fields(args)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
	if command, err := Parse(app(), strings.Fields("show --number=3 --own=good --for=2m --state=on")); err != nil || command != "show" {
		t.Errorf("a right command line: %q, %v", command, err)
	}
}
