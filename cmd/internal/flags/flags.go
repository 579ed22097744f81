// Package flags parses command lines.
package flags

import (
	"errors"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Parse parses the arguments of a program and returns the command. Its errors about a
// value name the flag, the value and what is allowed; those of kingpin name only the value.
func Parse(app *kingpin.Application, args []string) (command string, err error) {
	command, err = app.Parse(args)
	if err == nil {
		return command, nil
	}
	given, _ := app.ParseContext(args)
	if given == nil {
		return "", err
	}
	for _, e := range given.Elements {
		flag, ok := e.Clause.(*kingpin.FlagClause)
		if !ok || e.Value == nil {
			continue
		}
		model := flag.Model()
		if refused := model.Value.Set(*e.Value); refused != nil && refused.Error() == err.Error() {
			return "", named(model.Name, *e.Value, refused)
		}
	}
	return "", err
}

// named returns the error for the value of a flag, unless it names the flag itself.
func named(flag, value string, err error) error {
	flag = "--" + flag
	text := err.Error()
	if strings.HasPrefix(text, flag) {
		return err
	}
	if list, isEnum := strings.CutPrefix(text, "enum value must be one of "); isEnum {
		list, _, _ = strings.Cut(list, ", got ")
		return refuse.Value(flag, value, "be one of %s", strings.ReplaceAll(list, ",", ", "))
	}
	switch _, isNumber := errors.AsType[*strconv.NumError](err); {
	case isNumber:
		return refuse.Value(flag, value, "be a number")
	case strings.HasPrefix(text, "time: "):
		return refuse.Value(flag, value, "be a duration such as 90s, 15m or 2h")
	case strings.HasPrefix(text, "path "):
		return refuse.Value(flag, value, "be a file that exists")
	}
	return errors.New(flag + ": " + text)
}
