package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/report"
)

// givenFlags returns the names of the flags on a command line that app accepts.
func givenFlags(app *kingpin.Application, args []string) (map[string]bool, error) {
	c, err := app.ParseContext(args)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, e := range c.Elements {
		if flag, ok := e.Clause.(*kingpin.FlagClause); ok {
			names[flag.Model().Name] = true
		}
	}
	return names, nil
}

// ignored returns an error for each of the named flags that is given although it
// has no effect in the circumstance, such as "with --live".
func ignored(given map[string]bool, circumstance string, names ...string) error {
	var errs []error
	for _, name := range names {
		if given[name] {
			errs = append(errs, fmt.Errorf("--%s: must not be given %s, where it has no effect", name, circumstance))
		}
	}
	return errors.Join(errs...)
}

// refuseIgnored refuses flags that have no effect together with the other flags.
func (o *options) refuseIgnored() error {
	if !o.live {
		return errors.Join(
			ignored(o.given, "without --live", "for", "speed", "scalelite.url", "scalelite.secret", "scalelite.poll-interval", "targets", "cut-links", "log.level", "without-daemon", "replicas", "storage.url", "kill-leader.interval"),
			o.refuseUncompared(),
		)
	}
	errs := []error{ignored(o.given, "with --live", "days", "strategy", "fault", "pool", "timetable", "trace", "trace.before", "plot")}
	if o.scalelite.URL == "" {
		errs = append(errs, ignored(o.given, "without --scalelite.url", "scalelite.secret", "scalelite.poll-interval"))
	}
	if o.replicas.Number > 1 {
		return errors.Join(append(errs, ignored(o.given, "with several --replicas", "cut-links", "without-daemon", "scalelite.url"))...)
	}
	return errors.Join(append(errs, ignored(o.given, "without several --replicas", "storage.url", "kill-leader.interval"))...)
}

// refuseUncompared refuses several configurations if no strategy that uses more than
// one is compared.
func (o *options) refuseUncompared() error {
	if names := o.strategyList(); len(o.configs) > 1 && !names[nameOurs] && !names[nameBlind] {
		return fmt.Errorf("--config.file: must be given once, unless --strategy has %s or %s: the other strategies use only the first", nameOurs, nameBlind)
	}
	if o.several() && o.given["plot"] {
		return errors.New("--plot: must not be given with several worlds, timetables or numbers of servers: it draws the week of one case")
	}
	if o.several() && o.strategies == report.BoundName {
		return errors.New("--strategy: must name another than bound with several worlds, timetables or numbers of servers: their table has no row for the bound")
	}
	if o.trace == "" {
		return ignored(o.given, "without --trace", "trace.before")
	}
	return ignored(o.given, "with --trace", "timetable")
}
