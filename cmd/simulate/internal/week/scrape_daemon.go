package week

import (
	"cmp"
	"slices"
	"time"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
	"github.com/bbb-scaler/bbb-scaler/receiver"
)

// daemonTarget is the scaler's metrics page as a target.
type daemonTarget struct {
	*target
	samples *virtual.Samples
	page    receiver.Scaler // has the metrics; set once it exists
	lines   []line          // of the last scrape, in its order
	key     []byte          // reused
}

// line is one metric of the page.
type line struct {
	metric string
	pairs  []string // its labels and their values
	series *virtual.Series
}

// scrape scrapes the scaler's own metrics, as its metrics page shows them. A
// series that is no longer there ends with a staleness marker, as in Prometheus.
func (d *daemonTarget) scrape(now time.Time) error {
	at := now.UnixMilli()
	_ = d.up.Append(at, 1)
	var err error
	n := 0
	receiver.FleetGauges(d.page, now, func(name string, v float64, pairs []string) {
		if n == len(d.lines) {
			d.lines = append(d.lines, line{})
		}
		err = cmp.Or(d.shown(&d.lines[n], name, pairs).Append(at, v), err)
		n++
	})
	d.lines = d.lines[:n]
	d.end(at)
	return err
}

// shown returns the series of a metric of the page, nil if it is not kept. Most of the
// page has the same lines as the last time: last is the one in the same place.
func (d *daemonTarget) shown(last *line, metric string, pairs []string) *virtual.Series {
	if last.metric != metric || !slices.Equal(last.pairs, pairs) {
		*last = line{metric, append(last.pairs[:0], pairs...), d.lookup(metric, pairs)}
	}
	return last.series
}

// lookup returns the series of a metric, nil if it is not kept. Its key becomes a string
// only for a new series, since the page has several series for each server.
func (d *daemonTarget) lookup(metric string, pairs []string) *virtual.Series {
	if !d.samples.Keeps(metric) {
		return nil
	}
	d.key = append(d.key[:0], metric...)
	for _, text := range pairs {
		d.key = append(append(d.key, '\xff'), text...)
	}
	series, ok := d.series[string(d.key)]
	if !ok {
		series = d.open(d.samples, metric, pairs...)
		d.series[string(d.key)] = series
	}
	return series
}
