package generate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// setup writes series as the configured exporters export them.
type setup struct {
	generator
	coarse bool // samples are too far apart for a rate, so that there is no CPU workload
}

// step is the time between two samples.
func (s setup) step() time.Duration { return time.Duration(s.EvaluationInterval) }

// at is the time of a sample.
func (s setup) at(sample int) time.Duration { return time.Duration(sample) * s.step() }

// samples returns the number of samples in a duration, at least one.
func (s setup) samples(d model.Duration) int {
	return max(1, int((time.Duration(d)+s.step()-1)/s.step()))
}

// patience returns the number of samples for which an alert is pending before it
// fires.
func (s setup) patience(alert string) int { return s.samples(s.For[alert]) }

// settled returns a number of samples that is longer than the window of the CPU
// workload.
func (s setup) settled() int { return s.samples(s.RateWindow) + 2 }

// emptied returns a number of samples after whose end no rule uses the samples
// of a counter that has ended.
func (s setup) emptied() int { return s.samples(s.lastTwo()) + 2 }

// forgotten returns a number of samples after whose end no rule about the present load
// uses the samples of a series that has ended.
func (s setup) forgotten() int { return max(s.emptied(), s.samples(s.ScaleInStabilization)+2) }

// host returns the address of the n-th server.
func host(n int) string { return "10.0.0." + strconv.Itoa(n) }

// scraped names an input series of an exporter, which has no label of the fleet unless
// the configuration says so.
func (s setup) scraped(metric string, by Matchers, more ...matcher) string {
	ms := by.exactly()
	if s.Labels.Fleet != "" {
		ms = append([]matcher{s.ofFleet(s.in.Fleet)}, ms...)
	}
	return selector(metric, append(ms, more...)...)
}

// scaler names an input series of the scaler, which exports its fleet's name.
func (s setup) scaler(metric string, more ...matcher) string {
	if s.Labels.Fleet != rules.LabelFleet {
		more = append([]matcher{{rules.LabelFleet, "=", s.in.Fleet}}, more...)
	}
	return s.scraped(metric, s.Exporters.Scaler, more...)
}

// exported is a series of an exporter on a server.
func (s setup) exported(metric string, by Matchers, host, port string, values string, more ...matcher) Series {
	ms := append([]matcher{{s.Labels.Instance, "=", host + port}}, more...)
	return Series{s.scraped(metric, by, ms...), values}
}

func (s setup) nodePort() string { return s.exporters()[0].portOr(":443") }

func (s setup) bbbPort() string {
	if e := s.exporters(); len(e) > 1 {
		return e[1].portOr(":443")
	}
	return ""
}

func (e exporter) portOr(other string) string {
	if e.at.Port != 0 {
		return ":" + strconv.Itoa(e.at.Port)
	}
	return other
}

// serverBytes is the memory of a server unless a scenario says otherwise.
const serverBytes = 1 << 33

// cpu is a server with one core whose workload follows a timeline.
func (s setup) cpu(host string, t timeline) []Series { return s.core(host, "0", t) }

// core is one core of a server, with counters of the modes idle and user only.
func (s setup) core(host, name string, t timeline) []Series {
	idle, busy := make(timeline, len(t)), make(timeline, len(t))
	for i, sp := range t {
		idle[i], busy[i] = sp, sp
		idle[i].value, busy[i].value = (1-sp.value)*s.step().Seconds(), sp.value*s.step().Seconds()
	}
	return []Series{s.mode(host, name, "idle", idle.counter()), s.mode(host, name, "user", busy.counter())}
}

// mode is the counter of one core in one mode.
func (s setup) mode(host, core, mode, values string) Series {
	return s.exported(s.Metrics.CPUSeconds, s.Exporters.Node, host, s.nodePort(), values, matcher{"cpu", "=", core}, matcher{"mode", "=", mode})
}

// memory is a server on which people cause a memory workload that follows a
// timeline, in addition to the idle memory.
func (s setup) memory(host string, t timeline) []Series { return s.memoryOf(host, serverBytes, t) }

// memoryOf is the same for a server with a given memory in bytes.
func (s setup) memoryOf(host string, total float64, t timeline) []Series {
	room := s.roomOf(total)
	return s.memoryInUse(host, total, t.each(func(v float64) float64 { return total - room + v*room }))
}

// roomOf returns the memory for people on a server with a given memory, in bytes, while
// its idle memory is not learned.
func (s setup) roomOf(total float64) float64 {
	return total - min(float64(s.in.IdleRAM)*(1<<20), (1-rules.LeastRoom)*total)
}

// machineMemory is a server whose memory workload, with the idle memory, follows a
// timeline.
func (s setup) machineMemory(host string, t timeline) []Series {
	return s.memoryInUse(host, serverBytes, t.each(func(v float64) float64 { return v * serverBytes }))
}

// memoryInUse is a server whose memory in use, in bytes, follows a timeline.
func (s setup) memoryInUse(host string, total float64, used timeline) []Series {
	free := used.each(func(v float64) float64 { return total - v })
	return []Series{
		s.exported(s.Metrics.MemoryAvailable, s.Exporters.Node, host, s.nodePort(), free.gauge()),
		s.exported(s.Metrics.MemoryTotal, s.Exporters.Node, host, s.nodePort(), timeline{steady(total, used.length())}.gauge()),
	}
}

func (s setup) up(host string, t timeline) Series {
	return s.exported("up", s.Exporters.Node, host, s.nodePort(), t.gauge())
}

func (s setup) bbbGauge(metric, host string, t timeline) Series {
	return s.exported(metric, s.Exporters.BBB, host, s.bbbPort(), t.gauge())
}

// scalerGauge is one of the scaler's metrics.
func (s setup) scalerGauge(metric string, t timeline, more ...matcher) Series {
	return Series{s.scaler(metric, more...), t.gauge()}
}

// inState is the scaler's metric of a server in a state.
func (s setup) inState(host, state string, t timeline) Series {
	return s.scalerGauge(rules.MetricServerState, t, matcher{labelHost, "=", host}, matcher{labelState, "=", state})
}

// fleetRead is the metric of a scaler that reads the fleet at every sample, except
// during gaps.
func (s setup) fleetRead(t timeline) Series { return s.times(rules.MetricFleetRead, t) }

// running is the clock of a scaler that is up, except during gaps.
func (s setup) running(t timeline) Series { return s.times(rules.MetricClock, t) }

// times is a metric of the scaler whose value is the time of each sample.
func (s setup) times(metric string, t timeline) Series {
	var text strings.Builder
	at := 0
	for _, sp := range t {
		part := timeline{sp}
		if sp.gap {
			text.WriteString(" " + part.gauge())
		} else {
			text.WriteString(" " + run(s.at(at).Seconds(), s.step().Seconds(), sp.samples))
		}
		at += sp.samples
	}
	return Series{s.scaler(metric), text.String()[1:]}
}

func sortSeries(series []Series) {
	slices.SortFunc(series, func(a, b Series) int { return strings.Compare(a.Series, b.Series) })
}
