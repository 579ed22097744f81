package daemon

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// scrapes is a Prometheus with targets, by job: pairs of instance and server_id.
type scrapes struct {
	promv1.API
	jobs map[string][][2]string
}

func (s scrapes) Query(_ context.Context, query string, _ time.Time, _ ...promv1.Option) (model.Value, promv1.Warnings, error) {
	var v model.Vector
	for job, targets := range s.jobs {
		for _, t := range targets {
			if strings.Contains(query, `job="`+job+`"`) {
				v = append(v, &model.Sample{Metric: model.Metric{"instance": model.LabelValue(t[0]), "server_id": model.LabelValue(t[1])}, Value: 1})
			}
		}
	}
	return v, nil, nil
}

func TestCheckShowsByWhichNameEachSourceKnowsAServer(t *testing.T) {
	servers := []fleet.ServerStatus{
		{ID: "id-1", Name: "BBB-1", State: fleet.StateActive, BalancerURL: "https://bbb-1.example.org/bigbluebutton/api",
			Aliases: []string{"id-1", "BBB-1", "bbb-1", "10.0.0.1", "bbb-1.example.org"}},
		{ID: "id-2", Name: "BBB-2", State: fleet.StateActive, Aliases: []string{"id-2", "10.0.0.2", "2001:db8::2"}},
	}
	node := [][2]string{{"bbb-1.example.org:9100", ""}, {"[2001:db8::2]:9100", ""}}
	tests := []struct {
		name      string
		node, bbb [][2]string
		shared    []string
		want      []string
		problems  int
	}{
		{"each by names of its own", node, [][2]string{{"10.0.0.1:9688", ""}, {"proxy:9688", "id-2"}}, nil,
			[]string{"IONOS SCALELITE NODE EXPORTER BBB-EXPORTER", "BBB-1 bbb-1.example.org bbb-1.example.org:9100 10.0.0.1:9688", "BBB-2 - [2001:db8::2]:9100 proxy:9688"}, 0},
		{"other machines beside all servers", append(node, [2]string{"db:9100", ""}), [][2]string{{"10.0.0.1:9688", ""}, {"10.0.0.2:9688", ""}}, nil,
			[]string{"note prometheus targets of node exporter that match no server of the fleet (1): db:9100"}, 0},
		{"one cause for many", [][2]string{{"a:9100", ""}, {"b:9100", ""}}, [][2]string{{"10.0.0.1:9688", ""}, {"10.0.0.2:9688", ""}}, nil,
			[]string{"WRONG prometheus targets of node exporter match no server of the fleet (2: a:9100, b:9100), while servers in service have no target (2: BBB-1, BBB-2)"}, 1},
		{"no targets at all of one exporter", node, nil, []string{"10.9.9.9: BBB-1, BBB-2"},
			[]string{"note prometheus servers in service without a target of bbb-exporter (2): BBB-1, BBB-2", "note fleet host names that several servers share, so that they match none of them (1): 10.9.9.9: BBB-1, BBB-2"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			c := &preflight{printer: printer{out: &out}, file: config.Defaults(), status: fleet.Status{Servers: servers, Shared: tt.shared}}
			c.names(t.Context(), scrapes{jobs: map[string][][2]string{"bbb-node": tt.node, "bbb-exporter": tt.bbb}})
			got := strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return r == ' ' }), " ")
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("output lacks %q:\n%s", want, out.String())
				}
			}
			if c.found != tt.problems {
				t.Errorf("%d problems, want %d:\n%s", c.found, tt.problems, out.String())
			}
		})
	}
}
