package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/rogpeppe/go-internal/diff"
)

// verify returns an error if Prometheus would refuse the rules, or if there are
// none.
func verify(cfg config.File) error {
	text, err := cfg.Generated(generate.FormatRules)
	if err != nil {
		return err
	}
	groups, errs := rulefmt.Parse([]byte(text), false, model.LegacyValidation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return fmt.Errorf("the generated rules do not parse: %w", errors.Join(errs...))
	}
	for _, g := range groups.Groups {
		if len(g.Rules) > 0 {
			return nil
		}
	}
	return errors.New("refusing to write zero rules")
}

// compare prints the differences between the files and the outputs, and returns an
// error if there are any.
func compare(outputs []output, stdout io.Writer) error {
	var stale []error
	for _, o := range outputs {
		present, err := os.ReadFile(o.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !bytes.Equal(present, o.text) {
			fmt.Fprintf(stdout, "%s", diff.Diff(o.path, present, o.path+" (generated)", o.text))
			stale = append(stale, fmt.Errorf("%s: %w", o.path, errOutOfDate))
		}
	}
	return errors.Join(stale...)
}

// write replaces each file atomically.
func write(outputs []output) error {
	for _, o := range outputs {
		if err := os.MkdirAll(filepath.Dir(o.path), 0o755); err != nil {
			return err
		}
		if err := replace(o.path, o.text); err != nil {
			return fmt.Errorf("writing %s: %w", o.path, err)
		}
	}
	return nil
}

func replace(path string, text []byte) error {
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o644); err != nil {
		return err
	}
	return os.Rename(next, path)
}
