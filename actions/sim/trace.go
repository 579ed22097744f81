package sim

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TraceHeader is the first line of a trace, a CSV file of meetings: start in
// seconds since a Monday at 00:00 local time, or as a time such as 08:00 or Tue 08:00;
// duration in seconds, or as a text such as 45m; the number of participants once all
// have joined, and how many of them send their webcam.
const TraceHeader = "start,duration,participants,webcams"

// Limits of the numbers in a trace, to detect typing errors: ten years, and more people
// than BigBlueButton supports in one meeting.
const (
	maxTraceSeconds = 10 * 366 * 24 * 3600
	maxTracePeople  = 100_000
)

// maxTraceErrors is the number of malformed lines after which reading stops.
const maxTraceErrors = 10

// traced is one line of a trace. It has only 16 bytes, since traces can have millions of
// lines.
type traced struct{ start, duration, participants, webcams int32 }

// trace is the Source of a trace.
type trace struct {
	monday time.Time
	lines  []traced
}

// ReadTrace reads a trace whose times count from monday. Its lines may be in any
// order. The error names each malformed line by its number; a trace without
// TraceHeader is refused.
func ReadTrace(r io.Reader, monday time.Time) (Source, error) {
	records := csv.NewReader(r)
	records.FieldsPerRecord, records.ReuseRecord = -1, true
	if header, err := records.Read(); err != nil || strings.Join(header, ",") != TraceHeader {
		return nil, fmt.Errorf("trace, line 1: need the header %q: got %q", TraceHeader, strings.Join(header, ","))
	}
	t := &trace{monday: monday}
	var problems []error
	for len(problems) < maxTraceErrors {
		record, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var line traced
		if err == nil {
			line, err = parseTraced(record)
			if n, _ := records.FieldPos(0); err != nil {
				err = fmt.Errorf("trace, line %d: %w", n, err)
			}
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		t.lines = append(t.lines, line)
	}
	if problems != nil {
		return nil, errors.Join(problems...)
	}
	slices.SortStableFunc(t.lines, func(a, b traced) int { return int(a.start) - int(b.start) })
	return t, nil
}

// parseTraced reads the fields of one line.
func parseTraced(record []string) (traced, error) {
	if len(record) != 4 {
		return traced{}, fmt.Errorf("need the 4 fields %s: got %d", TraceHeader, len(record))
	}
	start, err1 := startOf(record[0])
	duration, err2 := secondsOf("duration", record[1], 1, "seconds, or a duration such as 45m or 1h30m")
	people, err3 := field("participants", record[2], 1, maxTracePeople)
	webcams, err4 := field("webcams", record[3], 0, max(0, people))
	return traced{start, duration, people, webcams}, errors.Join(err1, err2, err3, err4)
}

// field returns a whole number in a field of a line, within its limits.
func field(name, text string, least, greatest int32) (int32, error) {
	v, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil || int32(v) < least || int32(v) > greatest {
		return 0, fmt.Errorf("%s: need a whole number from %d to %d: got %q", name, least, greatest, text)
	}
	return int32(v), nil
}

// Next implements Source.
func (t *trace) Next() (Arrival, bool) {
	if len(t.lines) == 0 {
		return Arrival{}, false
	}
	l := t.lines[0]
	t.lines = t.lines[1:]
	return Arrival{
		At: t.monday.Add(time.Duration(l.start) * time.Second),
		MeetingSpec: MeetingSpec{
			Duration: time.Duration(l.duration) * time.Second, Participants: int(l.participants), Webcams: int(l.webcams),
		},
	}, true
}

// WriteTrace writes all meetings of a source as a trace whose times count from
// monday.
func WriteTrace(w io.Writer, monday time.Time, src Source) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, TraceHeader)
	for a, ok := src.Next(); ok; a, ok = src.Next() {
		fmt.Fprintf(out, "%d,%d,%d,%d\n", int(a.At.Sub(monday).Seconds()), int(a.Duration.Seconds()), a.Participants, a.Webcams)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}
