// Package report writes the result of a comparison as JSON, as a table and as a
// picture.
package report

import (
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
)

// Figures are the results of a strategy, summed over all seeds.
type Figures struct {
	ServerHours                float64        `json:"server_hours"`
	CoreHours                  float64        `json:"core_hours"`
	RAMGiBHours                float64        `json:"ram_gib_hours"`
	Cost                       float64        `json:"cost"`
	CostOverBound              float64        `json:"cost_over_bound"` // Cost divided by that of the bound
	CostAtNeed                 float64        `json:"cost_at_need"`    // see sim.Figures
	CostAtPeak                 float64        `json:"cost_at_peak"`    // see sim.Figures
	AboveBound                 Above          `json:"above_bound"`
	Savings                    float64        `json:"savings"` // share of the cost of all servers always on, from 0 to 1
	OverloadParticipantMinutes float64        `json:"overload_participant_minutes"`
	ParticipantMinutes         float64        `json:"participant_minutes"`
	Meetings                   int            `json:"meetings"`
	MeetingsEndedEarly         int            `json:"meetings_ended_early"`
	MeetingsRefused            int            `json:"meetings_refused"`
	JoinsRefused               int            `json:"joins_refused"`
	CapacityDelayP50           float64        `json:"capacity_delay_p50_seconds"`
	CapacityDelayP95           float64        `json:"capacity_delay_p95_seconds"`
	CloudCalls                 int            `json:"cloud_calls"`
	BalancerCalls              int            `json:"balancer_calls"`
	Steps                      map[string]int `json:"steps"`
	Flaps                      int            `json:"flaps"`
	Churn                      int            `json:"churn"` // see week.Churn

	delays []time.Duration
}

// Above is the cost above that of the bound, divided by it, in its three parts. Their sum
// is CostOverBound - 1.
type Above struct {
	Servers float64 `json:"servers"` // of servers that are on beyond those of the bound, at the sizes that their people need
	Kept    float64 `json:"kept"`    // of sizes that people needed before, and that a running server keeps
	Reserve float64 `json:"reserve"` // of sizes that nobody has needed since the server started
}

// BoundName is the name of the lower bound in the list of strategies.
const BoundName = "bound"

// Report holds the figures of a comparison.
type Report struct {
	World     string   `json:"world"`     // its name or file
	Timetable string   `json:"timetable"` // its name, or trace
	Currency  string   `json:"currency"`  // of the costs
	Seeds     []uint64 `json:"seeds"`
	Servers   int      `json:"servers"`
	Days      int      `json:"days"`
	// Strategies holds the figures of each strategy by name, summed over all seeds.
	// The delays are percentiles over the mornings of all seeds.
	Strategies map[string]Figures `json:"strategies"`
	// BySeed holds the figures of each seed by seed and strategy. It is nil if there
	// is only one seed.
	BySeed map[string]map[string]Figures `json:"by_seed,omitempty"`

	order []string
}

// New returns the report of weeks.
func New(c week.Comparison, weeks []week.Week) Report {
	r := Report{
		World: c.World.Name, Timetable: c.Meetings(), Currency: c.World.Prices.Currency, Seeds: c.Seeds, Servers: c.Servers, Days: c.Days,
		Strategies: map[string]Figures{}, BySeed: map[string]map[string]Figures{},
	}
	for _, s := range c.Strategies {
		r.order = append(r.order, s.Name())
	}
	r.order = append(r.order, BoundName)
	allOn := 0.0
	for _, w := range weeks {
		one := map[string]Figures{BoundName: figures(week.Outcome{Result: week.Result{Figures: w.Bound}})}
		for _, o := range w.Outcomes {
			one[o.Name] = figures(o)
		}
		allOn += w.AllOn
		compare(one, w.AllOn)
		for name, f := range one {
			r.Strategies[name] = r.Strategies[name].plus(f)
		}
		r.BySeed[seedKey(w.Seed)] = one
	}
	compare(r.Strategies, allOn)
	if len(weeks) == 1 {
		r.BySeed = nil
	}
	return r
}

// seedKey is the key of a seed in Report.BySeed.
func seedKey(seed uint64) string { return strconv.FormatUint(seed, 10) }

// compare sets the figures that relate the costs of strategies to that of the bound, and
// to that of all servers always on.
func compare(strategies map[string]Figures, allOn float64) {
	bound := strategies[BoundName].Cost
	for name, f := range strategies {
		f.CostOverBound, f.Savings = round(f.Cost/bound), round(1-f.Cost/allOn)
		if name != BoundName {
			f.AboveBound = Above{round(f.CostAtNeed/bound - 1), round((f.CostAtPeak - f.CostAtNeed) / bound), round((f.Cost - f.CostAtPeak) / bound)}
		}
		strategies[name] = f
	}
}

func figures(o week.Outcome) Figures {
	f := o.Figures
	out := Figures{
		ServerHours: round(f.ServerHours), CoreHours: round(f.CoreHours), RAMGiBHours: round(f.RAMGiBHours), Cost: round(f.Cost),
		CostAtNeed: round(f.CostAtNeed), CostAtPeak: round(f.CostAtPeak),
		OverloadParticipantMinutes: round(f.OverloadParticipantMinutes), ParticipantMinutes: round(f.ParticipantMinutes),
		Meetings: f.Meetings, MeetingsEndedEarly: f.MeetingsEndedEarly, MeetingsRefused: f.MeetingsRefused, JoinsRefused: f.JoinsRefused,
		CloudCalls: f.CloudCalls, BalancerCalls: f.BalancerCalls, Flaps: f.Flaps, Churn: o.Churn, Steps: map[string]int{}, delays: o.Delays,
	}
	for kind, n := range f.Steps {
		out.Steps[string(kind)] = n
	}
	return out.withDelays()
}

// round rounds to two decimals, because the last bits of a sum depend on the order
// of the summands.
func round(v float64) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 2, 64), 64)
	return rounded
}

func (f Figures) withDelays() Figures {
	f.CapacityDelayP50 = week.Percentile(f.delays, 50).Seconds()
	f.CapacityDelayP95 = week.Percentile(f.delays, 95).Seconds()
	return f
}

func (f Figures) plus(g Figures) Figures {
	sum := Figures{
		ServerHours: round(f.ServerHours + g.ServerHours), CoreHours: round(f.CoreHours + g.CoreHours),
		RAMGiBHours: round(f.RAMGiBHours + g.RAMGiBHours), Cost: round(f.Cost + g.Cost),
		CostAtNeed: round(f.CostAtNeed + g.CostAtNeed), CostAtPeak: round(f.CostAtPeak + g.CostAtPeak),
		OverloadParticipantMinutes: round(f.OverloadParticipantMinutes + g.OverloadParticipantMinutes),
		ParticipantMinutes:         round(f.ParticipantMinutes + g.ParticipantMinutes),
		Meetings:                   f.Meetings + g.Meetings, MeetingsEndedEarly: f.MeetingsEndedEarly + g.MeetingsEndedEarly,
		MeetingsRefused: f.MeetingsRefused + g.MeetingsRefused, JoinsRefused: f.JoinsRefused + g.JoinsRefused,
		CloudCalls: f.CloudCalls + g.CloudCalls, BalancerCalls: f.BalancerCalls + g.BalancerCalls, Flaps: f.Flaps + g.Flaps,
		Churn: f.Churn + g.Churn, Steps: map[string]int{}, delays: append(append([]time.Duration(nil), f.delays...), g.delays...),
	}
	for _, steps := range []map[string]int{f.Steps, g.Steps} {
		for kind, n := range steps {
			sum.Steps[kind] += n
		}
	}
	return sum.withDelays()
}
