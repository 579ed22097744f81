package alertmanager

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Deliveries is how many notifications an Alertmanager has sent to webhooks since
// it started, whichever receivers they are of.
type Deliveries struct {
	Sent   float64 // the failed ones included
	Failed float64
}

// Names of Alertmanager's own metrics, and the label that sets webhooks apart.
const (
	metricSent       = "alertmanager_notifications_total"
	metricFailed     = "alertmanager_notifications_failed_total"
	labelIntegration = "integration"
)

// deliveries reads the metrics of a peer.
func (s *Source) deliveries(ctx context.Context, p peer) (Deliveries, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.metrics, http.NoBody)
	if err != nil {
		return Deliveries{}, err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return Deliveries{}, err
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return Deliveries{}, fmt.Errorf("reading the metrics: %w", err)
	}
	sum := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetName() == labelIntegration && l.GetValue() == "webhook" {
					sum[name] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return Deliveries{Sent: sum[metricSent], Failed: sum[metricFailed]}, nil
}
