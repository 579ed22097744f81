package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// at is the time of all samples.
var at = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// Sample returns a change of everything that a store keeps: one alert "f", one record
// "1", one pause "p", the record of the fleet, one day of load, one calendar "c", and
// one journal entry about "bbb-1".
func Sample() fleet.Commit {
	return fleet.Commit{
		Alerts:  []fleet.Alert{{Fingerprint: "f", Name: "A", Labels: map[string]string{"a": "b"}, SeenAt: at}},
		Records: []fleet.Record{{ID: "1", Aim: fleet.AimDrain, At: at, Flight: &fleet.Flight{Step: fleet.Step{Kind: fleet.Stop}, At: at}}},
		Pauses:  []fleet.Pause{{ID: "p", Reason: "exam", From: at, Until: at.Add(time.Hour)}},
		Fleet:   &fleet.FleetRecord{Known: 7, Outs: []time.Time{at}},
		Load:    fleet.LoadHistory{}.Raise("gold", at, fleet.Load{Cores: 12.5, RAM: 40960}).Load,
		Feeds:   []fleet.Feed{{Name: "c", ReadAt: at, Events: fleet.Events{{Summary: "exam", From: at, To: at.Add(time.Hour), Users: 300}}}},
		Entries: []fleet.Entry{{At: at, Step: fleet.Step{Kind: fleet.Start, Server: "bbb-1", ServerID: "id-1"}, Outcome: fleet.Begun}},
	}
}

// TestStore checks a store. open returns an empty one, which is closed by its own
// cleanup, and is called for each subtest.
func TestStore(t *testing.T, open func(t *testing.T) fleet.Store) {
	for name, check := range map[string]func(*testing.T, fleet.Store){
		"an empty store has nothing":                           emptyHasNothing,
		"it gives back what was committed":                     givesBack,
		"a commit replaces what has the same key":              replaces,
		"what was dropped is gone":                             drops,
		"one commit may name a key several times":              severalTimes,
		"the journal begins with the newest entry":             newestFirst,
		"the journal of a server is found by its name and id":  journalOfServer,
		"texts from outside come back as they were":            oddTexts,
		"a commit of a large fleet is complete":                largeFleet,
		"commits at the same time are all kept, each as whole": atTheSameTime,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func emptyHasNothing(t *testing.T, s fleet.Store) {
	want(t, s, fleet.NewMemory())
	must(t, s.Commit(t.Context(), fleet.Commit{}))
	wantSeqs(t, s, 10, "")
}

func givesBack(t *testing.T, s fleet.Store) {
	c := Sample()
	must(t, s.Commit(t.Context(), c))
	want(t, s, fleet.Memory{Alerts: map[string]fleet.Alert{"f": c.Alerts[0]}, Records: map[string]fleet.Record{"1": c.Records[0]},
		Pauses: map[string]fleet.Pause{"p": c.Pauses[0]}, Fleet: *c.Fleet,
		Load: fleet.LoadHistory{c.Load[0].Key(): c.Load[0]}, Feeds: map[string]fleet.Feed{"c": c.Feeds[0]}})
	entries, err := s.Journal(t.Context(), 10, "")
	must(t, err)
	c.Entries[0].Seq = 1
	if !reflect.DeepEqual(entries, c.Entries) {
		t.Errorf("Journal() = %+v, want %+v", entries, c.Entries)
	}
}

func replaces(t *testing.T, s fleet.Store) {
	model, first, second := fleet.NewMemory(), Sample(), Sample()
	second.Alerts[0].Resolved, second.Records[0].Flight, second.Pauses[0].Reason = true, nil, "holiday"
	second.Fleet = &fleet.FleetRecord{Known: 8}
	second.Load[0].Cores[0], second.Feeds[0].Events = 7, nil
	for _, c := range []fleet.Commit{first, second} {
		must(t, s.Commit(t.Context(), c))
		model.Apply(c)
	}
	want(t, s, model)
}

func drops(t *testing.T, s fleet.Store) {
	must(t, s.Commit(t.Context(), Sample()))
	must(t, s.Commit(t.Context(), fleet.Commit{DropAlerts: []string{"f", "unknown"}, DropPauses: []string{"p", "unknown"},
		DropLoad: []string{Sample().Load[0].Key(), "unknown"}, DropFeeds: []string{"c", "unknown"}}))
	m, err := s.Load(t.Context())
	must(t, err)
	if len(m.Alerts)+len(m.Pauses)+len(m.Load)+len(m.Feeds) != 0 || len(m.Records) != 1 {
		t.Errorf("Load() = %+v, want the record only", m)
	}
}

func severalTimes(t *testing.T, s fleet.Store) {
	model, c := fleet.NewMemory(), fleet.Commit{DropAlerts: []string{"dropped"}, DropPauses: []string{"p1"}}
	for i := range 3 {
		c.Alerts = append(c.Alerts, fleet.Alert{Fingerprint: "f", Name: fmt.Sprint(i)}, fleet.Alert{Fingerprint: "dropped"})
		c.Records = append(c.Records, fleet.Record{ID: "1", Failures: i}, fleet.Record{ID: fmt.Sprint("r", i)})
		c.Pauses = append(c.Pauses, fleet.Pause{ID: fmt.Sprint("p", i)}, fleet.Pause{ID: "p", Reason: fmt.Sprint(i)})
	}
	for range 2 {
		must(t, s.Commit(t.Context(), c))
		model.Apply(c)
		want(t, s, model)
	}
}

func newestFirst(t *testing.T, s fleet.Store) {
	for _, server := range []string{"bbb-1", "bbb-2", "bbb-1"} {
		must(t, s.Commit(t.Context(), fleet.Commit{Entries: []fleet.Entry{about(server)}}))
	}
	must(t, s.Commit(t.Context(), fleet.Commit{Entries: []fleet.Entry{about("bbb-3"), about("bbb-4")}}))
	wantSeqs(t, s, 2, "", 5, 4)
	wantSeqs(t, s, 10, "", 5, 4, 3, 2, 1)
	wantSeqs(t, s, 10, "bbb-1", 3, 1)
	wantSeqs(t, s, 1, "bbb-1", 3)
	wantSeqs(t, s, 10, "bbb-4", 5)
}

func journalOfServer(t *testing.T, s fleet.Store) {
	both := about("bbb-1")
	both.Step.ServerID = "bbb-1" // matches twice, and is returned once
	other := about("bbb-2")
	other.Step.ServerID = "id-2"
	must(t, s.Commit(t.Context(), fleet.Commit{Entries: []fleet.Entry{both, other}}))
	wantSeqs(t, s, 10, "bbb-1", 1)
	wantSeqs(t, s, 10, "bbb-2", 2)
	wantSeqs(t, s, 10, "id-2", 2)
	wantSeqs(t, s, 10, "bbb-9")
}

func oddTexts(t *testing.T, s fleet.Store) {
	model, c := fleet.NewMemory(), fleet.Commit{}
	for _, text := range []string{"", "\x00", `\0`, `\`, "'; drop table x; --", "Prüfung 🎓", "\x1b[31m", "a\nb\t", `{"a":"b"}`} {
		c.Alerts = append(c.Alerts, fleet.Alert{Fingerprint: "f" + text, Name: text, Annotations: map[string]string{text: text}, SeenAt: at})
		c.Pauses = append(c.Pauses, fleet.Pause{ID: "p" + text, Reason: text, From: at, Until: at})
		c.Records = append(c.Records, fleet.Record{ID: "r" + text, Failure: text})
		c.Entries = append(c.Entries, fleet.Entry{At: at, Detail: text, Step: fleet.Step{Server: "s" + text, ServerID: "i" + text}})
	}
	must(t, s.Commit(t.Context(), c))
	model.Apply(c)
	want(t, s, model)
	for i, e := range c.Entries {
		wantSeqs(t, s, 10, e.Step.Server, uint64(i+1))
		wantSeqs(t, s, 10, e.Step.ServerID, uint64(i+1))
	}
	drop := fleet.Commit{}
	for _, a := range c.Alerts {
		drop.DropAlerts = append(drop.DropAlerts, a.Fingerprint)
	}
	must(t, s.Commit(t.Context(), drop))
	model.Apply(drop)
	want(t, s, model)
}

func largeFleet(t *testing.T, s fleet.Store) {
	model, c := fleet.NewMemory(), LargeCommit(745)
	must(t, s.Commit(t.Context(), c))
	model.Apply(c)
	want(t, s, model)
	entries, err := s.Journal(t.Context(), 1000, "")
	must(t, err)
	if len(entries) != 745 || entries[0].Step.Server != "bbb-744" {
		t.Errorf("Journal() = %d entries, want 745 and that of bbb-744 first", len(entries))
	}
}

// LargeCommit returns a change with a record and a journal entry for each of n servers.
func LargeCommit(n int) (c fleet.Commit) {
	for i := range n {
		step := fleet.Step{Kind: fleet.Start, Server: fmt.Sprintf("bbb-%d", i), ServerID: fmt.Sprintf("0b6a3b52-7c2c-4f0e-9d2f-%012d", i),
			Reason: "floor of the schedule: 120 servers from 07:45, and 94 are active", Aim: fleet.AimServe}
		c.Records = append(c.Records, fleet.Record{ID: step.ServerID, Aim: fleet.AimServe, At: at, State: fleet.StateStarting, Since: at,
			Flight: &fleet.Flight{Step: step, At: at, Deadline: at.Add(time.Minute)}})
		c.Entries = append(c.Entries, fleet.Entry{At: at, Step: step, Outcome: fleet.Begun})
	}
	return c
}

func atTheSameTime(t *testing.T, s fleet.Store) {
	const n = 16
	errs := make(chan error, n)
	for i := range n {
		go func() {
			r := fleet.Record{ID: fmt.Sprint("r", i), Failures: i}
			errs <- s.Commit(t.Context(), fleet.Commit{Records: []fleet.Record{r, {ID: "all", Failures: i}}, Entries: []fleet.Entry{about("a"), about("b")}})
		}()
	}
	for range n {
		must(t, <-errs)
	}
	m, err := s.Load(t.Context())
	must(t, err)
	entries, err := s.Journal(t.Context(), 100, "")
	must(t, err)
	if len(m.Records) != n+1 || len(entries) != 2*n {
		t.Errorf("%d records and %d entries, want %d and %d", len(m.Records), len(entries), n+1, 2*n)
	}
	for i, e := range entries {
		if e.Seq != uint64(2*n-i) || e.Step.Server != []string{"b", "a"}[i%2] {
			t.Errorf("entry %d is %d about %s, want %d about %s", i, e.Seq, e.Step.Server, 2*n-i, []string{"b", "a"}[i%2])
		}
	}
}

// about returns an entry about the server with a name.
func about(server string) fleet.Entry {
	return fleet.Entry{At: at, Step: fleet.Step{Kind: fleet.Start, Server: server}, Outcome: fleet.Begun}
}

// want checks what a store returns from Load.
func want(t *testing.T, s fleet.Store, want fleet.Memory) {
	t.Helper()
	got, err := s.Load(t.Context())
	must(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Load() = %+v, want %+v", got, want)
	}
}

// wantSeqs checks the numbers of the entries that a store returns from Journal.
func wantSeqs(t *testing.T, s fleet.Store, limit int, server string, want ...uint64) {
	t.Helper()
	entries, err := s.Journal(t.Context(), limit, server)
	must(t, err)
	var got []uint64
	for _, e := range entries {
		got = append(got, e.Seq)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Journal(%d, %q) = entries %d, want %d", limit, server, got, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
