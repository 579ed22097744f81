package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/store"
)

// fleet runs cycles of the scaler as a dry run with an empty store, and prints the
// fleet.
func (c *preflight) fleet(ctx context.Context, l *links) {
	cfg := c.file.Actions
	cfg.DryRun = true
	scaler, err := actions.New(cfg, l.deps(store.NewMemory(), slog.New(slog.DiscardHandler), nil))
	if err != nil {
		c.wrong("fleet", err, "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*cfg.Deadlines.Read)
	defer cancel()
	for cycle := 0; cycle < 2 || pending(scaler.Status()); cycle++ { // the servers' own answers arrive after the first
		if err := scaler.Cycle(ctx, time.Now()); err != nil {
			c.wrong("fleet", err, "")
			return
		}
		if !outbound.Sleep(ctx, time.Second) {
			break
		}
	}
	c.status = scaler.Status()
	c.joined()
}

// pending reports whether a source has neither been read nor failed yet.
func pending(st fleet.Status) bool {
	return slices.ContainsFunc(st.Sources, func(s fleet.SourceStatus) bool { return s.ReadAt.IsZero() && s.Error == "" })
}

// joined prints the servers that could not be matched, and the fleet. If a list
// could not be read, no server can be matched; that problem is printed already.
func (c *preflight) joined() {
	unread := func(s fleet.SourceStatus) bool { return s.Error != "" && s.Name != "alertmanager" }
	if slices.ContainsFunc(c.status.Sources, unread) {
		c.note("fleet", "the servers were not matched, because a list could not be read")
	} else {
		c.unjoined()
	}
	c.ok("fleet", "%d servers: %s; floor %d, ceiling %s", len(c.status.Servers), counts(c.status.Counts), c.status.Floor, ceiling(c.status.Ceiling))
	c.pools()
	c.line("")
	c.list(c.status.Servers, 0)
	c.line("")
}

// pools prints the pools of a fleet whose servers have tags. What nobody can use is
// told, and is no fault.
func (c *preflight) pools() {
	for _, p := range c.status.Pools {
		c.ok("pool", "%s: %s; floor %d", fleet.PoolName(p.Pool), counts(p.Counts), p.Floor)
	}
	if len(c.status.Pools) > 0 && c.status.Pools[0].Pool != "" {
		c.note("pool", "every server has a tag in Scalelite: meetings that ask for none are refused")
	}
	for _, tag := range c.status.UnknownPools {
		c.note("pool", "capacity names the pool %s, and no server has that tag in Scalelite", tag)
	}
}

func (c *preflight) unjoined() {
	var servers, others causes
	for _, s := range c.status.Servers {
		if s.State == fleet.StateUnjoined || s.State == fleet.StateUncertain {
			servers.add(errors.New(s.Reason), s.Name)
		}
	}
	for _, u := range c.status.Unjoined {
		others.add(errors.New(u.Text), "")
	}
	servers.print(c, "fleet", "servers", always(""))
	others.print(c, "fleet", "problems",
		always("register the server in Scalelite, or correct its DNS name, scalelite.host_names or fleet.name_pattern"))
}
