package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Scenario is a piece of history and what the rules must make of it. The unit
// tests for promtool and this project's own tests come from the same ones.
type Scenario struct {
	Name   string
	Series []Series
	Checks []Check
	// Quiet lists stretches without any data, which need no evaluation.
	Quiet []Stretch
}

// Stretch is the time between two moments since the scenario's beginning.
type Stretch struct{ From, To time.Duration }

// Series is one input series, its values in promtool's notation, a sample
// every evaluation interval.
type Series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// Check is the one value that an expression must have at a time.
type Check struct {
	At   time.Duration // since the scenario's beginning
	Expr string        // gives one sample without labels
	Want float64
	// Alert and Annotations, when set, are instead what the only active alert
	// of a name must carry.
	Alert       string
	Annotations map[string]string
}

// Scenarios returns the history that tests the rules for a configuration.
func Scenarios(cfg Config, in Input) []Scenario {
	s := stage{generator: generator{cfg, in}}
	return append(s.presentScenarios(), s.forecastScenarios()...)
}

// presentScenarios are those that take less than a day.
func (s stage) presentScenarios() []Scenario {
	all := s.serverScenarios()
	all = append(all, s.idleScenarios()...)
	all = append(all, s.downScenario())
	all = append(all, s.fleetScenarios()...)
	all = append(all, s.trendScenarios()...)
	all = append(all, s.loadScenarios()...)
	all = append(all, s.stateScenarios()...)
	return append(all, s.peopleScenarios()...)
}

// stage makes series as the configured exporters would.
type stage struct {
	generator
	coarse bool // samples too far apart for a rate: no CPU workload
}

// step is the time between two samples.
func (s stage) step() time.Duration { return time.Duration(s.EvaluationInterval) }

// at is the time of a sample.
func (s stage) at(sample int) time.Duration { return time.Duration(sample) * s.step() }

// samples is how many samples a time takes, at least one.
func (s stage) samples(d model.Duration) int {
	return max(1, int((time.Duration(d)+s.step()-1)/s.step()))
}

// patience is how many samples an alert's condition is pending before it fires.
func (s stage) patience(alert string) int { return s.samples(s.For[alert]) }

// settled is enough samples to fill, or to empty, the window of the CPU
// workload, whether its ends count or not.
func (s stage) settled() int { return s.samples(s.RateWindow) + 2 }

// firing checks how many alerts of a name fire, at a sample.
func (s stage) firingAt(sample int, alert string, want int, more ...matcher) Check {
	ms := append([]matcher{{LabelAlert, "=", alert}, {labelAlertState, "=", "firing"}, {LabelFleet, "=", s.in.Fleet}}, more...)
	return Check{At: s.at(sample), Expr: "count(" + selector(alertsSeries, ms...) + ") or vector(0)", Want: float64(want)}
}

// valueAt checks a recorded value of the fleet to six digits, at a sample.
func (s stage) valueAt(sample int, record string, want float64) Check {
	return s.nearAt(sample, record, want, 1e-6*max(1, want))
}

func (s stage) nearAt(sample int, record string, want, within float64) Check {
	return Check{At: s.at(sample), Expr: "count(abs(" + s.rec(record) + " - " + exact(want) + ") < " + exact(within) + ") or vector(0)", Want: 1}
}

// absentAt checks that a record has no value.
func (s stage) absentAt(sample int, record string) Check {
	return Check{At: s.at(sample), Expr: "count(" + s.rec(record) + ") or vector(0)", Want: 0}
}

// reached is the least workload that counts as at or above a threshold: the
// threshold itself where binary fractions can tell, else a hair more.
func reached(threshold float64) float64 {
	if scaled := threshold * 1024; scaled == float64(int(scaled)) {
		return threshold
	}
	return threshold + hair
}

// missed is a hair below a threshold.
func missed(threshold float64) float64 { return threshold - hair }

const hair = 1.0 / (1 << 20)

// host names the n-th server.
func host(n int) string { return "10.0.0." + strconv.Itoa(n) }

// exported is a series of an exporter on a server.
func (s stage) exported(metric string, by Matchers, host, port string, values string, more ...matcher) Series {
	ms := append([]matcher{{s.Labels.Instance, "=", host + port}}, more...)
	return Series{s.scraped(metric, by, ms...), values}
}

func (s stage) nodePort() string { return s.exporters()[0].portOr(":443") }

func (s stage) bbbPort() string {
	if e := s.exporters(); len(e) > 1 {
		return e[1].portOr(":443")
	}
	return ""
}

func (e exporter) portOr(other string) string {
	if e.port != "" {
		return e.port
	}
	return other
}

// stageBytes is the memory of a server of the stage.
const stageBytes = 1 << 33

// cpu is a server of one core that is busy by the timeline's workloads.
func (s stage) cpu(host string, t timeline) []Series { return s.core(host, "0", t) }

// core is one core of a server.
func (s stage) core(host, name string, t timeline) []Series {
	idle := make(timeline, len(t))
	for i, sp := range t {
		idle[i] = sp
		idle[i].value = (1 - sp.value) * s.step().Seconds()
	}
	return []Series{s.exported(s.Metrics.CPUSeconds, s.Exporters.Node, host, s.nodePort(), idle.counter(),
		matcher{"cpu", "=", name}, matcher{"mode", "=", "idle"})}
}

// memory is a server whose memory is used by the timeline's workloads.
func (s stage) memory(host string, t timeline) []Series { return s.memoryOf(host, stageBytes, t) }

// memoryOf is the same for a server with as many bytes.
func (s stage) memoryOf(host string, total float64, t timeline) []Series {
	free := make(timeline, len(t))
	for i, sp := range t {
		free[i] = sp
		free[i].value = (1 - sp.value) * total
	}
	return []Series{
		s.exported(s.Metrics.MemoryAvailable, s.Exporters.Node, host, s.nodePort(), free.gauge()),
		s.exported(s.Metrics.MemoryTotal, s.Exporters.Node, host, s.nodePort(), timeline{steady(total, t.length())}.gauge()),
	}
}

func (s stage) up(host string, t timeline) Series {
	return s.exported("up", s.Exporters.Node, host, s.nodePort(), t.gauge())
}

func (s stage) bbbGauge(metric, host string, t timeline) Series {
	return s.exported(metric, s.Exporters.BBB, host, s.bbbPort(), t.gauge())
}

// said is a series of the scaler.
func (s stage) said(metric string, t timeline, more ...matcher) Series {
	return Series{s.scaler(metric, more...), t.gauge()}
}

// inState is a server that the scaler says is in a state.
func (s stage) inState(host, state string, t timeline) Series {
	return s.said(MetricServerState, t, matcher{labelHost, "=", host}, matcher{labelState, "=", state})
}

// fleetRead is a scaler that reads the fleet at every sample but during gaps.
func (s stage) fleetRead(t timeline) Series {
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
	return Series{s.scaler(MetricFleetRead), text.String()[1:]}
}

func sortSeries(series []Series) {
	slices.SortFunc(series, func(a, b Series) int { return strings.Compare(a.Series, b.Series) })
}
