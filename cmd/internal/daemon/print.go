package daemon

import (
	"bytes"
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
	out    io.Writer
	colors terminal.Palette
	err    error
}

// line writes a line; the arguments are formatted by terminal.Sprintf.
func (p *printer) line(format string, args ...any) { p.paint(terminal.Plain, format, args...) }

// paint writes a line in a color.
func (p *printer) paint(color terminal.Color, format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.out, p.colors.Paint(color, terminal.Sprintf(format, args...)))
	}
}

// cells is one row of a table.
type cells []string

// table writes rows in aligned columns, and indent before each row.
func (p *printer) table(indent string, rows []cells) { p.paintTable(indent, rows, nil) }

// paintTable writes rows in aligned columns, each in the color of its number; colors
// may be nil.
func (p *printer) paintTable(indent string, rows []cells, colors []terminal.Color) {
	var aligned bytes.Buffer
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, indent+strings.Join(quoted(r), "\t"))
	}
	_ = w.Flush() // a buffer takes everything
	lines := strings.Split(strings.TrimSuffix(aligned.String(), "\n"), "\n")
	for i, line := range lines {
		if i < len(colors) {
			line = p.colors.Paint(colors[i], line)
		}
		if p.err == nil {
			_, p.err = fmt.Fprintln(p.out, line)
		}
	}
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

// quoted returns a row whose cells are safe to print.
func quoted(r cells) []string {
	all := make([]string, len(r))
	for i, cell := range r {
		all[i] = terminal.Quote(cell)
	}
	return all
}
