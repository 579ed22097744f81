package record

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// History reads the history of a fleet from Prometheus.
type History struct {
	API   promv1.API
	Rules generate.Config // names of metrics and labels
	Fleet string          // the fleet's name, as in the label of its series
	// Meetings and Webcams are the names of bbb-exporter's metrics that the rules
	// do not use.
	Meetings, Webcams string
}

// Names of bbb-exporter's metrics.
const (
	DefaultMeetings = "bbb_meetings"
	DefaultWebcams  = "bbb_meetings_video_participants"
)

// Range is a period of time and the time between two samples in it.
type Range struct {
	From, Until time.Time
	Step        time.Duration
}

// mostPoints is the maximum number of points in a series of one query. Prometheus
// allows 11,000 points; with this limit, the answer for hundreds of servers has a
// few megabytes.
const mostPoints = 360

// Chunks returns the number of queries in which r is read.
func (r Range) Chunks() int {
	points := int((r.Until.Sub(r.From) + r.Step - 1) / r.Step)
	return (points + mostPoints - 1) / mostPoints
}

// Chunk returns the i-th part of r. Its end is inclusive, as in Prometheus.
func (r Range) Chunk(i int) promv1.Range {
	from := r.From.Add(time.Duration(i*mostPoints) * r.Step)
	until := from.Add(time.Duration(mostPoints-1) * r.Step)
	if last := r.Until.Add(-1); until.After(last) {
		until = last
	}
	return promv1.Range{Start: from, End: until, Step: r.Step}
}

// Found describes what the history contained.
type Found struct {
	Servers  int
	Meetings bool // whether the number of meetings was recorded
	Webcams  bool // whether the webcams were recorded
}

// Read adds all samples of r to into. It calls progress after each of r.Chunks()
// parts.
func (h History) Read(ctx context.Context, r Range, into *Cutter, progress func()) (Found, error) {
	var found Found
	servers := map[string]bool{}
	for i := range r.Chunks() {
		p, err := h.part(ctx, r.Chunk(i))
		if err != nil {
			return found, err
		}
		found.Meetings = found.Meetings || len(p.meetings) > 0
		found.Webcams = found.Webcams || len(p.webcams) > 0
		for name := range p.people {
			servers[name] = true
		}
		p.give(into)
		progress()
	}
	found.Servers = len(servers)
	if found.Servers == 0 {
		return found, fmt.Errorf("prometheus has no samples of %s from %s until %s: check rules.metrics.participants and rules.exporters.bbb in the configuration, and how far its retention reaches",
			h.selector(h.Rules.Metrics.Participants), r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))
	}
	return found, nil
}

// values are a metric's samples by server.
type values map[string]map[time.Time]float64

// part holds the samples of one chunk.
type part struct{ people, webcams, meetings values }

func (h History) part(ctx context.Context, r promv1.Range) (part, error) {
	people, err1 := h.query(ctx, h.Rules.Metrics.Participants, r)
	if err1 != nil {
		return part{}, err1
	}
	webcams, err2 := h.query(ctx, h.Webcams, r)
	meetings, err3 := h.query(ctx, h.Meetings, r)
	return part{people, webcams, meetings}, errors.Join(err2, err3)
}

// query reads one metric. A server that is scraped twice counts once.
func (h History) query(ctx context.Context, metric string, r promv1.Range) (values, error) {
	text := fmt.Sprintf("max by (%s) (%s)", h.Rules.Labels.Instance, h.selector(metric))
	value, _, err := h.API.QueryRange(ctx, text, r)
	if err != nil {
		return nil, fmt.Errorf("prometheus: query %s from %s: %w", text, r.Start.Format(time.RFC3339), err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("prometheus: query %s: got a %s, need a matrix", text, value.Type())
	}
	all := values{}
	for _, series := range matrix {
		all.add(Host(string(series.Metric[model.LabelName(h.Rules.Labels.Instance)])), series.Values)
	}
	return all, nil
}

func (v values) add(name string, samples []model.SamplePair) {
	of := v[name]
	if of == nil {
		of = make(map[time.Time]float64, len(samples))
		v[name] = of
	}
	for _, s := range samples {
		if at, n := s.Timestamp.Time(), float64(s.Value); n >= 0 { // not NaN
			of[at] = max(of[at], n)
		}
	}
}

// Host returns an instance without its port.
func Host(instance string) string {
	if h, _, err := net.SplitHostPort(instance); err == nil {
		return h
	}
	return instance
}

// selector returns the selector of a metric of bbb-exporter, as in the rules.
func (h History) selector(metric string) string {
	return h.Rules.Selector(metric, h.Rules.Exporters.BBB, h.Fleet)
}

// give adds the samples to into, one server after the other, each sorted by time.
func (p part) give(into *Cutter) {
	for _, name := range slices.Sorted(maps.Keys(p.people)) {
		of := p.people[name]
		for _, at := range slices.SortedFunc(maps.Keys(of), time.Time.Compare) {
			into.Add(name, Sample{At: at, People: of[at], Webcams: p.webcams.at(name, at), Meetings: p.meetings.at(name, at)})
		}
	}
}

// at returns the value of a server at a time, or -1 if there is no sample.
func (v values) at(name string, at time.Time) float64 {
	if n, ok := v[name][at]; ok {
		return n
	}
	return -1
}
