package virtual_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
)

// remembered are expressions of every kind whose result is kept while the samples
// stay the same, and some whose result may not be.
var remembered = []string{
	`max by (host) (a == 1) and on () b`, `a and on (host) c`, `a unless on (host) c > 0.5`, `a or on (host) c`,
	`count(a) or 0 * max(b)`, `count(a > 0.5)`, `count(a * on (host) c)`, `count(a > on (host) c)`, `group by (host) (a) unless on () max_over_time(b[5m])`,
	`group by (host) (a) and on () max_over_time(b[10m])`, `sum(max by (host) (a * on (host) group_left () c))`, `-avg(c) + 2`,
	`label_replace(clamp_max(a, 0.5), "alias", "$1", "host", "(.*)")`, `min(clamp_min(c, 0.5)) or vector(7)`,
	`group by (host) (topk(1, a or 2 * c))`, `topk by (host) (1, a or on () c)`, `a - scalar(b)`, `count(a > scalar(max(c)))`, `group by (host) (c) + scalar(a)`,
	`a + on () group_left () vector(time())`, `a - timestamp(a)`, `a offset 5m`, `topk(1, c)`, `max_over_time(a[5m])`, `count(max_over_time(a[2m]) > 0.5)`,
}

// TestRulesRecordWhatTheirExpressionsGive has series that seldom change, end with
// and without a marker, are swept, and come back.
func TestRulesRecordWhatTheirExpressionsGive(t *testing.T) {
	var file strings.Builder
	file.WriteString("groups:\n- name: records\n  interval: 30s\n  rules:\n")
	for i, expr := range remembered {
		fmt.Fprintf(&file, "  - {record: \"recorded:%d\", expr: %q}\n", i, expr)
	}
	keep := map[string]time.Duration{}
	for i := range remembered {
		keep[fmt.Sprintf("recorded:%d", i)] = time.Minute
	}
	r, err := virtual.NewRules(file.String(), virtual.Options{Interval: 30 * time.Second, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute})
	ask := rules.EngineQueryFunc(engine, r.Samples)
	wander := newWander(r.Samples)
	for step := range 1500 {
		now := time.Unix(0, 0).Add(time.Duration(step) * 30 * time.Second)
		wander.step(t, now)
		r.Samples.Sweep(now)
		r.Eval(t.Context(), now)
		for i, expr := range remembered {
			got, err := ask(t.Context(), fmt.Sprintf(`{__name__="recorded:%d"}`, i), now)
			want, err2 := ask(t.Context(), expr, now)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			if diff := cmp.Diff(listed(want), listed(got)); diff != "" {
				t.Fatalf("at %v %s: (-given +recorded)\n%s", now.Sub(time.Unix(0, 0)), expr, diff)
			}
		}
	}
}

func listed(v promql.Vector) []string {
	var out []string
	for _, s := range v {
		out = append(out, fmt.Sprint(s.Metric.DropReserved(func(n string) bool { return n == model.MetricNameLabel }), " ", s.F))
	}
	slices.Sort(out)
	return out
}

// wander is seven series that seldom change.
type wander struct {
	samples *virtual.Samples
	random  *rand.Rand
	series  []labels.Labels
	value   []float64
	silent  []int // steps without a sample
}

func newWander(samples *virtual.Samples) *wander {
	w := &wander{samples: samples, random: rand.New(rand.NewPCG(1, 0)), value: make([]float64, 7), silent: make([]int, 7)}
	w.series = append(w.series, labels.FromStrings("__name__", "b"))
	for _, host := range []string{"1", "2", "3"} {
		w.series = append(w.series, labels.FromStrings("__name__", "a", "host", host), labels.FromStrings("__name__", "c", "host", host))
	}
	return w
}

func (w *wander) step(t *testing.T, now time.Time) {
	t.Helper()
	for i, l := range w.series {
		v := w.value[i]
		switch chance := w.random.IntN(100); {
		case w.silent[i] > 0:
			w.silent[i]--
			continue
		case chance < 3:
			w.value[i] = float64(w.random.IntN(3)) / 2
			v = w.value[i]
		case chance < 5:
			w.silent[i] = w.random.IntN(30)
		case chance < 7:
			w.silent[i], v = w.random.IntN(30), math.Float64frombits(value.StaleNaN)
		}
		if err := w.samples.Series(l).Append(now.UnixMilli(), v); err != nil {
			t.Fatal(err)
		}
	}
}
