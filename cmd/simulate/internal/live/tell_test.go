package live

import (
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestTerminalEscapesInAJournalEntryArePrintedQuoted(t *testing.T) {
	const evil = "e\x1b[2J\n\u202e"
	step := fleet.Step{Kind: fleet.Start, Server: "bbb-1", Reason: "load", Alerts: []string{evil}}
	for _, test := range []struct {
		entry fleet.Entry
		want  string
	}{
		{fleet.Entry{Step: step, Outcome: fleet.Begun}, ""},
		{fleet.Entry{Step: step, Outcome: fleet.Done}, `start    bbb-1          "load (e\x1b[2J\n\u202e)"`},
		{fleet.Entry{Step: step, Outcome: fleet.Failed, Detail: evil}, `start    bbb-1          failed: "e\x1b[2J\n\u202e"`},
	} {
		if got := describe(test.entry); got != test.want {
			t.Errorf("describe(%s) = %q, want %q", test.entry.Outcome, got, test.want)
		}
	}
}
