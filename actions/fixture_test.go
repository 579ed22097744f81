package actions_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func (sc *school) steps() (n int) {
	for _, k := range sc.w.Figures().Steps {
		n += k
	}
	return n
}

// lowSchool has a fleet of four running servers of which two suffice.
func lowSchool(t *testing.T, change func(*actions.Config, *sim.Config)) *school {
	t.Helper()
	cfg, world := schoolConfig(), sim.Config{Servers: 6, Running: 4, Seed: 7}
	cfg.ScaleIn.MaxShare = 0.25
	cfg.Cooldowns.In = 10 * time.Minute
	if change != nil {
		change(&cfg, &world)
	}
	return newSchool(t, cfg, world)
}

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// school is a simulated fleet with a Scaler over it and a stand-in for
// Prometheus and Alertmanager that keeps to the meaning of the rules. It runs
// in virtual time, one thing after the other.
type school struct {
	t      tb
	w      *sim.World
	cfg    actions.Config
	store  actions.Store
	s      *actions.Scaler
	mute   bool // no notification is sent
	watch  func(actions.Cloud, actions.Balancer) (actions.Cloud, actions.Balancer)
	alerts actions.AlertSource // nil: none

	pending map[string]time.Time // alert → since when its condition holds
	firing  map[string]actions.Alert
}

// tb is what tests and properties have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// schoolConfig is the configuration that tests start from.
func schoolConfig() actions.Config {
	cfg := actions.Defaults()
	cfg.Fleet.Concurrency = 1
	cfg.Fleet.BusyInterval = 15 * time.Second
	cfg.Thresholds = rules.Thresholds{CPU: rules.Band{Min: 0.1, Max: 0.7}, Memory: rules.Band{Min: 0.3, Max: 0.8}}
	cfg.Capacity.MaxStep = 10
	cfg.ScaleIn.MaxShare = 0.5
	return cfg
}

func newSchool(t tb, cfg actions.Config, world sim.Config) *school {
	t.Helper()
	if world.Start.IsZero() {
		world.Start = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	}
	sc := &school{t: t, w: sim.New(world), cfg: cfg, store: actions.NewMemoryStore()}
	sc.pending, sc.firing = map[string]time.Time{}, map[string]actions.Alert{}
	sc.cfg.Datacenters = sc.datacenters()
	sc.restart()
	return sc
}

func (sc *school) datacenters() []string {
	dcs := map[string]bool{}
	for _, r := range sc.w.Servers() {
		dcs[r.Datacenter] = true
	}
	return slices.Sorted(maps.Keys(dcs))
}

// restart puts a new Scaler, with the old one's store, in its place.
func (sc *school) restart() {
	sc.t.Helper()
	cloud, balancer := sc.w.Cloud(), sc.w.Balancer()
	if sc.watch != nil {
		cloud, balancer = sc.watch(cloud, balancer)
	}
	var err error
	sc.s, err = actions.New(sc.cfg, actions.Deps{
		Cloud: cloud, Balancer: balancer, Meetings: sc.w.Meetings(),
		Resolve: sc.w.Resolve, Store: sc.store, Now: sc.w.Now, Alerts: sc.alerts,
	})
	if err != nil {
		sc.t.Fatalf("New() = %v", err)
	}
}

// run lets d pass: a look every 15 s, an evaluation of the rules every 30 s.
func (sc *school) run(d time.Duration) {
	sc.t.Helper()
	for end := sc.w.Now().Add(d); sc.w.Now().Before(end); {
		sc.tick()
	}
}

// until lets time pass until done, and fails after limit.
func (sc *school) until(limit time.Duration, what string, done func() bool) {
	sc.t.Helper()
	for end := sc.w.Now().Add(limit); !done(); sc.tick() {
		if !sc.w.Now().Before(end) {
			sc.t.Fatalf("%s: not within %s\n%s", what, limit, sc.describe())
		}
	}
}

func (sc *school) tick() {
	sc.t.Helper()
	sc.w.Advance(sc.w.Now().Add(15 * time.Second))
	if sc.w.Now().Second() == 0 || sc.w.Now().Second() == 30 {
		sc.evaluate()
	}
	if err := sc.s.Cycle(context.Background(), sc.w.Now()); err != nil && !sc.dead() {
		sc.t.Fatalf("Cycle() = %v", err)
	}
	if sc.dead() {
		m := sc.store.(*mortal)
		m.dead, m.left = false, 1<<30
		sc.restart()
	}
}

// dead reports whether the process has just died at a commit.
func (sc *school) dead() bool {
	m, ok := sc.store.(*mortal)
	return ok && m.dead
}

// evaluate stands in for Prometheus and Alertmanager.
func (sc *school) evaluate() {
	sc.t.Helper()
	before := maps.Clone(sc.firing)
	if err := sc.notify(); err != nil {
		if !sc.dead() {
			sc.t.Fatalf("Notify() = %v", err)
		}
		sc.firing = before // Alertmanager will send again
	}
}

func (sc *school) notify() error {
	now := sc.w.Now()
	holds := sc.conditions()
	maps.DeleteFunc(sc.pending, func(k string, _ time.Time) bool { _, ok := holds[k]; return !ok })
	var send []actions.Alert
	for key, a := range sc.firing {
		if _, ok := holds[key]; !ok {
			a.Resolved, a.SeenAt = true, now
			send = append(send, a)
			delete(sc.firing, key)
		}
	}
	for key, a := range holds {
		since, ok := sc.pending[key]
		if !ok {
			since = now
			sc.pending[key] = now
		}
		if now.Sub(since) >= 2*time.Minute {
			a.Fingerprint, a.StartsAt, a.SeenAt = key, since, now
			sc.firing[key] = a
			send = append(send, a)
		}
	}
	if sc.mute {
		return nil
	}
	return sc.s.Notify(send)
}

// conditions is what the rules would find, by alert.
func (sc *school) conditions() map[string]actions.Alert {
	out := map[string]actions.Alert{}
	add := func(name, instance string, annotations map[string]string) {
		a := actions.Alert{Name: name, Annotations: annotations, Labels: map[string]string{rules.LabelFleet: sc.cfg.Fleet.Name}}
		if instance != "" {
			a.Labels[rules.LabelInstance] = instance + ":9100"
		}
		out[name+" "+instance] = a
	}
	th := sc.cfg.Thresholds
	var has actions.Size // of the servers that take meetings
	var load struct{ cores, mib float64 }
	for _, r := range sc.w.Servers() {
		if r.Power != actions.PowerOn || !r.NodeUp {
			if r.Power == actions.PowerOn && r.State == actions.Enabled {
				add(rules.ServerDown, r.Addr.String(), nil)
			}
			continue
		}
		host := r.Addr.String()
		if r.Memory >= th.Memory.Max {
			add(rules.ServerMemoryHigh, host, value(r.Memory))
		}
		if r.CPU >= th.CPU.Max {
			add(rules.ServerCPUHigh, host, value(r.CPU))
		}
		if r.Memory < th.Memory.Min {
			add(rules.ServerMemoryLow, host, value(r.Memory))
		}
		if r.CPU < th.CPU.Min {
			add(rules.ServerCPULow, host, value(r.CPU))
		}
		if r.Participants == 0 && r.Recordings == 0 && (r.CPU < th.CPU.Min || r.Memory < th.Memory.Min) {
			add(rules.ServerIdle, host, nil)
		}
		if r.Takes {
			has, load.cores, load.mib = has.Add(r.Size), load.cores+r.CPU*float64(r.Size.Cores), load.mib+r.Memory*float64(r.Size.RAM)
		}
	}
	if has.Cores == 0 {
		return out
	}
	cpu, memory := load.cores/float64(has.Cores), load.mib/float64(has.RAM)
	told := map[string]string{rules.AnnotationCores: fmt.Sprint(load.cores), rules.AnnotationRAM: fmt.Sprint(load.mib)}
	if cpu >= th.CPU.Max {
		add(rules.FleetCPUHigh, "", told)
	}
	if memory >= th.Memory.Max {
		add(rules.FleetMemoryHigh, "", told)
	}
	middle := func(b rules.Band) float64 { return (b.Min + b.Max) / 2 }
	if cpu < middle(th.CPU) && memory < middle(th.Memory) {
		add(rules.FleetWorkloadLow, "", told)
	}
	return out
}

func value(v float64) map[string]string {
	return map[string]string{rules.AnnotationValue: fmt.Sprint(v)}
}

// describe tells where everything stands, for failures.
func (sc *school) describe() string {
	st := sc.s.Status()
	var out strings.Builder
	out.WriteString(fmt.Sprintf("at %s: %v floor %d need %d brakes %q limits %q blocked %q\nfigures %+v\n", sc.w.Now().Format("15:04:05"),
		st.Counts, st.Floor, st.Need, st.Brakes, st.Limits, st.Blocked, sc.w.Figures()))
	for _, v := range st.Servers {
		out.WriteString(fmt.Sprintf("%-14s %-10s %-9s %-6s load %5.1f %v %v: %s\n", v.Name, v.State, v.Balancer, v.Power, v.Load, v.Size, v.Alerts, v.Reason))
	}
	lines, _ := sc.store.Journal(40, "")
	for _, e := range lines {
		out.WriteString(fmt.Sprintf("%s %-9s %-9s %-14s %s %s\n", e.At.Format("15:04:05"), e.Step.Kind, e.Outcome, e.Step.Server, e.Step.Reason, e.Detail))
	}
	return out.String()
}

// state returns the state of a server by name.
func (sc *school) state(name string) actions.State {
	for _, v := range sc.s.Status().Servers {
		if v.Name == name {
			return v.State
		}
	}
	return ""
}

func (sc *school) count(states ...actions.State) (n int) {
	for _, s := range states {
		n += sc.s.Status().Counts[s]
	}
	return n
}

// lesson has people ask for so many meetings at once.
func (sc *school) lessons(n int, d time.Duration) {
	sc.t.Helper()
	for range n {
		if _, err := sc.w.CreateMeeting(sim.MeetingSpec{Duration: d, Participants: 25, Webcams: 8}); err != nil {
			sc.t.Fatalf("CreateMeeting() = %v\n%s", err, sc.describe())
		}
	}
}

// unharmed fails when any meeting was ended early or refused.
func (sc *school) unharmed() {
	sc.t.Helper()
	if f := sc.w.Figures(); f.MeetingsEndedEarly+f.MeetingsRefused+f.JoinsRefused > 0 {
		sc.t.Fatalf("%d meetings ended early, %d refused, %d joins refused; want none\n%s",
			f.MeetingsEndedEarly, f.MeetingsRefused, f.JoinsRefused, sc.describe())
	}
}

// schedule is a floor from one time of day to another, UTC.
func schedule(t tb, from, to string, floor int) actions.Schedule {
	t.Helper()
	var f actions.Floor
	text := fmt.Sprintf("{name: school, min_active: %d, time_intervals: [{times: [{start_time: %q, end_time: %q}]}]}", floor, from, to)
	must(t, yaml.Unmarshal([]byte(text), &f))
	return actions.Schedule{f}
}
