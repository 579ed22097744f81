package actions

import (
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/plan"
)

// publish sets the Status from what the cycle read and planned.
func (s *Scaler) publish(cfg fleet.Config, r reads, v plan.View, plan fleet.Plan, j joined) {
	st := fleet.Status{
		Fleet: cfg.Fleet.Name, At: v.Now, DryRun: cfg.DryRun, Floor: plan.Floor, Ceiling: cfg.Capacity.Ceiling,
		Need: max(0, plan.Need), Counts: map[fleet.State]int{}, Brakes: plan.Brakes, Limits: plan.Limits, Blocked: v.Blocked, Cooldowns: fleetCooldowns(v.Fleet, cfg, v.Now),
		Pauses: v.Pauses, Sources: r.sources, Unjoined: append(j.unjoined, strayAlerts(v.Alerts, plan.Pools)...), Shared: j.shared, Servers: make([]fleet.ServerStatus, 0, len(v.Servers)),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Forecasts = s.forecast(cfg.Forecast, cfg.Capacity.Events, v.Now)
	st.Calendars = s.calendarStatus(cfg)
	st.Unheard = s.memory.Alerts.Unheard(cfg, v.Now)
	if len(st.Unheard) > 0 && len(s.status.Unheard) == 0 {
		s.log.Warn("Alertmanager lists alerts whose notifications do not arrive; check its route and the URL of the webhook", "alerts", st.Unheard)
	}
	if r.BalancerUnsure == "" {
		st.UnknownPools = unknownPools(cfg, plan.Pools)
	}
	if len(st.UnknownPools) > 0 && !slices.Equal(st.UnknownPools, s.status.UnknownPools) {
		s.log.Warn("the configuration names pools, and no server has their tag", "pools", st.UnknownPools)
	}
	if r.whole {
		s.complete++
	}
	st.Ready = r.whole
	for i := range v.Servers {
		sv := statusOf(&v.Servers[i], cfg, plan, v.Now)
		st.Counts[sv.State]++
		st.Servers = append(st.Servers, sv)
	}
	st.Pools = poolsOf(st.Servers, plan.Pools)
	s.show(func() { s.status = st })
}

// statusOf returns the status of one server.
func statusOf(v *fleet.Server, cfg fleet.Config, plan fleet.Plan, now time.Time) fleet.ServerStatus {
	out := fleet.ServerStatus{
		ID: v.ID, Name: v.Name, Datacenter: v.Datacenter, Pool: v.Pool(), Size: v.Size, State: v.State, Since: v.Record.Since,
		Power: v.Power, Reason: plan.Reasons[v.ID], Alerts: fleet.AlertNames(v.Alerts), Cooldowns: cooldowns(v.Record, cfg, now), Host: v.Host, Aliases: v.Aliases,
	}
	if a := v.Addr(); a.IsValid() {
		out.Addr = a.String()
	}
	if v.Balancer != nil {
		out.Balancer, out.BalancerURL, out.Load = v.Balancer.State, v.Balancer.URL, v.Balancer.Load
		out.LoadKnown = v.Balancer.LoadKnown && v.Balancer.State != fleet.Disabled
	}
	if v.Probe.Answered() {
		out.Meetings = &v.Probe.Count
	}
	if v.Record.Flight != nil {
		out.InFlight = &v.Record.Flight.Step
	}
	return out
}

// fleetCooldowns returns the ends of the fleet's cooldowns in force, by name.
func fleetCooldowns(r fleet.FleetRecord, cfg fleet.Config, now time.Time) map[string]time.Time {
	all := map[string]time.Time{}
	if until := r.In.Add(cfg.Cooldowns.In); until.After(now) {
		all[fleet.CooldownIn] = until
	}
	recent := slices.DeleteFunc(slices.Clone(r.Outs), func(at time.Time) bool { return now.Sub(at) >= cfg.Cooldowns.Out })
	if n := len(recent) - cfg.Capacity.MaxStep; n >= 0 && n < len(recent) {
		slices.SortFunc(recent, time.Time.Compare)
		all[fleet.CooldownOut] = recent[n].Add(cfg.Cooldowns.Out)
	}
	return all
}

// cooldowns returns the ends of the cooldowns in force, by name.
func cooldowns(r fleet.Record, cfg fleet.Config, now time.Time) map[string]time.Time {
	all := map[string]time.Time{}
	note := func(name string, until time.Time) {
		if until.After(now) {
			all[name] = until
		}
	}
	note(fleet.CooldownUp, r.Up.Add(cfg.Cooldowns.ServerUp))
	note(fleet.CooldownDown, r.LastChange().Add(cfg.Cooldowns.ServerDown))
	note(fleet.CooldownBackoff, r.RetryAt)
	return all
}
