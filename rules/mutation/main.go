// Command mutation changes each threshold, comparison and duration of the
// generated rules, one at a time, and runs the scenarios against each change. A
// change that no scenario detects is a threshold that no test checks.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
	"github.com/bbb-scaler/bbb-scaler/rules/ruletest"
	"github.com/prometheus/common/model"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

// input has thresholds without rounding errors, so that "at the threshold" and
// "above it" differ, and short durations, so that the scenarios are quick.
func input() (generate.Config, generate.Input) {
	cfg := generate.Defaults()
	minute := model.Duration(time.Minute)
	cfg.Hysteresis, cfg.UnseenShare = 0.0625, 0.25
	cfg.EvaluationInterval, cfg.ScrapeInterval, cfg.RateWindow, cfg.ScalerHold = minute, minute, 4*minute, 20*minute
	cfg.Forecast.Hold, cfg.Forecast.LevelWindow = 40*minute, 40*minute
	cfg.Trend = generate.Trend{Window: 8 * minute, Ahead: 8 * minute}
	for name := range cfg.For {
		cfg.For[name] = 3 * minute
	}
	return cfg, generate.Input{
		Fleet: "bbb", IdleRAM: 2048, Headroom: 0.5, Tolerance: 0.5, Floor: 2, Cooldown: 5 * time.Minute, StartTime: 15 * time.Minute, DrainDeadline: 3 * time.Hour,
		StaleAfter: 5 * time.Minute, AlertExpiry: 30 * time.Minute,
		Thresholds: rules.Thresholds{CPU: rules.Band{Min: 0.125, Max: 0.5}, Memory: rules.Band{Min: 0.25, Max: 0.75}},
	}
}

// run changes the rules of the given names, or all of them.
func run(ctx context.Context, only []string, out io.Writer) error {
	cfg, in := input()
	groups, err := generate.Build(cfg, in)
	if err != nil {
		return err
	}
	lab := lab{group: groups[0], scenarios: generate.Scenarios(cfg, in), engine: ruletest.NewEngine()}
	defer lab.engine.Close()
	// The quickest scenarios run first: one failure is enough to detect a change.
	slices.SortStableFunc(lab.scenarios, func(a, b generate.Scenario) int { return cmp.Compare(effort(a), effort(b)) })
	if err := lab.unchanged(ctx); err != nil {
		return fmt.Errorf("the rules themselves fail: %w", err)
	}
	all, err := mutants(lab.group)
	if err != nil {
		return err
	}
	if len(only) > 0 {
		all = slices.DeleteFunc(all, func(m mutant) bool { return !slices.Contains(only, name(m.rule)) })
	}
	survivors := lab.survivors(ctx, all, func(m mutant) { fmt.Fprintf(out, "survived: %s: %s\n", name(m.rule), m.what) })
	fmt.Fprintf(out, "%d of %d changes noticed\n", len(all)-len(survivors), len(all))
	if len(survivors) > 0 {
		return fmt.Errorf("%d changes survived", len(survivors))
	}
	return nil
}

// effort estimates how long a scenario takes by its duration.
func effort(sc generate.Scenario) time.Duration {
	var last time.Duration
	for _, c := range sc.Checks {
		last = max(last, c.At)
	}
	return last
}

// lab runs scenarios against changed rules.
type lab struct {
	group     generate.Group
	scenarios []generate.Scenario
	engine    *ruletest.Engine
}

func (l lab) unchanged(ctx context.Context) error {
	for _, sc := range l.scenarios {
		if err := l.engine.Run(ctx, ruletest.Relevant(l.group, sc), sc); err != nil {
			return err
		}
	}
	return nil
}

// survivors returns the changes that no scenario detects, and reports each at once.
func (l lab) survivors(ctx context.Context, all []mutant, tell func(mutant)) []mutant {
	var telling sync.Mutex
	survived := make([]bool, len(all))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				if survived[i] = !l.noticed(ctx, all[i]); survived[i] {
					telling.Lock()
					tell(all[i])
					telling.Unlock()
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	workers.Wait()
	var left []mutant
	for i, m := range all {
		if survived[i] {
			left = append(left, m)
		}
	}
	return left
}

func (l lab) noticed(ctx context.Context, m mutant) bool {
	changed := l.group
	changed.Rules = slices.Clone(l.group.Rules)
	changed.Rules[m.index] = m.rule
	for _, sc := range l.likeliest(m) {
		few := ruletest.Relevant(changed, sc)
		depends := slices.ContainsFunc(few.Rules, func(r generate.Rule) bool { return name(r) == name(m.rule) })
		if depends && l.engine.Run(ctx, few, sc) != nil {
			return true
		}
	}
	return false
}

// likeliest moves the scenarios that check the changed rule itself to the front.
func (l lab) likeliest(m mutant) []generate.Scenario {
	direct, other := []generate.Scenario{}, []generate.Scenario{}
	for _, sc := range l.scenarios {
		if slices.ContainsFunc(sc.Checks, func(c generate.Check) bool { return strings.Contains(c.Expr, name(m.rule)) }) {
			direct = append(direct, sc)
		} else {
			other = append(other, sc)
		}
	}
	return append(direct, other...)
}

func name(r generate.Rule) string { return r.Record + r.Alert }
