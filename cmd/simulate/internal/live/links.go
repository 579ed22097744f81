package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/link"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// Simulated times of the links: how long one is up on average, the shortest and
// the longest time for which it is down, and the time between two checks.
const (
	meanUp       = 10 * time.Minute
	leastDown    = 5 * time.Second
	mostDown     = 10 * time.Minute
	betweenCheck = 30 * time.Minute
)

// Real times of a check: what a call may take, and what a busy machine may add.
const (
	callTimeout = 2 * time.Second
	slack       = 3 * time.Second
)

// network is the links between Prometheus, Alertmanager and the daemon. Without a
// seed there are none, and the parts reach each other directly.
type network struct {
	seed  uint64
	links [][]*link.Link // those of one element are down together
	cuts  atomic.Int64
	found Links
}

// Links is what was seen in a run in which links were cut.
type Links struct {
	Cuts int `json:"cuts"`
	// Checks is how often all links were mended and the daemon's alerts compared
	// with Alertmanager's, and Agreed how often they became the same within a read
	// of Alertmanager's API.
	Checks int `json:"checks"`
	Agreed int `json:"agreed"`
	// Longest is the longest time until they did, in seconds of real time.
	Longest float64 `json:"longest_seconds"`
	// Difference is what differed at the end; "" if nothing did.
	Difference string `json:"difference"`
}

// String returns a sentence for people.
func (l Links) String() string {
	end := "at the end they do"
	if l.Difference != "" {
		end = "at the end they do not: " + l.Difference
	}
	return fmt.Sprintf("Links: cut %d times. The daemon's alerts agreed with those of both Alertmanagers in %d of %d checks, at most %.1f s after the links were mended; %s.\n",
		l.Cuts, l.Agreed, l.Checks, l.Longest, end)
}

// to returns the addresses at which targets are reached: over links that are down
// together, or as they are.
func (n *network) to(targets ...string) (addrs []string, err error) {
	if n.seed == 0 {
		return targets, nil
	}
	var together []*link.Link
	for _, target := range targets {
		l, err := link.New(target)
		if err != nil {
			return nil, err
		}
		together, addrs = append(together, l), append(addrs, l.Addr())
	}
	n.links = append(n.links, together)
	return addrs, nil
}

// each returns the addresses at which targets are reached, each over a link of its
// own.
func (n *network) each(targets []string) (addrs []string, err error) {
	for _, target := range targets {
		at, err := n.to(target)
		if err != nil {
			return nil, err
		}
		addrs = append(addrs, at...)
	}
	return addrs, nil
}

func (n *network) close() error {
	var errs []error
	for _, l := range slices.Concat(n.links...) {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// breakLinks cuts links until ctx is done, and checks now and then and at the end
// what the daemon knows. Without links it waits for ctx.
func (d *demo) breakLinks(ctx context.Context, out io.Writer) error {
	if d.network.seed == 0 {
		<-ctx.Done()
		return nil
	}
	judge, err := d.newJudge()
	if err != nil {
		return err
	}
	defer judge.daemon.Close()
	for round := uint64(0); ctx.Err() == nil; round++ {
		d.network.cutFor(ctx, d.shorter, round)
		took, difference := judge.agreement(context.WithoutCancel(ctx))
		d.network.note(took, difference)
		if difference != "" {
			fmt.Fprintf(out, "%-6s -------- the daemon's alerts differ from Alertmanager's: %s\n", d.world.Now().Format("15:04"), difference)
		}
	}
	return nil
}

func (n *network) note(took time.Duration, difference string) {
	n.found.Checks++
	n.found.Difference = difference
	if difference == "" {
		n.found.Agreed++
		n.found.Longest = max(n.found.Longest, took.Seconds())
	}
	n.found.Cuts = int(n.cuts.Load())
}

// cutFor cuts each link at random until the next check, and mends all.
func (n *network) cutFor(ctx context.Context, shorter func(time.Duration) time.Duration, round uint64) {
	ctx, cancel := context.WithTimeout(ctx, shorter(betweenCheck))
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	for i, together := range n.links {
		random := rand.New(rand.NewPCG(n.seed, round<<8+uint64(i)))
		wg.Go(func() {
			for o := nextOutage(random); wait(ctx, shorter(o.after)); o = nextOutage(random) {
				n.cuts.Add(1)
				n.interrupt(ctx, together, o, shorter)
			}
		})
	}
}

// outage is a time for which a link is down.
type outage struct {
	after, length time.Duration // simulated
	hangs         bool          // everything is lost, instead of refused
}

// nextOutage returns a random outage. There are as many short ones as long ones:
// their lengths are uniform in the logarithm.
func nextOutage(random *rand.Rand) outage {
	ratio := math.Pow(float64(mostDown)/float64(leastDown), random.Float64())
	return outage{
		after: time.Duration(random.ExpFloat64() * float64(meanUp)), length: time.Duration(float64(leastDown) * ratio), hangs: random.IntN(2) == 0,
	}
}

// interrupt has links down for an outage.
func (n *network) interrupt(ctx context.Context, links []*link.Link, o outage, shorter func(time.Duration) time.Duration) {
	for _, l := range links {
		if o.hangs {
			l.Hang()
		} else {
			l.Cut()
		}
	}
	wait(ctx, shorter(o.length))
	for _, l := range links {
		l.Mend()
	}
}

// judge compares the daemon's alerts with those of both Alertmanagers, which it
// asks directly.
type judge struct {
	cfg    fleet.Config
	daemon *client.Client
	source *alertmanager.Source
}

func (d *demo) newJudge() (*judge, error) {
	daemon, err := client.New(client.Config{URL: "http://" + d.daemonAt[0], Timeout: callTimeout})
	if err != nil {
		return nil, err
	}
	c := alertmanager.Config{RequestTimeout: callTimeout}
	for _, at := range d.alertmanagerAt {
		c.URLs = append(c.URLs, "http://"+at)
	}
	source, err := alertmanager.New(c, outbound.Options{})
	return &judge{d.config().Actions, daemon, source}, err
}

// agreement waits until both have the same alerts, for at most the time in which
// the daemon reads Alertmanager's API once. It returns how long that took, or
// what differs.
func (j *judge) agreement(ctx context.Context) (took time.Duration, difference string) {
	begun := time.Now()
	limit := j.cfg.Deadlines.AlertResync + j.cfg.Fleet.EvaluationInterval + callTimeout + slack
	for {
		difference = j.difference(ctx)
		took = time.Since(begun)
		if difference == "" || took > limit || !wait(ctx, tellEvery) {
			return took, difference
		}
	}
}

// difference names the alerts that only one of the two has.
func (j *judge) difference(ctx context.Context) string {
	listed, err := j.source.Alerts(ctx)
	if err != nil {
		return err.Error()
	}
	known, err := j.daemon.Alerts(ctx)
	if err != nil {
		return err.Error()
	}
	here, there := j.asking(known), j.asking(listed)
	var all []string
	for name := range here {
		if !there[name] {
			all = append(all, "only the daemon has "+name)
		}
	}
	for name := range there {
		if !here[name] {
			all = append(all, "only Alertmanager has "+name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// asking returns the alerts that ask the scaler for something.
func (j *judge) asking(alerts []fleet.Alert) map[string]bool {
	all := map[string]bool{}
	for _, a := range alerts {
		if j.cfg.Concerns(a) && !a.Suppressed && !a.Resolved {
			all[fmt.Sprintf("%s %s (%s)", a.Name, a.Labels["instance"], a.Fingerprint)] = true
		}
	}
	return all
}
