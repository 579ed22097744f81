package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// JSON writes the report as one object.
func (r Report) JSON(w io.Writer) error { return writeJSON(w, r) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Text writes the report as a table.
func (r Report) Text(w io.Writer) error {
	fmt.Fprintf(w, "World %s, timetable %s, %d servers, %s, %s; hours, cost and counts are sums.\n\n", terminal.Quote(r.World), r.Timetable, r.Servers, days(r.Days), seeds(r.Seeds))
	if err := writeTable(w, r.table); err != nil {
		return err
	}
	fmt.Fprint(w, "\nCost above that of the bound, divided by it:\n\n")
	return writeTable(w, r.above)
}

// above writes the rows of what each strategy costs above the bound.
func (r Report) above(row func([]string)) {
	row([]string{"strategy", "servers", "kept", "reserve"})
	for _, name := range r.order {
		if name != BoundName {
			row(append([]string{name}, r.Strategies[name].AboveBound.cells()...))
		}
	}
}

func (a Above) cells() []string {
	return []string{fmt.Sprintf("%.2f", a.Servers), fmt.Sprintf("%.2f", a.Kept), fmt.Sprintf("%.2f", a.Reserve)}
}

// writeTable writes the rows of a table, aligned.
func writeTable(w io.Writer, rows func(row func(cells []string))) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(func(cells []string) {
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
			fleet.Percent(f.overload(), 3),
			strconv.Itoa(f.MeetingsEndedEarly), strconv.Itoa(f.MeetingsRefused),
			fmt.Sprintf("%.0f s", f.CapacityDelayP50), fmt.Sprintf("%.0f s", f.CapacityDelayP95),
			strconv.Itoa(f.CloudCalls), strconv.Itoa(f.BalancerCalls), strconv.Itoa(f.Flaps), strconv.Itoa(f.Churn)))
	}
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func seeds(list []uint64) string {
	if len(list) == 1 {
		return fmt.Sprintf("seed %d", list[0])
	}
	return fmt.Sprintf("seeds %d to %d", list[0], list[len(list)-1])
}
