package outlook

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Item is something that will happen.
type Item struct {
	// At is when, or when at the earliest; zero if that is not known.
	At   time.Time
	What string
	Why  string // may be empty
	// Servers are the names of those concerned, the first ones of which are in What.
	Servers []string
}

// ahead is how far Next looks into the schedule.
const ahead = 24 * time.Hour

// Next returns what will happen next, in the order of time; what has no time comes
// last.
func Next(st fleet.Status, c fleet.Config, now time.Time) []Item {
	var out []Item
	for _, find := range []func(fleet.Status, fleet.Config, time.Time) []Item{
		inFlight, missing, floorChanges, fleetCooldowns, drains, backoffs, serverCooldowns, pauses,
	} {
		out = append(out, find(st, c, now)...)
	}
	slices.SortStableFunc(out, func(a, b Item) int {
		if a.At.IsZero() || b.At.IsZero() {
			return b.At.Compare(a.At)
		}
		return a.At.Compare(b.At)
	})
	return out
}

// inFlight says when servers on their way are expected, and what else is under way.
func inFlight(st fleet.Status, c fleet.Config, _ time.Time) (out []Item) {
	byState := names(st, func(s fleet.ServerStatus) string { return string(s.State) })
	if all := byState[string(fleet.StateStarting)]; len(all) > 0 {
		out = append(out, Item{At: since(st, fleet.StateStarting).Add(c.Capacity.StartTime), Servers: all, Why: reason(st, all[0]),
			What: fleet.Plural(len(all), "server takes", "servers take") + " meetings: " + several(all)})
	}
	if all := byState[string(fleet.StateWarming)]; len(all) > 0 {
		out = append(out, Item{Servers: all, Why: reason(st, all[0]),
			What: fleet.Plural(len(all), "server takes", "servers take") + " meetings once BigBlueButton answers and Scalelite reaches it: " + several(all)})
	}
	for _, state := range []struct {
		of         fleet.State
		one, other string
	}{{fleet.StateStopping, "server is off", "servers are off"}, {fleet.StateResizing, "server has its new size", "servers have their new size"}} {
		if all := byState[string(state.of)]; len(all) > 0 {
			out = append(out, Item{Servers: all, Why: reason(st, all[0]),
				What: fleet.Plural(len(all), state.one, state.other) + " once IONOS reports it: " + several(all)})
		}
	}
	return out
}

// missing says that more servers are needed, and what keeps them from starting.
func missing(st fleet.Status, _ fleet.Config, _ time.Time) []Item {
	if st.Need <= 0 {
		return nil
	}
	it := Item{At: st.Cooldowns[fleet.CooldownOut], What: fleet.Plural(st.Need, "more server starts", "more servers start")}
	switch {
	case len(st.Blocked) > 0:
		it.What, it.Why = "no server starts, although "+fleet.Plural(st.Need, "more is needed", "more are needed"), st.Blocked[0].Text
	case len(st.Limits) > 0:
		it.Why = "not before this changes: " + st.Limits[0].Text
	case !it.At.IsZero():
		it.Why = "capacity.max_step servers have started within cooldowns.scale_out"
	default:
		it.What += " in the next cycle"
	}
	return []Item{it}
}

func floorChanges(st fleet.Status, c fleet.Config, now time.Time) (out []Item) {
	floor, changes := Floors(st, c.Capacity, now, now.Add(ahead))
	for _, f := range changes[:min(2, len(changes))] {
		it := Item{At: f.At, Why: "schedule: " + f.Name, What: fmt.Sprintf("the floor falls from %d to %d", floor, f.Floor)}
		if f.Floor > floor {
			it.What = fmt.Sprintf("the floor rises from %d to %d; servers for it start at least %s before", floor, f.Floor, short(c.Capacity.StartTime))
		}
		out, floor = append(out, it), f.Floor
	}
	return out
}

// fleetCooldowns says when servers may be drained again.
func fleetCooldowns(st fleet.Status, _ fleet.Config, _ time.Time) []Item {
	until := st.Cooldowns[fleet.CooldownIn]
	if until.IsZero() || len(st.Brakes) > 0 {
		return nil
	}
	return []Item{{At: until, What: "servers may be drained again, if the load is low then", Why: "cooldowns.scale_in ends"}}
}

// drains says what servers that leave wait for.
func drains(st fleet.Status, _ fleet.Config, _ time.Time) (out []Item) {
	var leaving []string
	meetings, people := 0, 0
	for _, s := range st.Servers {
		if s.State == fleet.StateDraining {
			leaving = append(leaving, s.Name)
			if s.Meetings != nil {
				meetings, people = meetings+s.Meetings.Meetings, people+s.Meetings.Participants
			}
		}
	}
	if len(leaving) > 0 {
		out = append(out, Item{Servers: leaving,
			What: fleet.Plural(len(leaving), "server stops after its last meeting", "servers stop, each after its last meeting") + ": " + several(leaving),
			Why:  fmt.Sprintf("%s with %s left", fleet.Plural(meetings, "meeting", "meetings"), fleet.Plural(people, "person", "people"))})
	}
	empty := names(st, func(s fleet.ServerStatus) string {
		if s.State == fleet.StateEmpty {
			return s.Reason
		}
		return ""
	})
	for _, why := range slices.Sorted(maps.Keys(empty)) {
		if all := empty[why]; why != "" {
			out = append(out, Item{Servers: all, Why: why, What: fleet.Plural(len(all), "empty server stops", "empty servers stop") + ": " + several(all)})
		}
	}
	return out
}

// backoffs says when steps that failed are tried again.
func backoffs(st fleet.Status, _ fleet.Config, now time.Time) []Item {
	all, first := cooling(st, fleet.CooldownBackoff, now, func(fleet.ServerStatus) bool { return true })
	if len(all) == 0 {
		return nil
	}
	return []Item{{At: first, Servers: all, What: "the scaler tries " + several(all) + " again", Why: reason(st, all[0])}}
}

// serverCooldowns says when servers in service may be drained.
func serverCooldowns(st fleet.Status, _ fleet.Config, now time.Time) []Item {
	all, first := cooling(st, fleet.CooldownDown, now, func(s fleet.ServerStatus) bool { return s.State == fleet.StateActive })
	if len(all) == 0 {
		return nil
	}
	return []Item{{At: first, Servers: all, Why: "cooldowns.server_down of the first one ends",
		What: fleet.Plural(len(all), "server", "servers") + " may be drained again: " + several(all)}}
}

func pauses(st fleet.Status, _ fleet.Config, _ time.Time) (out []Item) {
	for _, p := range st.Pauses {
		out = append(out, Item{At: p.Until, What: "the pause of " + cmp.Or(p.Server, "the whole fleet") + " ends", Why: p.Reason})
	}
	return out
}

// names returns the names of servers by what f returns for them.
func names(st fleet.Status, f func(fleet.ServerStatus) string) map[string][]string {
	out := map[string][]string{}
	for _, s := range st.Servers {
		key := f(s)
		out[key] = append(out[key], s.Name)
	}
	return out
}

// cooling returns the servers in a cooldown, and when the first of them leaves it.
func cooling(st fleet.Status, kind string, now time.Time, of func(fleet.ServerStatus) bool) (all []string, first time.Time) {
	for _, s := range st.Servers {
		until := s.Cooldowns[kind]
		if !until.After(now) || !of(s) {
			continue
		}
		if all = append(all, s.Name); first.IsZero() || until.Before(first) {
			first = until
		}
	}
	return all, first
}

// since returns the earliest time since which a server is in a state.
func since(st fleet.Status, state fleet.State) (first time.Time) {
	for _, s := range st.Servers {
		if s.State == state && (first.IsZero() || s.Since.Before(first)) {
			first = s.Since
		}
	}
	return first
}

func reason(st fleet.Status, name string) string {
	for _, s := range st.Servers {
		if s.Name == name {
			return s.Reason
		}
	}
	return ""
}

// namesShown is how many servers an item names.
const namesShown = 3

func several(all []string) string {
	if more := len(all) - namesShown; more > 0 {
		return strings.Join(all[:namesShown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(all, ", ")
}

// short formats a duration in minutes, or in seconds below one.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}
