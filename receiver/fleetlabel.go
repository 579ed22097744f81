package receiver

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

// ofFleet adds the label fleet to all metrics that it gathers, so that the daemons of
// several fleets can be targets of one scrape job. The name is read at each scrape,
// because a reload can change it; without a name there is no label.
type ofFleet struct {
	prometheus.Gatherer
	name func() string
}

// Gather implements prometheus.Gatherer.
func (f ofFleet) Gather() ([]*dto.MetricFamily, error) {
	families, err := f.Gatherer.Gather()
	name := f.name()
	if name == "" {
		return families, err
	}
	label := &dto.LabelPair{Name: new(rules.LabelFleet), Value: &name}
	for _, family := range families {
		for _, m := range family.Metric {
			m.Label = append(slices.Clip(m.Label), label) // the old labels may be shared with the next scrape
			slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) })
		}
	}
	return families, err
}
