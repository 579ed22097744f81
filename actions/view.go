package actions

import (
	"context"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// view collects what Decide needs.
func (s *Scaler) view(ctx context.Context, cfg Config, w seen, servers []Server, blocked []string, now time.Time) View {
	v := View{
		Now: now, Servers: servers, Alerts: cfg.fleetAlerts(w.alerts), Blocked: blocked, Brakes: w.failing,
	}
	s.mu.Lock()
	if s.complete == 0 {
		v.Brakes = append(v.Brakes, "just started: nothing is taken before one whole look")
	}
	v.Fleet = s.memory.Fleet
	v.Unknown = max(0, v.Fleet.Known-len(w.cloud)) // Known counts what is not of the fleet, too
	v.Pauses = s.pausesAt(now, &Commit{})
	s.mu.Unlock()
	if wantsMore(cfg, v, w) {
		v.Contract = s.readContract(ctx, cfg, now)
	}
	return v
}

// wantsMore reports whether a step may be planned that the contract must have
// room for.
func wantsMore(cfg Config, v View, w seen) bool {
	for _, a := range w.alerts {
		if ask := cfg.Asks[a.Name].Ask; ask == rules.AskStart || ask == rules.AskGrow {
			return true
		}
	}
	have := 0
	for i := range v.Servers {
		if v.Servers[i].serving() || v.Servers[i].coming() {
			have++
		}
	}
	return have < cfg.floorAhead(v.Now, usable(v.Servers), have)
}

// readContract returns what the contract has left, or nil if that is not known.
func (s *Scaler) readContract(ctx context.Context, cfg Config, now time.Time) *Contract {
	got := s.contract.Read(ctx, []string{""}, cfg.Deadlines.Patience)[""]
	if got.Err != nil {
		s.log.Warn("contract not read, its limits are not known", "error", got.Err)
	}
	if !got.fresh(now, cfg.Deadlines.Stale) {
		return nil
	}
	return &got.Value
}

// publish makes what the look saw and decided the Status.
func (s *Scaler) publish(cfg Config, w seen, v View, plan Plan, unjoined []string) {
	st := Status{
		Fleet: cfg.Fleet.Name, At: v.Now, DryRun: cfg.DryRun, Floor: plan.Floor, Ceiling: cfg.Capacity.Ceiling,
		Need: max(0, plan.Need), Counts: map[State]int{}, Brakes: plan.Brakes, Limits: plan.Limits, Blocked: v.Blocked,
		Pauses: v.Pauses, Sources: w.sources, Unjoined: unjoined, Servers: make([]ServerStatus, 0, len(v.Servers)),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.whole {
		s.complete++
	}
	st.Ready = s.complete > 0
	for i := range v.Servers {
		sv := v.Servers[i].status(cfg, plan, v.Now)
		st.Counts[sv.State]++
		st.Servers = append(st.Servers, sv)
		s.servers[sv.ID] = v.Servers[i]
	}
	s.status = st
}

func (v *Server) status(cfg Config, plan Plan, now time.Time) ServerStatus {
	out := ServerStatus{
		ID: v.ID, Name: v.Name, Datacenter: v.Datacenter, Size: v.Size, State: v.State, Since: v.Record.Since,
		Power: v.Power, Reason: plan.Reasons[v.ID], Alerts: names(v.Alerts), Cooldowns: v.cooldowns(cfg, now),
	}
	if a := v.addr(); a.IsValid() {
		out.Addr = a.String()
	}
	if v.Balancer != nil {
		out.Balancer, out.Load = v.Balancer.State, v.Balancer.Load
	}
	if v.Probe.answered() {
		out.Meetings = &v.Probe.Count
	}
	if v.Record.Flight != nil {
		out.InFlight = &v.Record.Flight.Step
	}
	return out
}

// cooldowns returns those in force.
func (v *Server) cooldowns(cfg Config, now time.Time) map[string]time.Time {
	all := map[string]time.Time{}
	note := func(name string, until time.Time) {
		if until.After(now) {
			all[name] = until
		}
	}
	note("up", v.Record.Up.Add(cfg.Cooldowns.ServerUp))
	note("down", later(v.Record.Up, v.Record.Down).Add(cfg.Cooldowns.ServerDown))
	note("backoff", v.Record.RetryAt)
	return all
}
