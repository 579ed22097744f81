// Package verdict judges a fleet: is it in order, does somebody have to look, or
// are lessons at risk?
//
// Of is a pure function of a Situation, which holds what the daemon knows: its
// status, the active alerts and the newest entries of its journal. The page, the
// API and the command status show its result. The verdict is never OK while a
// source is failing, capacity is missing, a server in service is overloaded or
// does not answer, steps fail, or the daemon is kept from acting.
//
// Each file answers one question: reading.go, is what we know true; acting.go,
// can we act; capacity.go, is there enough; load.go, who is overloaded;
// broken.go, which servers are lost; joining.go, what is left out.
package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Level is how serious a verdict or a reason is.
type Level string

// The levels, from the least serious to the most.
const (
	OK        Level = "ok"        // nothing is wrong
	Attention Level = "attention" // somebody has to look, lessons go on
	Bad       Level = "bad"       // lessons suffer or may suffer, or nothing is known
)

// Word returns the level in a word for people.
func (l Level) Word() string {
	switch l {
	case OK:
		return "OK"
	case Attention:
		return "Attention"
	}
	return "Problem"
}

// rank orders the levels, the most serious first.
func (l Level) rank() int { return slices.Index([]Level{Bad, Attention, OK}, l) }

// Verdict is the judgement of a fleet.
type Verdict struct {
	// Level is that of the most serious reason, OK without reasons.
	Level Level `json:"level"`
	// Text is one sentence: the first reason, or that nothing is wrong.
	Text string `json:"text"`
	// Reasons are what is wrong, the most serious first. There is none exactly if
	// Level is OK.
	Reasons []Reason `json:"reasons"`
}

// Reason is one thing that is wrong.
type Reason struct {
	Level Level `json:"level"`
	// Text says what is wrong, with the names of the first servers concerned.
	Text string `json:"text"`
	// Do says what a person can do, and may be empty.
	Do string `json:"do,omitempty"`
	// Runbook is the name of the alert whose section of the runbooks explains it,
	// and may be empty.
	Runbook string `json:"runbook,omitempty"`
	// Servers are the names of all servers concerned, if it is about servers.
	Servers []string `json:"servers,omitempty"`
}

// Situation is what a verdict is made from.
type Situation struct {
	Status fleet.Status
	Alerts []fleet.Alert // that are active, suppressed ones included
	// Journal holds the newest entries, newest first, of at least the last half
	// hour if there are not too many. JournalError says why it is missing, "" if it
	// was read.
	Journal      []fleet.Entry
	JournalError string
	// Asks is what the alerts mean, by name, the operator's own included.
	Asks map[string]rules.Meaning
	Now  time.Time
}

// Of judges a situation.
func Of(s Situation) Verdict {
	if l := s.Status.Leadership; l != nil && !l.Leads {
		return sentence([]Reason{standingBy(*l)}, "")
	}
	if s.Status.At.IsZero() {
		return sentence([]Reason{{Level: Bad, Text: "nothing has been read yet: no cycle has ended since the daemon started",
			Do: "wait a few seconds; if it stays, look at the log", Runbook: rules.ScalerFleetUnread}}, "")
	}
	var reasons []Reason
	for _, judge := range []func(Situation) []Reason{reading, acting, capacity, load, broken, steps, hearing, joining} {
		reasons = append(reasons, judge(s)...)
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(a.Level.rank(), b.Level.rank()) })
	return sentence(reasons, inOrder(s.Status))
}

// sentence returns the verdict of sorted reasons; fine is its text without any.
func sentence(reasons []Reason, fine string) Verdict {
	if len(reasons) == 0 {
		return Verdict{Level: OK, Text: fine, Reasons: []Reason{}}
	}
	return Verdict{Level: reasons[0].Level, Text: reasons[0].Text, Reasons: reasons}
}

// inOrder is the text of a verdict without reasons.
func inOrder(st fleet.Status) string {
	text := fleet.Plural(st.Counts[fleet.StateActive], "server takes", "servers take") + " new meetings"
	if n := coming(st); n > 0 {
		text += fmt.Sprintf(", %d more on the way", n)
	}
	return text + "; nothing is wrong"
}

// coming counts the servers that will take meetings soon.
func coming(st fleet.Status) int {
	return st.Counts[fleet.StateStarting] + st.Counts[fleet.StateWarming]
}

// namesShown is how many servers a text names.
const namesShown = 5

// several joins the first names, and says how many more there are.
func several(names []string) string {
	if more := len(names) - namesShown; more > 0 {
		return strings.Join(names[:namesShown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// texts joins the texts of holds.
func texts(holds []fleet.Hold) string {
	all := make([]string, len(holds))
	for i, h := range holds {
		all[i] = h.Text
	}
	return strings.Join(all, "; ")
}
