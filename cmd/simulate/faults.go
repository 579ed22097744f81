package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// faultName is a kind of fault as --fault writes it: with dashes for spaces.
func faultName(kind sim.FaultKind) string { return strings.ReplaceAll(string(kind), " ", "-") }

// faultNames lists all kinds, those that need a number with an example of it.
func faultNames() string {
	var names []string
	for _, kind := range sim.FaultKinds() {
		name := faultName(kind)
		switch kind {
		case sim.CloudAnswers:
			name += "=503"
		case sim.ListShrinks:
			name += "=0.5"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// balancerFaults are the kinds that apply to the balancer, not to a server.
var balancerFaults = []sim.FaultKind{sim.BalancerDown, sim.BalancerBusy, sim.BalancerFail, sim.PollerDead}

// parseFaults reads faults of the form kind[=number][@target]: the number is the
// status code of cloud-answers and the missing share of list-shrinks, the target
// a server or a datacenter of a simulation with the given number of servers. A
// fault on any other target would never occur and is refused.
func parseFaults(texts []string, servers int) ([]sim.Fault, error) {
	var p refuse.Problems
	var out []sim.Fault
	targets := faultTargets(servers)
	for _, text := range texts {
		f, err := parseFault(text)
		p.Add(err)
		_, _, narrowed := strings.Cut(text, "@")
		alone := slices.Contains(balancerFaults, f.Kind)
		p.Require(!narrowed || !alone, "--fault", text, "not name a server: the fault is the load balancer's")
		p.Require(!narrowed || alone || slices.Contains(targets, f.On), "--fault", text,
			"name a server from %s to %s, or a datacenter: %s", targets[0], targets[servers-1], strings.Join(targets[servers:], ", "))
		out = append(out, f)
	}
	return out, errors.Join(p...)
}

// faultTargets returns the names of the servers of a simulation, then the ids of
// its datacenters.
func faultTargets(servers int) []string {
	w := sim.New(sim.Config{Servers: servers})
	var names []string
	for _, s := range w.Servers() {
		names = append(names, s.Name)
	}
	return append(names, w.Datacenters()...)
}

// parseFault reads one fault; its target is not checked.
func parseFault(text string) (sim.Fault, error) {
	rest, on, _ := strings.Cut(text, "@")
	name, number, hasNumber := strings.Cut(rest, "=")
	f := sim.Fault{Kind: sim.FaultKind(strings.ReplaceAll(name, "-", " ")), On: on}
	if !slices.Contains(sim.FaultKinds(), f.Kind) || name != faultName(f.Kind) {
		return f, refuse.Value("--fault", text, "be or begin with one of %s", faultNames())
	}
	var err error
	switch f.Kind {
	case sim.CloudAnswers:
		if f.Status, err = strconv.Atoi(number); err != nil || f.Status < 400 || f.Status > 599 {
			return f, refuse.Value("--fault", text, "hold a status code from 400 to 599, such as %s=503", name)
		}
	case sim.ListShrinks:
		if f.Share, err = strconv.ParseFloat(number, 64); err != nil || !(f.Share > 0 && f.Share <= 1) {
			return f, refuse.Value("--fault", text, "hold the missing share of the list, above 0 and up to 1, such as %s=0.5", name)
		}
	default:
		if hasNumber {
			return f, refuse.Value("--fault", text, "hold no number: %s takes none", name)
		}
	}
	return f, nil
}
