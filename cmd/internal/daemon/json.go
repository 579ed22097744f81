package daemon

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// The values of --output.
const (
	outputText = "text"
	outputJSON = "json"
)

// outputFlag adds --output.
func (o *options) outputFlag(cmd *kingpin.CmdClause, what string) {
	cmd.Flag("output", "Format of the output: text, or json: "+what).Default(outputText).EnumVar(&o.output, outputText, outputJSON)
}

// printJSON prints an indented document.
func printJSON(out io.Writer, v any) error { return encode(out, v, "  ") }

// printLine prints a document on one line.
func printLine(out io.Writer, v any) error { return encode(out, v, "") }

func encode(out io.Writer, v any, indent string) error {
	var document bytes.Buffer
	enc := json.NewEncoder(&document)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := out.Write(terminal.JSON(document.Bytes()))
	return err
}
