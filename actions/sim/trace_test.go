package sim_test

import (
	"bytes"
	"reflect"
	"slices"
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

func TestTimesOfATraceAreTimesOfDayAndDurationsToo(t *testing.T) {
	const text = sim.TraceHeader + "\n08:00,45m,25,8\ntue 07:45:30,1h30m,2,0\nSun 23:59,60,2,0\n33h,90s,2,0\n 60 , 60 ,2,0\n"
	src, err := sim.ReadTrace(strings.NewReader(text), monday)
	if err != nil {
		t.Fatalf("ReadTrace: %v", err)
	}
	var got []string
	for _, a := range all(src) {
		got = append(got, a.At.Format("Mon 15:04:05 ")+a.Duration.String())
	}
	want := []string{"Mon 00:01:00 1m0s", "Mon 08:00:00 45m0s", "Tue 07:45:30 1h30m0s", "Tue 09:00:00 1m30s", "Sun 23:59:00 1m0s"}
	if !slices.Equal(got, want) {
		t.Errorf("meetings = %q, want %q", got, want)
	}
}

func TestMalformedLinesAreRefusedWithTheirNumber(t *testing.T) {
	const header = sim.TraceHeader + "\n"
	tests := []struct{ name, text, want string }{
		{"nothing at all", "", `line 1: need the header`},
		{"another header", "start,duration\n", `line 1: need the header "start,duration,participants,webcams": got "start,duration"`},
		{"a word for a number", header + "0,60,2,0\nnine,60,2,0\n", `line 3: start: need seconds after Monday 00:00, or a time such as 08:00 or Tue 08:00, from 0 to 316224000 seconds: got "nine"`},
		{"a start before Monday", header + "-1,60,2,0\n", `line 2: start`},
		{"no duration", header + "0,0,2,0\n", `line 2: duration: need seconds, or a duration such as 45m or 1h30m, from 1 to`},
		{"a day that is none", header + "Mondag 08:00,45m,2,0\n", `line 2: start: need seconds after Monday 00:00`},
		{"an hour that is none", header + "Tue 25:00,45m,2,0\n", `line 2: start: need`},
		{"a part of a second", header + "0,1500ms,2,0\n", `line 2: duration: need whole seconds: got "1500ms"`},
		{"a negative duration", header + "0,-45m,2,0\n", `line 2: duration: need`},
		{"a duration beyond all measure", header + "0,9999999h,2,0\n", `line 2: duration`},
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
	f.Add(sim.TraceHeader + "\n0,60,2,1\nTue 08:00,45m,2,1\n")
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
