package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/world"
)

// numbers is the value of a flag that takes whole numbers, separated by commas.
type numbers []int

// String implements kingpin.Value.
func (n *numbers) String() string {
	var texts []string
	for _, v := range *n {
		texts = append(texts, strconv.Itoa(v))
	}
	return strings.Join(texts, ",")
}

// Set implements kingpin.Value.
func (n *numbers) Set(list string) error {
	*n = nil
	for text := range strings.SplitSeq(list, ",") {
		v, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		*n = append(*n, v)
	}
	return nil
}

// defaultServers sets the number of servers, unless it is given.
func (o *options) defaultServers() {
	if !o.given["servers"] {
		o.fleets = numbers{100}
		if o.live {
			o.fleets = numbers{24}
		}
	}
	o.servers = o.fleets[0]
}

// several reports whether more than one case is compared: a world, a timetable and a
// number of servers.
func (o *options) several() bool {
	return len(o.fleets) > 1 || strings.Contains(o.worlds+o.timetables, ",")
}

// cases returns the comparison of each world, timetable and number of servers.
func (o *options) cases(environ []string) (all []week.Comparison, err error) {
	common, err := o.comparison(environ)
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(o.worlds, ",") {
		for table := range strings.SplitSeq(o.timetables, ",") {
			for _, servers := range o.fleets {
				c, err := o.inCase(common, name, table, servers)
				if err != nil {
					return nil, err
				}
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// inCase returns a comparison in one world, of one timetable, and of one number of
// servers.
func (o *options) inCase(c week.Comparison, name, table string, servers int) (_ week.Comparison, err error) {
	c.Servers = servers
	if c.World, err = world.Read(name); err != nil {
		return c, err
	}
	if c.Timetable, err = timetable(table); err != nil {
		return c, err
	}
	if c.Faults, err = parseFaults(append(c.World.Faults, o.faults...), servers); err != nil {
		return c, err
	}
	c.Pools, err = parsePools(o.pools, servers)
	return c, err
}

// atOnce is the number of runs at a time: one on each core.
func atOnce() int64 { return int64(runtime.GOMAXPROCS(0)) }

// runCases runs the cases side by side, so that no core waits for the last run of one of
// them. It calls done with the weeks of each, also side by side.
func runCases(ctx context.Context, cases []week.Comparison, done func(i int, weeks []week.Week) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(int(atOnce()))
	for i, c := range cases {
		group.Go(func() error {
			weeks, err := c.Run(ctx)
			if err != nil {
				return fmt.Errorf("world %s, timetable %s, %d servers: %w", c.World.Name, c.Meetings(), c.Servers, err)
			}
			return done(i, weeks)
		})
	}
	return group.Wait()
}

// tellCases makes the cases tell their progress. caseDone tells that one more of them is
// done, end that all are.
func tellCases(cases []week.Comparison, stderr io.Writer) (caseDone, end func()) {
	hours := 0
	for _, c := range cases {
		hours += c.Hours()
	}
	t := tell("hours simulated", hours, stderr)
	for i := range cases {
		cases[i].Progress = t.step
	}
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if done++; len(cases) > 1 {
			t.describe(fmt.Sprintf("%d of %d cases done, hours simulated", done, len(cases)))
		}
	}, t.end
}
