package verdict

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// school is a fleet in order: bbb-1 to bbb-8 in service, bbb-9 and bbb-10 off.
func school() Situation {
	s := Situation{Now: noon, Asks: rules.Meanings(), Status: fleet.Status{
		Fleet: "school", At: noon.Add(-5 * time.Second), Ready: true, Floor: 3, Counts: map[fleet.State]int{},
		Sources: []fleet.SourceStatus{
			{Name: "datacenter dc-1", ReadAt: noon.Add(-6 * time.Second)},
			{Name: "balancer", ReadAt: noon.Add(-6 * time.Second)},
			{Name: "alertmanager", ReadAt: noon.Add(-6 * time.Second)},
		},
	}}
	for i := 1; i <= 10; i++ {
		sv := fleet.ServerStatus{ID: fmt.Sprintf("id-%d", i), Name: fmt.Sprintf("bbb-%d", i), State: fleet.StateActive, Aliases: []string{fmt.Sprintf("10.0.0.%d", i)}}
		if i > 8 {
			sv.State = fleet.StateOff
		}
		s.Status.Servers = append(s.Status.Servers, sv)
	}
	return s
}

// put sets the state of servers by number.
func put(state fleet.State, numbers ...int) func(*Situation) {
	return func(s *Situation) {
		for _, n := range numbers {
			s.Status.Servers[n-1].State = state
		}
	}
}

// fires has an alert fire on a server by number, or on the fleet for 0.
func fires(name string, number int, value string) func(*Situation) {
	return func(s *Situation) {
		a := fleet.Alert{Name: name, Labels: map[string]string{}, Annotations: map[string]string{rules.AnnotationValue: value, rules.AnnotationThreshold: "0.7"}}
		if number > 0 {
			a.Labels[rules.LabelInstance] = fmt.Sprintf("10.0.0.%d:9100", number)
			sv := &s.Status.Servers[number-1]
			sv.Alerts = append(sv.Alerts, name)
		}
		s.Alerts = append(s.Alerts, a)
	}
}

// silenced has a silenced alert fire on a server, which the scaler does not count.
func silenced(name string, number int, value string) func(*Situation) {
	return func(s *Situation) {
		fires(name, number, value)(s)
		s.Alerts[len(s.Alerts)-1].Suppressed = true
		s.Status.Servers[number-1].Alerts = nil
	}
}

// failed notes steps of a kind that failed some minutes ago, on servers by number.
func failed(kind fleet.Kind, minutes int, numbers ...int) func(*Situation) {
	return func(s *Situation) {
		for _, n := range numbers {
			s.Journal = append(s.Journal, fleet.Entry{At: noon.Add(-time.Duration(minutes) * time.Minute), Outcome: fleet.Failed, Detail: "422 quota",
				Step: fleet.Step{Kind: kind, Server: fmt.Sprintf("bbb-%d", n), ServerID: fmt.Sprintf("id-%d", n)}})
		}
	}
}

// source has a source fail that was read some time ago.
func source(n int, ago time.Duration) func(*Situation) {
	return func(s *Situation) {
		s.Status.Sources[n].ReadAt, s.Status.Sources[n].Error = noon.Add(-ago), "connection refused"
	}
}

func brakes(kinds ...fleet.HoldKind) func(*Situation) {
	return func(s *Situation) {
		for _, k := range kinds {
			s.Status.Brakes = append(s.Status.Brakes, fleet.Hold{Kind: k, Text: "brake " + string(k)})
		}
	}
}

func status(change func(*fleet.Status)) func(*Situation) {
	return func(s *Situation) { change(&s.Status) }
}

func need(n int) func(*Situation) { return status(func(st *fleet.Status) { st.Need = n }) }

func limit(s *Situation) {
	s.Status.Limits = []fleet.Hold{{Kind: fleet.HoldContract, Text: "contract: no room for another 4 cores"}}
}

func pause(p fleet.Pause) func(*Situation) {
	return status(func(st *fleet.Status) {
		p.ID, p.Reason, p.Until = "p1", "exam", noon.Add(time.Hour)
		st.Pauses = []fleet.Pause{p}
	})
}

// many puts several changes together.
func many(changes ...func(*Situation)) func(*Situation) {
	return func(s *Situation) {
		for _, c := range changes {
			c(s)
		}
	}
}

// TestVerdicts has a row for each situation: its level, and what its text says.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Situation)
		level  Level
		text   string
	}{
		// Nothing is wrong.
		{"at rest", many(), OK, "8 servers take new meetings; nothing is wrong"},
		{"before the bell", put(fleet.StateStarting, 9, 10), OK, "8 servers take new meetings, 2 more on the way; nothing is wrong"},
		{"servers drain", put(fleet.StateDraining, 8), OK, "7 servers take"},
		{"the night: idle servers, a quiet fleet", many(fires(rules.ServerIdle, 1, "0.01"), fires(rules.ServerCPULow, 2, "0.01"), fires(rules.FleetWorkloadLow, 0, "0.1")), OK, ""},
		{"a trend or the forecast asks ahead of time", many(fires(rules.ServerCPURising, 1, "0.99"), fires(rules.FleetForecastHigh, 0, "0.99"), fires(rules.FleetLoadRising, 0, "0.9")), OK, ""},
		{"no history yet", fires(rules.FleetHistoryMissing, 0, "1"), OK, ""},
		{"brakes of normal operation", brakes(fleet.HoldDemand, fleet.HoldSchedule, fleet.HoldStarted), OK, ""},
		{"scale-in is paused", many(pause(fleet.Pause{ScaleInOnly: true}), brakes(fleet.HoldPause)), OK, ""},
		{"one server is paused", pause(fleet.Pause{Server: "bbb-1"}), OK, ""},
		{"servers left to a person", put(fleet.StateManual, 7, 8), OK, ""},
		{"overload where nobody is", many(put(fleet.StateOff, 8), fires(rules.ServerCPUHigh, 8, "1")), OK, ""},
		{"a step failed an hour ago", failed(fleet.Start, 60, 9), OK, ""},
		{"a step failed and was done since", func(s *Situation) {
			failed(fleet.Start, 9, 9)(s)
			done := s.Journal[0]
			done.Outcome = fleet.Done
			s.Journal = []fleet.Entry{done, s.Journal[0]}
		}, OK, ""},

		// What is known may not be true.
		{"nothing was read yet", status(func(st *fleet.Status) { *st = fleet.Status{} }), Bad, "nothing has been read yet"},
		{"not ready", status(func(st *fleet.Status) { st.Ready = false }), Bad, "has not been read completely for deadlines.stale"},
		{"a source fails for a moment", source(1, time.Minute), Attention, "balancer cannot be read, last read at 11:59:00 UTC: connection refused"},
		{"a source fails for longer", source(0, 3*time.Minute), Bad, "datacenter dc-1 cannot be read"},
		{"every source of the fleet fails", many(source(0, time.Second), source(1, time.Second)), Bad, "nothing of the fleet can be read: datacenter dc-1, balancer fail, last read at 11:59:59 UTC: connection refused"},
		{"a source was never read", func(s *Situation) { s.Status.Sources[1] = fleet.SourceStatus{Name: "balancer", Error: "401"} }, Bad, "never read: 401"},
		{"Alertmanager fails", source(2, time.Hour), Attention, "alertmanager cannot be read"},
		{"servers are uncertain", put(fleet.StateUncertain, 1, 2, 3, 4, 5, 6, 7), Attention, "7 servers are uncertain and left alone: bbb-1, bbb-2, bbb-3, bbb-4, bbb-5 and 2 more"},
		{"all servers are uncertain, which says nothing of capacity", put(fleet.StateUncertain, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), Attention, "10 servers are uncertain"},
		{"no notification arrives", status(func(st *fleet.Status) { st.Unheard = []string{rules.FleetCPUHigh} }), Attention, "no notification arrives of BBBFleetCPUHigh"},

		// The daemon is kept from acting.
		{"writes are blocked", status(func(st *fleet.Status) { st.Blocked = []fleet.Hold{{Kind: fleet.HoldCloud, Text: "401"}} }), Bad, "nothing is changed: 401"},
		{"the store is broken", func(s *Situation) { s.JournalError = "database not open" }, Bad, "the journal cannot be read: database not open"},
		{"the whole fleet is paused", pause(fleet.Pause{}), Attention, "the whole fleet is paused until 13:00:00 UTC: exam"},
		{"many servers are silent", brakes(fleet.HoldSilent), Bad, "brake silent"},
		{"servers are unseen", brakes(fleet.HoldUnseen), Attention, "no scale-in: brake unseen"},
		{"servers are unmeasured", brakes(fleet.HoldUnmeasured), Attention, "no scale-in: brake unmeasured"},
		{"a brake of a kind that is new here", brakes("new"), Attention, "no scale-in: brake new"},
		{"a name cannot be looked up", brakes(fleet.HoldRead), Attention, "no scale-in: brake read"},
		{"a start failed", failed(fleet.Start, 5, 9), Attention, "start failed on bbb-9: 422 quota"},
		{"a start failed, more is needed and nothing comes", many(failed(fleet.Start, 5, 9), need(1)), Bad, "start failed on bbb-9"},
		{"starts fail", failed(fleet.Start, 5, 8, 9, 10), Bad, "start failed on bbb-8, bbb-9, bbb-10: 422 quota"},
		{"stops fail", failed(fleet.Stop, 5, 8, 9, 10), Attention, "stop failed on"},

		// Capacity is missing.
		{"more is needed", need(2), Attention, "2 more servers are needed; 0 on the way"},
		{"more is needed in a dry run", many(need(1), status(func(st *fleet.Status) { st.DryRun = true })), Attention, "1 more server is needed, and the dry run starts none"},
		{"more is needed and a limit is reached", many(need(2), limit), Bad, "2 more servers are needed, and a limit is reached: contract: no room"},
		{"a limit is reached", limit, Attention, "a limit is reached: contract: no room"},
		{"more is needed and writes are blocked", many(need(2), status(func(st *fleet.Status) { st.Blocked = []fleet.Hold{{Text: "401"}} })), Bad, "nothing is changed"},
		{"more is needed and the fleet is paused", many(need(2), pause(fleet.Pause{})), Bad, "2 more servers are needed, and the fleet is paused"},
		{"nothing is in service", put(fleet.StateOff, 1, 2, 3, 4, 5, 6, 7, 8), Bad, "no server takes new meetings; the floor is 3"},
		{"below the floor", put(fleet.StateDraining, 1, 2, 3, 4, 5, 6), Attention, "2 servers take new meetings, the floor is 3"},

		// Servers in service are overloaded or lost.
		{"a server is above its threshold", fires(rules.ServerCPUHigh, 1, "0.75"), Attention, "CPU is at or above its threshold of 70 % on 1 server: bbb-1 (75 %)"},
		{"servers are at 100 %", many(fires(rules.ServerCPUHigh, 1, "0.93"), fires(rules.ServerCPUHigh, 7, "1")), Bad, "CPU is exhausted on 2 servers, of 8 that take new meetings: bbb-7 (100 %), bbb-1 (93 %)"},
		{"memory is exhausted on a draining server", many(put(fleet.StateDraining, 2), fires(rules.ServerMemoryHigh, 2, "0.95")), Bad, "memory is exhausted on 1 server, of 7 that take new meetings: bbb-2 (95 %)"},
		{"an alert without a figure", fires(rules.ServerCPUHigh, 1, ""), Attention, "CPU is at or above its threshold of 70 % on 1 server: bbb-1"},
		{"a silenced alert at 100 %", silenced(rules.ServerCPUHigh, 1, "1"), Attention, "bbb-1 (100 %), silenced"},
		{"the fleet is above its threshold", fires(rules.FleetCPUHigh, 0, "0.75"), Attention, "CPU of the fleet is at or above its threshold of 70 % (75 %)"},
		{"the fleet is full", fires(rules.FleetMemoryHigh, 0, "0.96"), Bad, "memory of the fleet is exhausted (96 %)"},
		{"an operator's own alert asks for growth", many(func(s *Situation) { s.Asks["MyAlert"] = rules.Meaning{Scope: rules.ScopeServer, Ask: rules.AskGrow} }, fires("MyAlert", 1, "7")), Attention, "MyAlert fires on 1 server: bbb-1"},
		{"one server is down", put(fleet.StateDown, 1), Attention, "1 server is down and out of service: bbb-1"},
		{"a quarter is down", put(fleet.StateDown, 1, 2), Bad, "2 servers are down and out of service: bbb-1, bbb-2"},
		{"a server in service does not answer", fires(rules.ServerDown, 3, "1"), Attention, "1 server in service does not answer: bbb-3"},

		// Something is left out.
		{"a server is unjoined", put(fleet.StateUnjoined, 10), Attention, "1 server is not joined to Scalelite and left alone: bbb-10"},
		{"a target is unjoined", status(func(st *fleet.Status) { st.Unjoined = []fleet.Hold{{Text: "alert X"}, {Text: "alert Y"}} }), Attention, "not joined to a server: alert X, and 1 more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := school()
			tt.change(&s)
			for _, sv := range s.Status.Servers {
				s.Status.Counts[sv.State]++
			}
			got := Of(s)
			if got.Level != tt.level || !strings.Contains(got.Text, tt.text) {
				t.Errorf("verdict %s: %s\nwant %s: … %s …", got.Level, got.Text, tt.level, tt.text)
			}
			if (got.Level == OK) != (len(got.Reasons) == 0) {
				t.Errorf("level %s with %d reasons", got.Level, len(got.Reasons))
			}
		})
	}
}

func TestTheMostSeriousReasonComesFirstAndNoneIsLost(t *testing.T) {
	s := school()
	many(source(2, time.Minute), fires(rules.ServerCPUHigh, 1, "0.8"), need(2), limit)(&s)
	s.Status.Counts[fleet.StateActive] = 8
	got := Of(s)
	var levels []string
	for _, r := range got.Reasons {
		levels = append(levels, string(r.Level))
		if r.Do == "" {
			t.Errorf("%q does not say what to do", r.Text)
		}
	}
	if want := "bad attention attention"; strings.Join(levels, " ") != want {
		t.Errorf("levels %q, want %q", levels, want)
	}
	if got.Text != got.Reasons[0].Text {
		t.Errorf("text %q, want that of the first reason %q", got.Text, got.Reasons[0].Text)
	}
}

func TestEveryRunbookOfAReasonIsThatOfAnAlert(t *testing.T) {
	known := map[string]bool{"": true}
	for _, a := range rules.Catalogue() {
		known[a.Name] = true
	}
	s := school()
	many(source(2, time.Minute), fires(rules.ServerCPUHigh, 1, "0.8"), fires(rules.ServerDown, 2, "1"), need(2), limit, failed(fleet.Start, 1, 9), put(fleet.StateUnjoined, 10),
		put(fleet.StateDown, 8), brakes(fleet.HoldUnmeasured, fleet.HoldSilent, fleet.HoldRead))(&s)
	for _, r := range Of(s).Reasons {
		if !known[r.Runbook] {
			t.Errorf("%q leads to the runbook of %q, which is no alert", r.Text, r.Runbook)
		}
	}
}

func TestALimitIsNotToBeRaisedWhileServersCannotBeRead(t *testing.T) {
	for uncertain, want := range map[int]string{0: "raise the limit", 3: "end the outage first"} {
		s := school()
		many(need(2), limit)(&s)
		s.Status.Counts[fleet.StateActive], s.Status.Counts[fleet.StateUncertain] = 8, uncertain
		if got := Of(s).Reasons[0]; !strings.Contains(got.Text, "a limit is reached") || !strings.HasPrefix(got.Do, want) {
			t.Errorf("with %d servers uncertain: %q: %q, want %q", uncertain, got.Text, got.Do, want)
		}
	}
}
