package generate

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/prometheus/common/model"
)

// Defaults returns the configuration of an empty section.
func Defaults() Config {
	return Config{
		Compat: "2.22", EvaluationInterval: seconds(30), ScrapeInterval: seconds(30), RateWindow: seconds(90),
		Hysteresis: 0.02, ScaleInBelow: 0.6, ScaleInStabilization: minutes(6), Trend: Trend{Window: minutes(3), Ahead: minutes(2)}, ScalerStale: minutes(3), ScalerHold: minutes(60), UnseenShare: 0.1,
		For: durations(), KeepFiringFor: minutes(2),
		Exporters: Exporters{
			Variant: VariantPorts, Ports: Ports{Node: 9100, BBB: 9688}, WithBBB: true, Recordings: true,
			Node: Matchers{"job": "bbb-node"}, BBB: Matchers{"job": "bbb-exporter"}, Scaler: Matchers{"job": "bbb-scaler"},
		},
		Labels: Labels{Instance: rules.LabelInstance, ServerID: rules.LabelServerID},
		Metrics: Metrics{
			CPUSeconds: "node_cpu_seconds_total", MemoryTotal: "node_memory_MemTotal_bytes",
			MemoryAvailable: "node_memory_MemAvailable_bytes", Participants: "bbb_meetings_participants",
			RecordingsQueued: "bbb_recordings_unprocessed", RecordingsProcessing: "bbb_recordings_processing",
			APIUp: "bbb_api_up",
		},
		Forecast: Forecast{
			Enabled: true, History: []History{HistoryWeek, HistoryDay}, Margin: minutes(10), Hold: minutes(60),
			LevelWindow: minutes(60), LevelPrior: 0.1, LevelMax: 2,
		},
		Severities: Severities{Ask: "none", Warning: "warning", Critical: "critical"},
		RunbookURL: "https://github.com/bbb-scaler/bbb-scaler/blob/main/deploy/runbooks.md",
		Operator: Operator{
			Name: "bbb-scaler", Namespace: "monitoring", Secret: "bbb-scaler",
			Labels:  map[string]string{"prometheus": "k8s", "role": "alert-rules"},
			Service: map[string]string{"app": "bbb"},
		},
		Alertmanager: Alertmanager{
			URL: "http://bbb-scaler:9745/webhook", GroupWait: seconds(5), GroupInterval: minutes(1),
			PasswordFile: "/etc/alertmanager/bbb-scaler.password",
		},
		Scrape: Scrape{
			Targets: TargetsFile, HostsFile: "/etc/prometheus/bbb-servers.yml", Scheme: "https", Username: "prometheus",
			PasswordFile: "/etc/prometheus/bbb-exporter.password", Scaler: "bbb-scaler:9745",
			ScalerPasswordFile: "/etc/prometheus/bbb-scaler.password",
		},
	}
}

// durations returns the default durations of the catalogue, by alert name.
func durations() map[string]model.Duration {
	all := map[string]model.Duration{}
	for _, a := range rules.Catalogue() {
		all[a.Name] = model.Duration(a.For)
	}
	return all
}

func seconds(n int) model.Duration { return model.Duration(time.Duration(n) * time.Second) }
func minutes(n int) model.Duration { return model.Duration(time.Duration(n) * time.Minute) }
