package sim_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func TestATraceIsReplayedInTheOrderOfItsStarts(t *testing.T) {
	src, err := sim.ReadTrace(strings.NewReader("start,duration,participants,webcams\n28800,2700,25,8\n28000,60,2,0\r\n"), monday)
	if err != nil {
		t.Fatalf("ReadTrace: %v", err)
	}
	got := all(src)
	want := []sim.Arrival{
		{At: monday.Add(28000 * time.Second), MeetingSpec: sim.MeetingSpec{Duration: time.Minute, Participants: 2}},
		{At: monday.Add(8 * time.Hour), MeetingSpec: sim.MeetingSpec{Duration: 45 * time.Minute, Participants: 25, Webcams: 8}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("arrivals = %+v; want %+v", got, want)
	}
}

func TestMalformedLinesAreRefusedWithTheirNumber(t *testing.T) {
	const header = sim.TraceHeader + "\n"
	tests := []struct{ name, text, want string }{
		{"nothing at all", "", `line 1: need the header`},
		{"another header", "start,duration\n", `line 1: need the header "start,duration,participants,webcams": got "start,duration"`},
		{"a word for a number", header + "0,60,2,0\nnine,60,2,0\n", `line 3: start: need a whole number from 0 to`},
		{"a start before Monday", header + "-1,60,2,0\n", `line 2: start`},
		{"no duration", header + "0,0,2,0\n", `line 2: duration: need a whole number from 1 to`},
		{"nobody", header + "0,60,0,0\n", `line 2: participants`},
		{"more webcams than people", header + "0,60,2,3\n", `line 2: webcams: need a whole number from 0 to 2: got "3"`},
		{"a field too few", header + "0,60,2\n", `line 2: need the 4 fields start,duration,participants,webcams: got 3`},
		{"a field too many", header + "0,60,2,0,5\n", `line 2: need the 4 fields`},
		{"a number beyond all measure", header + "0,60,99999999999999999999,0\n", `line 2: participants`},
		{"a stray quote", header + "0,60,2\",0\n", `line 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := sim.ReadTrace(strings.NewReader(tt.text), monday); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ReadTrace = %v; want an error with %q", err, tt.want)
			}
		})
	}
}

func TestAWeekWrittenAsATraceReadsTheSame(t *testing.T) {
	week := sim.SchoolWeek(5, monday, 5)
	var file bytes.Buffer
	if err := sim.WriteTrace(&file, monday, week.Arrivals()); err != nil {
		t.Fatal(err)
	}
	src, err := sim.ReadTrace(&file, monday)
	if err != nil {
		t.Fatal(err)
	}
	got, want := all(src), all(week.Arrivals())
	for i := range want {
		want[i].Fill, want[i].Recorded = 0, false // not part of a trace
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d arrivals read, %d written, and they differ", len(got), len(want))
	}
}

func FuzzReadTrace(f *testing.F) {
	f.Add(sim.TraceHeader + "\n0,60,2,1\n")
	f.Add(sim.TraceHeader + "\n\"0\",60,2,1\n\n1,2,3")
	f.Fuzz(func(t *testing.T, text string) {
		src, err := sim.ReadTrace(strings.NewReader(text), monday)
		if err != nil {
			if !strings.Contains(err.Error(), "line ") {
				t.Errorf("an error without a line: %v", err)
			}
			return
		}
		last := monday
		for _, a := range all(src) {
			if a.At.Before(last) || a.Duration <= 0 || a.Participants < 1 || a.Webcams < 0 || a.Webcams > a.Participants {
				t.Errorf("accepted %+v after %s", a, last)
			}
			last = a.At
		}
	})
}
