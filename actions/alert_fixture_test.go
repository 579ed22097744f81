package actions_test

import (
	"fmt"
	"maps"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// evaluate evaluates the rules and sends the notifications, instead of Prometheus and
// Alertmanager.
func (fx *fixture) evaluate() {
	fx.t.Helper()
	before := maps.Clone(fx.firing)
	if err := fx.notify(); err != nil {
		if !fx.dead() && !lost(err) {
			fx.t.Fatalf("Notify() = %v", err)
		}
		fx.firing = before // Alertmanager sends the notification again
	}
}

func (fx *fixture) notify() error {
	now := fx.w.Now()
	seen := now
	if fx.pair != nil {
		if !fx.pair.turn() {
			return errCut // nobody receives it
		}
		seen = fx.now() // by the clock of the daemon that receives it
	}
	holds := fx.conditions()
	maps.DeleteFunc(fx.pending, func(k string, _ time.Time) bool { _, ok := holds[k]; return !ok })
	var send []fleet.Alert
	for key, a := range fx.firing {
		if _, ok := holds[key]; !ok {
			a.Resolved, a.SeenAt = true, seen
			send = append(send, a)
			delete(fx.firing, key)
		}
	}
	for key, a := range holds {
		since, ok := fx.pending[key]
		if !ok {
			since = now
			fx.pending[key] = now
		}
		if now.Sub(since) >= 2*time.Minute {
			a.Fingerprint, a.StartsAt, a.SeenAt = key, since, seen
			fx.firing[key] = a
			send = append(send, a)
		}
	}
	if fx.mute {
		return nil
	}
	for _, other := range fx.others {
		must(fx.t, onlyErr(other.Notify(send)))
	}
	return onlyErr(fx.s.Notify(send))
}

// conditions returns the alerts whose conditions hold now, by name.
func (fx *fixture) conditions() map[string]fleet.Alert {
	out := map[string]fleet.Alert{}
	add := func(name, instance string, annotations map[string]string) {
		a := fleet.Alert{Name: name, Annotations: annotations, Labels: map[string]string{rules.LabelFleet: fx.cfg.Fleet.Name}}
		if instance != "" {
			a.Labels[rules.LabelInstance] = instance + ":9100"
		}
		out[name+" "+instance] = a
	}
	th := fx.cfg.Thresholds
	pools := map[string]*poolLoad{}
	for _, r := range fx.w.Servers() {
		if r.Power != fleet.PowerOn || !r.NodeUp {
			if r.Power == fleet.PowerOn && r.State == fleet.Enabled {
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
			if pools[r.Tag] == nil {
				pools[r.Tag] = &poolLoad{}
			}
			pools[r.Tag].add(r)
		}
	}
	for tag, p := range pools {
		for _, a := range p.alerts(th) {
			a.Labels = map[string]string{rules.LabelFleet: fx.cfg.Fleet.Name}
			if tag != "" {
				a.Labels[rules.LabelPool] = tag
			}
			out[a.Name+" "+tag] = a
		}
	}
	return out
}

// poolLoad is the size and the load of the servers with one tag that take meetings.
type poolLoad struct {
	has        fleet.Size
	cores, mib float64
}

func (p *poolLoad) add(r sim.Reading) {
	p.has = p.has.Add(r.Size)
	p.cores, p.mib = p.cores+r.CPU*float64(r.Size.Cores), p.mib+r.Memory*float64(r.Size.RAM)
}

// alerts is what the rules would find of the pool.
func (p *poolLoad) alerts(th rules.Thresholds) (out []fleet.Alert) {
	cpu, memory := p.cores/float64(p.has.Cores), p.mib/float64(p.has.RAM)
	told := map[string]string{rules.AnnotationCores: fmt.Sprint(p.cores), rules.AnnotationRAM: fmt.Sprint(p.mib)}
	if cpu >= th.CPU.Max {
		out = append(out, fleet.Alert{Name: rules.FleetCPUHigh, Annotations: told})
	}
	if memory >= th.Memory.Max {
		out = append(out, fleet.Alert{Name: rules.FleetMemoryHigh, Annotations: told})
	}
	middle := func(b rules.Band) float64 { return (b.Min + b.Max) / 2 }
	if cpu < middle(th.CPU) && memory < middle(th.Memory) {
		out = append(out, fleet.Alert{Name: rules.FleetWorkloadLow, Annotations: told})
	}
	return out
}

func value(v float64) map[string]string {
	return map[string]string{rules.AnnotationValue: fmt.Sprint(v)}
}
