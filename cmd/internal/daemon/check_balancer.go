package daemon

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
)

// balancer lists Scalelite's servers and calls those that are enabled and online.
func (c *preflight) balancer(ctx context.Context) {
	if c.file.Actions.NoBalancer {
		return // the warnings of the configuration name it
	}
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	list, err := c.clients.balancer.Servers(ctx)
	if err != nil {
		fix := "check scalelite.url, and that Scalelite is 1.5.1 or later"
		switch {
		case errors.Is(err, scalelite.ErrHost):
			fix = "set scalelite.host_header to Scalelite's URL_HOST"
		case errors.Is(err, fleet.ErrAuth):
			fix = "check scalelite.secret: it is Scalelite's LOADBALANCER_SECRET"
		}
		c.wrong("scalelite", err, fix)
		return
	}
	states := map[fleet.BalancerState]int{}
	for _, s := range list {
		states[s.State]++
	}
	c.ok("scalelite", "%d servers: %d enabled, %d cordoned, %d disabled", len(list), states[fleet.Enabled], states[fleet.Cordoned], states[fleet.Disabled])
	c.servers(ctx, list)
}

// servers calls the BigBlueButton API of every server that is enabled and online.
func (c *preflight) servers(ctx context.Context, list []fleet.BalancerServer) {
	list = slices.DeleteFunc(slices.Clone(list), func(s fleet.BalancerServer) bool { return s.State != fleet.Enabled || !s.Online })
	counts, errs := make([]fleet.MeetingCount, len(list)), make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(max(1, c.file.Actions.Fleet.Concurrency))
	for i, s := range list {
		g.Go(func() error {
			counts[i], errs[i] = c.clients.meetings.Meetings(ctx, s)
			return nil
		})
	}
	_ = g.Wait()
	var failed causes
	answer, meetings, people := 0, 0, 0
	for i := range list {
		if errs[i] != nil {
			failed.add(errs[i], "")
			continue
		}
		answer, meetings, people = answer+1, meetings+counts[i].Meetings, people+counts[i].Participants
	}
	failed.print(c, "bbb", "servers", always("check that this host reaches the server, and the server's certificate (bbb.ca_file)"))
	switch {
	case len(list) == 0:
		c.note("bbb", "no server was called, because none is enabled and online")
	case answer > 0:
		c.ok("bbb", "%d of %d servers that are enabled and online answer: %d meetings, %d participants", answer, len(list), meetings, people)
	}
}
