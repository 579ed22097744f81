package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fleetOf returns n servers: the first active ones are in service, the others off.
func fleetOf(n, active int) []fleet.Server {
	out := make([]fleet.Server, n)
	for i := range out {
		s := &out[i]
		s.ID, s.Name, s.Datacenter = fmt.Sprintf("id-%d", i+1), fmt.Sprintf("bbb-%d", i+1), fmt.Sprintf("dc-%d", i%2+1)
		s.Size, s.HotPlug = fleet.Size{Cores: 2, RAM: 8192}, fleet.HotPlug{CPU: true, RAM: true}
		s.Power, s.State = fleet.PowerOff, fleet.StateOff
		s.Balancer = &fleet.BalancerServer{ID: s.ID, State: fleet.Disabled}
		if i < active {
			s.Power, s.State = fleet.PowerOn, fleet.StateActive
			s.Balancer = &fleet.BalancerServer{ID: s.ID, State: fleet.Enabled, Online: true, LoadKnown: true, Load: float64(10*i + 1)}
		}
	}
	return out
}

func alert(name string, annotations ...any) fleet.Alert {
	a := fleet.Alert{Name: name, Fingerprint: name, SeenAt: noon, Annotations: map[string]string{}}
	for i := 0; i+1 < len(annotations); i += 2 {
		a.Annotations[fmt.Sprint(annotations[i])] = fmt.Sprint(annotations[i+1])
	}
	return a
}

// load returns a fleet alert with a load of cores and gib GiB in its annotations.
func load(name string, cores, gib float64) fleet.Alert {
	return alert(name, rules.AnnotationCores, cores, rules.AnnotationRAM, 1024*gib)
}

func low(cores, gib float64) fleet.Alert { return load(rules.FleetWorkloadLow, cores, gib) }

// made returns a plan's steps as "kind server cores/MiB", for comparison.
func made(p fleet.Plan) string {
	var out []string
	for _, s := range p.Steps {
		text := string(s.Kind) + " " + s.Server
		if s.To != (fleet.Size{}) {
			text += fmt.Sprintf(" %d/%d", s.To.Cores, s.To.RAM)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func flight(k fleet.Kind) *fleet.Flight {
	return &fleet.Flight{Step: fleet.Step{Kind: k}, At: noon, Deadline: noon.Add(time.Minute)}
}

func drain(s *fleet.Server) {
	s.State, s.Record.Aim, s.Record.At = fleet.StateDraining, fleet.AimDrain, noon
	s.Balancer.State = fleet.Cordoned
	s.Probe = fleet.Probe{At: noon, Count: fleet.MeetingCount{Meetings: 1, Participants: 9}}
}

func silent(s *fleet.Server) {
	s.Alerts = []fleet.Alert{alert(rules.ServerDown)}
	s.Probe = fleet.Probe{At: noon, Err: errors.New("timeout")}
}

func empty(s *fleet.Server, state fleet.BalancerState) {
	drain(s)
	s.State, s.Balancer.State, s.Probe = fleet.StateEmpty, state, fleet.Probe{At: noon}
	s.Record.Confirmed, s.Record.EmptySince = true, noon.Add(-time.Minute)
}
