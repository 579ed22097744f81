package week

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestTheHeadlineTellsTheSavingAndTheHarm(t *testing.T) {
	outcome := func(name string, f sim.Figures) Outcome { return Outcome{Result: Result{Name: name, Figures: f}} }
	static := outcome(StaticName, sim.Figures{Cost: 200})
	for name, test := range map[string]struct {
		outcomes []Outcome
		want     string
	}{
		"without harm":       {[]Outcome{static, outcome(OursName, sim.Figures{Cost: 10, ParticipantMinutes: 1000})}, "bbb-scaler costs 95 % less than all servers on; no meeting refused or cut off"},
		"lessons are lost":   {[]Outcome{static, outcome(OursName, sim.Figures{Cost: 10, MeetingsRefused: 2, MeetingsEndedEarly: 1})}, "bbb-scaler costs 95 % less than all servers on; 2 meetings refused, 1 cut off"},
		"much overload":      {[]Outcome{static, outcome(OursName, sim.Figures{Cost: 10, ParticipantMinutes: 1000, OverloadParticipantMinutes: 255})}, "bbb-scaler costs 95 % less than all servers on; no meeting refused or cut off, 25.5 % overloaded"},
		"no saving":          {[]Outcome{static, outcome(OursName, sim.Figures{Cost: 200.2})}, "bbb-scaler costs as much as all servers on; no meeting refused or cut off"},
		"dearer":             {[]Outcome{static, outcome(OursName, sim.Figures{Cost: 220})}, "bbb-scaler costs 10 % more than all servers on; no meeting refused or cut off"},
		"nothing to compare": {[]Outcome{outcome(OursName, sim.Figures{Cost: 10})}, "ours: EUR 10; no meeting refused or cut off"},
		"without ours":       {[]Outcome{static}, ""},
	} {
		c := Comparison{Days: 7, Servers: 10}
		c.World.Prices.Currency = "EUR"
		if got := c.result(Week{Outcomes: test.outcomes}).Headline; got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
