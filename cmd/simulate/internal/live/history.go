package live

import (
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// historyAge is the age, in real time, of the history that the generated forecast
// uses first: generate.HistoryWeek.
const historyAge = 7 * 24 * time.Hour

// rememberedDays is the number of simulated days that have a history.
const rememberedDays = 7

// history returns the fleet's load as Prometheus would have recorded it a week
// earlier: that of the same timetable, at the demo's speed. The generated forecast
// reads it with an offset of a week of real time.
func (d *demo) history(fleetName string, every time.Duration) []monitor.Past {
	start := d.world.Start()
	m := d.world.Load()
	people := peopleOf(lessons(start, len(d.bbb)), m, start, time.Duration(rememberedDays)*24*time.Hour, time.Minute)
	idleCores, _ := m.Idle(d.config().Actions.Sizes.Default)
	cpu := monitor.Past{Labels: seriesOf(generate.RecordCPULoad, fleetName)}
	memory := monitor.Past{Labels: seriesOf(generate.RecordMemoryLoad, fleetName)}
	end := start.Add(time.Duration(len(people)) * time.Minute)
	for at := d.clock.begun; ; at = at.Add(every) {
		now := d.clock.at(at)
		if !now.Before(end) {
			return []monitor.Past{cpu, memory}
		}
		cores, ram := m.Caused(people[int(now.Sub(start)/time.Minute)])
		cpu.Add(at.Add(-historyAge), cores+floor*idleCores)
		memory.Add(at.Add(-historyAge), ram*(1<<20)) // idle memory is no load
	}
}

func seriesOf(metric, fleetName string) labels.Labels {
	return labels.FromStrings(model.MetricNameLabel, metric, rules.LabelFleet, fleetName)
}

// peopleOf returns the people in the meetings of src in each step from start on.
func peopleOf(src sim.Source, m sim.LoadModel, start time.Time, length, step time.Duration) []sim.Crowd {
	people := make([]sim.Crowd, length/step)
	for a, ok := src.Next(); ok && a.At.Before(start.Add(length)); a, ok = src.Next() {
		first := max(0, a.At.Sub(start)/step)
		for i := first; i < min((a.At.Add(a.Duration).Sub(start))/step, time.Duration(len(people))); i++ {
			all, cams := float64(a.Participants), float64(a.Webcams)
			people[i].Participants += all
			people[i].Webcams += cams
			people[i].Streams += m.Streams(all, cams)
		}
	}
	return people
}
