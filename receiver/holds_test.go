package receiver

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

func TestMetricsOfHoldsGoByTheirKindAndNotByTheirWords(t *testing.T) {
	for _, tt := range []struct {
		metric, label string
		kinds         []fleet.HoldKind
		status        func(*fleet.Status, []fleet.Hold)
	}{
		{rules.MetricWritesBlocked, "reason", fleet.BlockedKinds(), func(s *fleet.Status, h []fleet.Hold) { s.Blocked = h }},
		{rules.MetricLimited, "limit", fleet.LimitKinds(), func(s *fleet.Status, h []fleet.Hold) { s.Limits = h }},
		{"bbb_scaler_brakes", "reason", fleet.BrakeKinds(), func(s *fleet.Status, h []fleet.Hold) { s.Brakes = h }},
		{rules.MetricUnjoined, "source", fleet.UnjoinedKinds()[:2], func(s *fleet.Status, h []fleet.Hold) { s.Unjoined = h }},
	} {
		for _, kind := range tt.kinds {
			m := &memory{status: fleet.Status{At: noon}}
			tt.status(&m.status, []fleet.Hold{{Kind: kind, Text: "any words"}})
			got := series(t, fleetCollector{m, time.Now}, tt.metric)
			want := tt.metric + `{` + tt.label + `="` + string(kind) + `"} 1`
			if ones := slices.DeleteFunc(got, func(l string) bool { return !strings.HasSuffix(l, " 1") }); !slices.Equal(ones, []string{want}) {
				t.Errorf("%s with a hold of kind %s: %q are 1, want only %q", tt.metric, kind, ones, want)
			}
		}
	}
}

// series collects the samples of a metric, one a line.
func series(t *testing.T, c prometheus.Collector, metric string) []string {
	t.Helper()
	text, err := testutil.CollectAndFormat(c, expfmt.TypeTextPlain, metric)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(l string) bool { return strings.HasPrefix(l, "#") })
}
