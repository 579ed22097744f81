// Command genrules writes the Prometheus rules for a configuration of bbb-scaler,
// and the files that belong to them: unit tests, the Alertmanager route, and
// scrape jobs, as plain files or as objects for the Prometheus operator.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/flags"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

//go:generate go run . --config.file ../../deploy/bbb-scaler.yml --output ../../deploy/rules/

func main() {
	err := run(os.Args[1:], os.Environ(), os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "genrules:", err)
		os.Exit(1)
	}
}

// errOutOfDate is the error of --check for a file that is missing or differs from
// the generated text.
var errOutOfDate = errors.New("is out of date; run genrules again without --check")

// options are the command's flags.
type options struct {
	config, format, output string
	check                  bool
}

func parse(args []string) (options, error) {
	var o options
	app := kingpin.New("genrules", "Writes the Prometheus rules, their unit tests, the Alertmanager route and the scrape jobs for a configuration of bbb-scaler.")
	app.Version(build.This().Text(app.Name))
	app.Flag("config.file", "The daemon's configuration file. Without it, the defaults and environment variables are used.").StringVar(&o.config)
	app.Flag("format", "Format to write: "+formats()+". Default: rules; all formats if --output is a directory.").StringVar(&o.format)
	app.Flag("output", "File to write, or directory: one that exists, or a path that ends in /. Default: standard output.").StringVar(&o.output)
	app.Flag("check", "Write nothing. If the files in --output are out of date, print a diff and exit with 1.").BoolVar(&o.check)
	if _, err := flags.Parse(app, args); err != nil {
		return o, fmt.Errorf("%w; see genrules --help", err)
	}
	if o.check && o.output == "" {
		return o, errors.New("--check requires --output, the file or directory to compare")
	}
	return o, nil
}

func formats() string {
	var names []string
	for _, f := range generate.Files() {
		names = append(names, string(f.Format))
	}
	return strings.Join(names, ", ")
}

func run(args, environ []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	cfg, err := config.Read(o.config, environ)
	if err != nil {
		return err
	}
	outputs, err := o.render(cfg)
	if err != nil {
		return err
	}
	switch {
	case o.check:
		return compare(outputs, stdout)
	case o.output == "":
		_, err := stdout.Write(outputs[0].text)
		return err
	}
	return write(outputs)
}

// output is one file to write.
type output struct {
	path string
	text []byte
}

// render generates every output before the first one is written.
func (o options) render(cfg config.File) ([]output, error) {
	files, err := o.files()
	if err != nil {
		return nil, err
	}
	if err := verify(cfg); err != nil {
		return nil, err
	}
	outputs := make([]output, len(files))
	for i, f := range files {
		path := o.output
		if o.toDirectory() {
			path = filepath.Join(o.output, f.Name)
		}
		text, err := f.Render(cfg.Rules, cfg.RuleInput())
		if err != nil {
			return nil, err
		}
		outputs[i] = output{path, text}
	}
	return outputs, nil
}

func (o options) files() ([]generate.File, error) {
	if o.format == "" && o.toDirectory() {
		return generate.Files(), nil
	}
	format := o.format
	if format == "" {
		format = string(generate.FormatRules)
	}
	f, err := generate.FileOf(generate.Format(format))
	return []generate.File{f}, err
}

func (o options) toDirectory() bool {
	if strings.HasSuffix(o.output, "/") {
		return true
	}
	info, err := os.Stat(o.output)
	return err == nil && info.IsDir()
}
