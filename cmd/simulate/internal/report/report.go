// Package report writes the result of a comparison as JSON, as a table and as a
// picture.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/week"
)

// Figures are the results of a strategy, summed over all seeds.
type Figures struct {
	ServerHours                float64        `json:"server_hours"`
	CoreHours                  float64        `json:"core_hours"`
	RAMGiBHours                float64        `json:"ram_gib_hours"`
	Cost                       float64        `json:"cost"`
	CostOverBound              float64        `json:"cost_over_bound"` // Cost divided by that of the bound
	Savings                    float64        `json:"savings"`         // share of the cost of all servers always on, from 0 to 1
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
		r.BySeed[strconv.FormatUint(w.Seed, 10)] = one
	}
	compare(r.Strategies, allOn)
	if len(weeks) == 1 {
		r.BySeed = nil
	}
	return r
}

// compare sets the figures that relate the costs of strategies to that of the bound, and
// to that of all servers always on.
func compare(strategies map[string]Figures, allOn float64) {
	bound := strategies[BoundName].Cost
	for name, f := range strategies {
		f.CostOverBound, f.Savings = round(f.Cost/bound), round(1-f.Cost/allOn)
		strategies[name] = f
	}
}

func figures(o week.Outcome) Figures {
	f := o.Figures
	out := Figures{
		ServerHours: round(f.ServerHours), CoreHours: round(f.CoreHours), RAMGiBHours: round(f.RAMGiBHours), Cost: round(f.Cost),
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

// JSON writes the report as one object.
func (r Report) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// Text writes the report as a table.
func (r Report) Text(w io.Writer) error {
	fmt.Fprintf(w, "World %s, timetable %s, %d servers, %d days, %s; hours, cost and counts are sums.\n\n", terminal.Quote(r.World), r.Timetable, r.Servers, r.Days, seeds(r.Seeds))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	r.table(func(cells []string) {
		for _, c := range cells {
			fmt.Fprint(t, c, "\t")
		}
		fmt.Fprintln(t)
	})
	return t.Flush()
}

func (r Report) table(row func([]string)) {
	row([]string{"strategy", "server-h", "of bound", strings.TrimSpace("cost " + r.Currency), "of bound", "saved", "overload", "ended early", "refused", "delay p50", "p95", "cloud calls", "Scalelite", "flaps", "churn"})
	bound := r.Strategies[BoundName].ServerHours
	for _, name := range r.order {
		f := r.Strategies[name]
		cells := []string{
			name, fmt.Sprintf("%.0f", f.ServerHours), fmt.Sprintf("%.2f", f.ServerHours/bound),
			fmt.Sprintf("%.2f", f.Cost), fmt.Sprintf("%.2f", f.CostOverBound), fleet.Percent(f.Savings, 0),
		}
		if name == BoundName {
			row(append(cells, "0", "0", "0", "", "", "", "", "", ""))
			continue
		}
		row(append(cells,
			fleet.Percent(f.OverloadParticipantMinutes/max(1, f.ParticipantMinutes), 3),
			strconv.Itoa(f.MeetingsEndedEarly), strconv.Itoa(f.MeetingsRefused),
			fmt.Sprintf("%.0f s", f.CapacityDelayP50), fmt.Sprintf("%.0f s", f.CapacityDelayP95),
			strconv.Itoa(f.CloudCalls), strconv.Itoa(f.BalancerCalls), strconv.Itoa(f.Flaps), strconv.Itoa(f.Churn)))
	}
}

func seeds(list []uint64) string {
	if len(list) == 1 {
		return fmt.Sprintf("seed %d", list[0])
	}
	return fmt.Sprintf("seeds %d to %d", list[0], list[len(list)-1])
}
