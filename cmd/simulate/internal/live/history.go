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
	people := peopleOf(lessons(start, len(d.bbb)), start, time.Duration(rememberedDays)*24*time.Hour, time.Minute)
	m := sim.DefaultLoad()
	cpu := monitor.Past{Labels: seriesOf(generate.RecordCPULoad, fleetName)}
	memory := monitor.Past{Labels: seriesOf(generate.RecordMemoryLoad, fleetName)}
	end := start.Add(time.Duration(len(people)) * time.Minute)
	for at := d.clock.begun; ; at = at.Add(every) {
		now := d.clock.at(at)
		if !now.Before(end) {
			return []monitor.Past{cpu, memory}
		}
		p := people[int(now.Sub(start)/time.Minute)]
		cpu.Add(at.Add(-historyAge), p.count*m.ParticipantCores+p.cams*m.WebcamCores+floor*m.BaseCores)
		memory.Add(at.Add(-historyAge), (p.count*m.ParticipantRAM+p.cams*m.WebcamRAM)*(1<<20)) // idle memory is no load
	}
}

func seriesOf(metric, fleetName string) labels.Labels {
	return labels.FromStrings(model.MetricNameLabel, metric, rules.LabelFleet, fleetName)
}

// present is the number of people in meetings and of the webcams that they send.
type present struct{ count, cams float64 }

// peopleOf returns the number of people in the meetings of src in each step from
// start on.
func peopleOf(src sim.Source, start time.Time, length, step time.Duration) []present {
	people := make([]present, length/step)
	for a, ok := src.Next(); ok && a.At.Before(start.Add(length)); a, ok = src.Next() {
		first := max(0, a.At.Sub(start)/step)
		for i := first; i < min((a.At.Add(a.Duration).Sub(start))/step, time.Duration(len(people))); i++ {
			people[i].count += float64(a.Participants)
			people[i].cams += float64(a.Webcams)
		}
	}
	return people
}
