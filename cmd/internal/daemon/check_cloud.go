package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// cloud lists all datacenters concurrently, so that several datacenters that do not
// answer take only one deadline.
func (c *preflight) cloud(ctx context.Context) {
	lists := make([][]fleet.CloudServer, len(c.file.Actions.Fleet.Datacenters))
	errs := make([]error, len(lists))
	var g errgroup.Group
	for i, dc := range c.file.Actions.Fleet.Datacenters {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
			defer cancel()
			lists[i], errs[i] = c.clients.cloud.Servers(ctx, dc)
			return nil
		})
	}
	_ = g.Wait()
	var failed causes
	for i, dc := range c.file.Actions.Fleet.Datacenters {
		if errs[i] != nil {
			failed.add(errs[i], "")
			continue
		}
		c.datacenter(dc, lists[i])
	}
	c.oversized(slices.Concat(lists...))
	if err := c.contract(ctx); err != nil {
		failed.add(err, "")
	}
	failed.print(c, "ionos", "calls", c.fixCloud)
}

func (c *preflight) contract(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.file.Actions.Deadlines.Read)
	defer cancel()
	contract, err := c.clients.cloud.Contract(ctx)
	if err != nil {
		return err
	}
	c.ok("ionos", "the contract has %s left; one server may have %s", contract.Free, contract.PerServer)
	if most := c.file.Actions.Sizes.Max; !most.Fits(contract.PerServer) {
		c.wrong("ionos", fmt.Errorf("sizes.max: %s is more than the contract allows for one server, %s", most, contract.PerServer),
			"lower sizes.max, or ask IONOS for a higher limit")
	}
	if z := c.file.Actions.Sizes; z.Together() != z.Fleet {
		c.note("ionos", "sizes.fleet counts as %s: servers grow together to half of sizes.max at most, so that one with more people than the others can still double", z.Together())
	}
	return nil
}

func (c *preflight) datacenter(dc string, list []fleet.CloudServer) {
	ours := slices.DeleteFunc(slices.Clone(list), func(s fleet.CloudServer) bool { return !c.file.Actions.Fleet.NamePattern.Match(s.Name) })
	if len(ours) == 0 {
		c.wrong("ionos", fmt.Errorf("none of the %d servers of datacenter %s has a name that fleet.name_pattern matches", len(list), dc),
			"change fleet.name_pattern, or remove the datacenter from fleet.datacenters")
		return
	}
	c.ok("ionos", "datacenter %s: %d servers, %d of them in the fleet", dc, len(list), len(ours))
	cold := slices.DeleteFunc(ours, func(s fleet.CloudServer) bool { return s.Template != "" || s.HotPlug.CPU && s.HotPlug.RAM })
	if len(cold) > 0 {
		c.note("ionos", "%d of them cannot grow while they run, because their boot volumes lack the hot-plug flags: %s", len(cold), someNames(cold))
	}
}

// oversized tells of a fleet whose servers, most of them, are larger than
// sizes.default. In some fleets that only means that it is a busy hour.
func (c *preflight) oversized(list []fleet.CloudServer) {
	size := c.file.Actions.Sizes.Default
	ours := slices.DeleteFunc(list, func(s fleet.CloudServer) bool {
		return s.Template != "" || !c.file.Actions.Fleet.NamePattern.Match(s.Name)
	})
	larger := slices.DeleteFunc(slices.Clone(ours), func(s fleet.CloudServer) bool { return s.Size.Fits(size) })
	if 2*len(larger) <= len(ours) {
		return
	}
	c.note("ionos", "%d of %d servers are larger than sizes.default: when they are off, they are shrunk to %s; set sizes.default to the size that they are to have (%s has %s)",
		len(larger), len(ours), size, larger[0].Name, larger[0].Size)
}

func someNames(servers []fleet.CloudServer) string {
	const most = 5
	var names []string
	for _, s := range servers[:min(most, len(servers))] {
		names = append(names, s.Name)
	}
	if len(servers) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

func (c *preflight) fixCloud(err error) string {
	switch {
	case errors.Is(err, fleet.ErrAuth):
		return "check ionos.token, or ionos.username and ionos.password, and that the login may read the datacenter"
	case errors.Is(err, fleet.ErrGone):
		return fmt.Sprintf("check fleet.datacenters: is %s the id of a datacenter of this contract?", strings.Join(c.file.Actions.Fleet.Datacenters, ", "))
	}
	return "check ionos.url and the network between this host and it"
}
