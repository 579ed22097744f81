package receiver

import (
	"strings"

	"github.com/bbb-scaler/bbb-scaler/receiver/verdict"
)

// reasonsFirst is how many reasons of the verdict, the headline included, the page
// shows at once; the others come after a click.
const reasonsFirst = 4

// reason is a reason of the verdict on the page.
type reason struct {
	verdict.Reason
	Parts []part
	Link  string // to the runbook, or ""
}

// part is a piece of a text; with an ID, it is the name of the server in the row
// with that id.
type part struct{ Text, ID string }

// Headline is the first reason of the verdict, or nil.
func (p *pageData) Headline() *reason {
	if len(p.Verdict.Reasons) == 0 {
		return nil
	}
	return &p.reasons(p.Verdict.Reasons[:1])[0]
}

// FirstReasons are the reasons that the page shows below the headline.
func (p *pageData) FirstReasons() []reason {
	n := len(p.Verdict.Reasons)
	return p.reasons(p.Verdict.Reasons[min(1, n):min(reasonsFirst, n)])
}

// OtherReasons are the reasons that the page shows after a click.
func (p *pageData) OtherReasons() []reason {
	return p.reasons(p.Verdict.Reasons[min(reasonsFirst, len(p.Verdict.Reasons)):])
}

func (p *pageData) reasons(all []verdict.Reason) []reason {
	out := make([]reason, 0, len(all))
	for _, r := range all {
		out = append(out, reason{Reason: r, Parts: p.parts(r), Link: p.link(r.Runbook)})
	}
	return out
}

// parts cuts the text of a reason at the names of its servers, which stand in it
// in the order of r.Servers, as far as they do.
func (p *pageData) parts(r verdict.Reason) []part {
	var out []part
	rest := r.Text
	for _, name := range r.Servers {
		before, after, found := strings.Cut(rest, name)
		id := p.rows[name]
		if !found || id == "" {
			break
		}
		out = append(out, part{Text: before}, part{name, id})
		rest = after
	}
	return append(out, part{Text: rest})
}

// link returns the address of an alert's section of the runbooks, or "".
func (p *pageData) link(alert string) string {
	if p.runbook == "" || alert == "" {
		return ""
	}
	return p.runbook + "#" + strings.ToLower(alert)
}
