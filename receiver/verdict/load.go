package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// full is the workload from which sound and video of a server are expected to
// suffer, as a share of its cores or memory.
const full = 0.9

// hot is an alert on the workload of a server in service, or of the fleet.
type hot struct {
	server string      // "" for the fleet
	name   string      // of the alert
	alert  fleet.Alert // zero if only its name is known
	means  rules.Meaning
}

// level is bad from full on, unless somebody silenced the alert. The figure of an
// operator's own alert on neither CPU nor memory may be anything.
func (h hot) level() Level {
	if h.means.Measure != rules.MeasureNone && h.alert.Value() >= full && !h.alert.Suppressed {
		return Bad
	}
	return Attention
}

// threshold says what the alert's threshold is, if it tells.
func (h hot) threshold() string {
	if t := h.alert.Annotation(rules.AnnotationThreshold); !math.IsNaN(t) {
		return " of " + fleet.Percent(t, 0)
	}
	return ""
}

// String returns the server's name and its workload in percent, if that is known.
func (h hot) String() string {
	text := h.server
	if v := h.alert.Value(); h.means.Measure != rules.MeasureNone && !math.IsNaN(v) {
		text += " (" + fleet.Percent(v, 0) + ")"
	}
	if h.alert.Suppressed {
		text += ", silenced"
	}
	return text
}

// load names the servers in service that are overloaded, and the fleet if it is
// on average. Alerts on what a trend leads to are left out: they are there to act
// before anything is wrong.
func load(s Situation) []Reason {
	groups := map[Level]map[rules.Measure][]hot{Bad: {}, Attention: {}}
	out := []Reason{}
	for _, h := range hots(s) {
		if h.server == "" {
			out = append(out, fleetLoad(h))
			continue
		}
		of := groups[h.level()]
		of[h.means.Measure] = append(of[h.means.Measure], h)
	}
	for _, level := range []Level{Bad, Attention} {
		for _, m := range []rules.Measure{rules.MeasureCPU, rules.MeasureMemory, rules.MeasureNone} {
			if of := groups[level][m]; len(of) > 0 {
				out = append(out, serverLoad(level, m, of, s.Status.Counts[fleet.StateActive]))
			}
		}
	}
	return out
}

// hots lists the alerts on workloads, those with the greatest workload first.
func hots(s Situation) []hot {
	known := byServer(s)
	var out []hot
	for _, sv := range s.Status.Servers {
		if !inService(sv) {
			continue
		}
		for _, name := range alertNames(sv, known[sv.ID]) {
			if m := s.Asks[name]; m.Ask == rules.AskGrow && !m.Rising {
				out = append(out, hot{cmp.Or(sv.Name, sv.ID), name, known[sv.ID][name], m})
			}
		}
	}
	for _, a := range s.Alerts {
		if m := s.Asks[a.Name]; m.Ask == rules.AskStart && m.Measure != rules.MeasureNone && !m.Rising {
			out = append(out, hot{"", a.Name, a, m})
		}
	}
	slices.SortStableFunc(out, func(a, b hot) int { return -cmp.Compare(a.alert.Value(), b.alert.Value()) })
	return out
}

// byServer returns the alerts on each server, by its id and the alert's name.
func byServer(s Situation) map[string]map[string]fleet.Alert {
	id := map[string]string{} // by host
	for _, sv := range s.Status.Servers {
		for _, a := range sv.Aliases {
			id[fleet.HostKey(a)] = sv.ID
		}
	}
	out := map[string]map[string]fleet.Alert{}
	for _, a := range s.Alerts {
		server := cmp.Or(a.Labels[rules.LabelServerID], id[fleet.HostKey(fleet.InstanceHost(a.Labels[rules.LabelInstance]))])
		if server == "" {
			continue
		}
		if out[server] == nil {
			out[server] = map[string]fleet.Alert{}
		}
		out[server][a.Name] = a
	}
	return out
}

// alertNames returns the names of the alerts on a server: those that the scaler
// believes, and those that are silenced.
func alertNames(sv fleet.ServerStatus, known map[string]fleet.Alert) []string {
	names := slices.Clone(sv.Alerts)
	for name, a := range known {
		if a.Suppressed && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// inService reports whether people may be on the server.
func inService(sv fleet.ServerStatus) bool {
	return sv.State == fleet.StateActive || sv.State == fleet.StateDraining
}

func serverLoad(level Level, m rules.Measure, of []hot, active int) Reason {
	var shown, names []string
	for _, h := range of {
		shown, names = append(shown, h.String()), append(names, h.server)
	}
	r := Reason{Level: level, Servers: names, Do: "nothing, unless it stays: the servers grow if their size allows, and new meetings go to others",
		Runbook: map[rules.Measure]string{rules.MeasureCPU: rules.ServerCPUHigh, rules.MeasureMemory: rules.ServerMemoryHigh}[m]}
	servers := fleet.Plural(len(of), "server", "servers")
	switch {
	case m == rules.MeasureNone:
		r.Text = fmt.Sprintf("%s fires on %s: %s", of[0].name, servers, several(shown))
	case level == Bad:
		r.Text = fmt.Sprintf("%s is exhausted on %s, of %d that take new meetings: %s", m, servers, active, several(shown))
		r.Do = "sound and video may suffer there; bbb-scaler explain " + names[0] + " says what is done about it"
	default:
		r.Text = fmt.Sprintf("%s is at or above its threshold%s on %s: %s", m, of[0].threshold(), servers, several(shown))
	}
	return r
}

// fleetLoad is the reason for a workload of the whole fleet.
func fleetLoad(h hot) Reason {
	r := Reason{Level: h.level(), Text: fmt.Sprintf("%s of the fleet is at or above its threshold%s%s", h.means.Measure, h.threshold(), h), Runbook: h.alert.Name,
		Do: "nothing, unless it stays: more capacity is added"}
	if r.Level == Bad {
		r.Text = fmt.Sprintf("%s of the fleet is exhausted%s", h.means.Measure, h)
		r.Do = "sound and video may suffer everywhere; look at what keeps servers from starting"
	}
	return r
}
