package receiver

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/timeinterval"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// scene is a fleet at a moment of a school day, with the day before it.
type scene struct {
	*memory
	day *trend.Day
	now time.Time
	cfg fleet.Config
}

// deps returns what a handler of the scene needs.
func (s *scene) deps() Deps {
	d := deps(s)
	d.Now = func() time.Time { return s.now }
	d.Trend, d.Config = s.day, func() fleet.Config { return s.cfg }
	d.Warnings = func() []string { return nil }
	d.Links = func() Links {
		return Links{"http://prometheus.example.org:9090", "http://alertmanager.example.org:9093"}
	}
	d.Workload = func(sv fleet.ServerStatus) (float64, float64) {
		if sv.State != fleet.StateActive {
			return math.NaN(), math.NaN()
		}
		return 0.61, 0.48
	}
	return d
}

// bell is the beginning of lessons.
var bell = time.Date(2027, 3, 1, 7, 45, 0, 0, time.Local)

// school returns a fleet of n servers that serves lessons from 7:45 to 13:00, at a time
// of the day, with the points of the day before.
func school(t testing.TB, n int, now time.Time) *scene {
	t.Helper()
	s := &scene{memory: &memory{ready: true}, day: new(trend.Day), now: now, cfg: fleet.Defaults()}
	var in []timeinterval.TimeInterval
	if err := yaml.Unmarshal([]byte(`[{weekdays: ["monday:friday"], times: [{start_time: "07:30", end_time: "13:00"}], location: Local}]`), &in); err != nil {
		t.Fatal(err)
	}
	s.cfg.Capacity.MinActive, s.cfg.Capacity.MinActiveShare = 2, 0
	s.cfg.Capacity.Schedule = fleet.Schedule{{Name: "lessons", MinActive: max(3, n/4), Intervals: in}}
	for at := now.Add(-24 * time.Hour).Truncate(trend.Step).Add(17 * time.Second); !at.After(now); at = at.Add(trend.Step) {
		st := s.at(n, at)
		s.day.Note(st, load(n, at))
		s.status = st
	}
	s.status = s.at(n, now.Add(-3*time.Second))
	s.day.Note(s.status, load(n, now))
	return s
}

// load is the load of the people of a time, and a forecast that is a little too high.
func load(n int, at time.Time) trend.Load {
	return trend.Load{Cores: 4 * people(n, at) / 45 * (1 + 0.06*math.Sin(float64(at.Minute()))), Forecast: 1.05 * 4 * people(n, at.Add(15*time.Minute)) / 45, Within: 15 * time.Minute}
}

// people returns how many people are there, without regard to weekends.
func people(n int, at time.Time) float64 {
	h := at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.Local)).Hours()
	bump := func(from, to, height float64) float64 {
		return height / (1 + math.Exp(-12*(h-from))) / (1 + math.Exp(4*(h-to)))
	}
	return math.Round(float64(n) * (bump(7.8, 13, 30) + bump(18, 20, 4) + 0.2))
}

// at returns the fleet that carries the people of a time, with a quarter of an hour of
// lead.
func (s *scene) at(n int, at time.Time) fleet.Status {
	crowd, soon := people(n, at), people(n, at.Add(15*time.Minute))
	want := max(2, s.floor(at), int(math.Ceil(max(crowd, soon)/45)))
	st := fleet.Status{Fleet: "school", At: at, Ready: true, Floor: max(2, s.floor(at)), Ceiling: n, Counts: map[fleet.State]int{},
		Sources: []fleet.SourceStatus{{Name: "datacenter de-fra", ReadAt: at}, {Name: "balancer", ReadAt: at}, {Name: "alertmanager", ReadAt: at}}}
	ready := max(2, s.floor(at), int(math.Ceil(crowd/45)))
	for i := range n {
		sv := fleet.ServerStatus{ID: fmt.Sprintf("9f6dd2dd-15ba-4ae1-8f6c-%012d", i), Name: fmt.Sprintf("bbb-%03d", i+1), Datacenter: []string{"de-fra", "de-txl"}[i%2],
			Addr: fmt.Sprintf("10.0.%d.%d", i/250, i%250+1), Host: fmt.Sprintf("bbb-%03d", i+1), Size: fleet.Size{Cores: 2, RAM: 8192},
			State: fleet.StateOff, Power: fleet.PowerOff, Balancer: fleet.Disabled, BalancerURL: fmt.Sprintf("https://bbb-%03d.example.org/bigbluebutton/api", i+1),
			Since: at.Add(-11 * time.Hour), Reason: "off: the fleet has the capacity it needs"}
		sv.Aliases = []string{sv.ID, sv.Name, sv.Addr, sv.Name + ".example.org"}
		switch {
		case i < ready:
			sv.State, sv.Power, sv.Balancer, sv.Reason, sv.Load = fleet.StateActive, fleet.PowerOn, fleet.Enabled, "in service", math.Round(crowd/float64(ready))
			sv.Size = fleet.Size{Cores: 8, RAM: 16384}
		case i < want:
			sv.State, sv.Power, sv.Since, sv.Reason = fleet.StateStarting, fleet.PowerOff, at.Add(-time.Minute), "the forecast needs 24 cores in total"
			sv.InFlight = &fleet.Step{Kind: fleet.Start, Server: sv.Name, ServerID: sv.ID, Reason: sv.Reason}
		}
		st.Counts[sv.State]++
		st.Servers = append(st.Servers, sv)
	}
	return st
}

func (s *scene) floor(at time.Time) int { return s.cfg.Capacity.FloorAt("", at, 0) }

// atRest is the fleet at night.
func atRest(t testing.TB, n int) *scene { return school(t, n, bell.Add(-4*time.Hour)) }

// served is the fleet in the middle of the morning.
func served(t testing.TB, n int) *scene {
	s := school(t, n, bell.Add(2*time.Hour+35*time.Minute))
	for i := range 15 {
		why := "the schedule needs 6 active servers"
		if i > 5 {
			why = "the forecast needs 136 cores in total"
		}
		s.enter(fleet.Start, s.status.Servers[2+i].Name, fleet.Begun, bell.Add(time.Duration(-30+2*i)*time.Minute), why)
	}
	return s
}

// inARush is the fleet at 8:05: servers start, one is overloaded, two drain.
func inARush(t testing.TB, n int) *scene {
	s := school(t, n, bell.Add(20*time.Minute))
	st := &s.status
	st.Need = 1
	hot, drained := &st.Servers[0], &st.Servers[1]
	hot.Load, hot.Alerts = 92, []string{rules.ServerCPUHigh}
	hot.Cooldowns = map[string]time.Time{fleet.CooldownDown: s.now.Add(5 * time.Minute)}
	st.Counts[drained.State]--
	drained.State, drained.Balancer, drained.Reason = fleet.StateDraining, fleet.Cordoned, "draining: 2 meetings left"
	drained.Meetings = &fleet.MeetingCount{Meetings: 2, Participants: 31}
	st.Counts[drained.State]++
	st.Brakes = []fleet.Hold{{Kind: fleet.HoldDemand, Text: "an alert asks for more capacity: BBBFleetCPUHigh"}}
	_, _ = s.Notify([]fleet.Alert{
		{Fingerprint: "1", Name: rules.ServerCPUHigh, Labels: map[string]string{"instance": hot.Name + ":9100"}, Annotations: map[string]string{"value": "0.8731"}, StartsAt: s.now.Add(-3 * time.Minute)},
		{Fingerprint: "2", Name: rules.FleetCPUHigh, Annotations: map[string]string{"value": "0.8612"}, StartsAt: s.now.Add(-2 * time.Minute)},
	})
	for i := range min(n, 12) {
		s.enter(fleet.Start, st.Servers[i].Name, fleet.Begun, s.now.Add(time.Duration(-40+2*i)*time.Minute), "the forecast needs 24 cores in total")
	}
	return s
}

// inAnOutage is the fleet while Scalelite and a datacenter do not answer.
func inAnOutage(t testing.TB, n int) *scene {
	s := inARush(t, n)
	st := &s.status
	st.Ready = false
	st.Sources[1].Error, st.Sources[1].ReadAt = "listing servers: Get \"https://scalelite.example.org/scalelite/api/getServers\": dial tcp 10.0.0.5:443: connect: connection refused", s.now.Add(-7*time.Minute)
	st.Blocked = []fleet.Hold{{Kind: fleet.HoldBalancer, Text: "the balancer refuses the credentials"}}
	st.Servers[2].State, st.Servers[2].Reason = fleet.StateDown, "does not answer since 07:58"
	st.Servers[3].State, st.Servers[3].Balancer, st.Servers[3].Reason = fleet.StateManual, fleet.Disabled, "disabled by a person: enable it, or release it, to give it to the scaler"
	st.Counts[fleet.StateActive] -= 2
	st.Counts[fleet.StateDown]++
	st.Counts[fleet.StateManual]++
	s.enter(fleet.Start, st.Servers[4].Name, fleet.Failed, s.now.Add(-3*time.Minute), "the floor of 6 active servers")
	s.pauses = []fleet.Pause{{ID: "p1", Server: "bbb-02*", ScaleInOnly: true, Reason: "exam", By: "anna", From: s.now.Add(-time.Hour), Until: s.now.Add(time.Hour)}}
	return s
}

func (s *scene) enter(kind fleet.Kind, server string, o fleet.Outcome, at time.Time, reason string) {
	e := fleet.Entry{Seq: uint64(len(s.journal) + 1), At: at, Step: fleet.Step{Kind: kind, Server: server, Reason: reason}, Outcome: o}
	for _, sv := range s.status.Servers {
		if sv.Name == server {
			e.Step.ServerID = sv.ID
		}
	}
	if o == fleet.Failed {
		e.Detail, e.Took = "not done within 600 s (the cloud reports power off, busy false)", 600
	}
	s.journal = append([]fleet.Entry{e}, s.journal...)
}
