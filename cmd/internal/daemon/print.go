package daemon

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
)

// printer writes lines for people and keeps the first error. It quotes every
// argument and cell that has characters which a terminal would interpret.
type printer struct {
	out io.Writer
	err error
}

// line writes a line; the arguments are formatted by terminal.Sprintf.
func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.out, terminal.Sprintf(format, args...))
	}
}

// cells is one row of a table.
type cells []string

// table writes rows in aligned columns, and indent before each row.
func (p *printer) table(indent string, rows []cells) {
	if p.err != nil {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		quoted := make([]string, len(r))
		for i, cell := range r {
			quoted[i] = terminal.Quote(cell)
		}
		fmt.Fprintln(w, indent+strings.Join(quoted, "\t"))
	}
	p.err = w.Flush()
}

// listed returns rows, or one row that says that there are none.
func listed(rows []cells) []cells {
	if len(rows) == 0 {
		return []cells{{"none"}}
	}
	return rows
}

// counts lists the number of servers in each state, in the order of fleet.States.
func counts(by map[fleet.State]int) string {
	var all []string
	for _, s := range fleet.States() {
		if by[s] > 0 {
			all = append(all, fmt.Sprintf("%d %s", by[s], s))
		}
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

func ceiling(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

func suffix(ok bool, text string) string {
	if ok {
		return text
	}
	return ""
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func age(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return now.Sub(t).Round(time.Second).String() + " ago"
}
