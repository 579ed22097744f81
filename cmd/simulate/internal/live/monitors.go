package live

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
)

// monitors builds Alertmanager and Prometheus from the generated files: one of
// each, or, when links are cut, two.
func (d *demo) monitors(cfg Config) error {
	n := 1
	if cfg.CutLinks != 0 {
		n = 2
	}
	for range n {
		for _, list := range []*[]string{&d.alertmanagerAt, &d.prometheusAt} {
			at, err := freePort()
			if err != nil {
				return err
			}
			*list = append(*list, at)
		}
	}
	s, err := d.settings()
	if err != nil {
		return err
	}
	for name, text := range s.files {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := d.alertmanagers(s, d.quietUnlessAsked(cfg.Log)); err != nil {
		return err
	}
	return d.prometheuses(s, cfg.Log)
}

// quietUnlessAsked returns the log of Alertmanager. With several daemons, notifications
// fail between two leaders, as they must: these errors are printed only from the level
// warn on.
func (d *demo) quietUnlessAsked(log *slog.Logger) *slog.Logger {
	if d.replicas != nil && !log.Enabled(context.Background(), slog.LevelWarn) {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

func (d *demo) alertmanagers(s settings, log *slog.Logger) error {
	clusters, err := d.clusters()
	if err != nil {
		return err
	}
	for i, at := range d.alertmanagerAt {
		a, err := monitor.NewAlertmanager(monitor.AlertmanagerConfig{
			Config: s.alertmanager[i], ExternalURL: "http://" + at, Cluster: clusters[i], Logger: log,
		})
		if err != nil {
			return err
		}
		d.alertmanager = append(d.alertmanager, a)
		if err := d.listenAt(at, a.Handler()); err != nil {
			return err
		}
	}
	return nil
}

// clusters returns how each Alertmanager is one of a cluster; one alone is not.
func (d *demo) clusters() ([]*monitor.ClusterConfig, error) {
	clusters := make([]*monitor.ClusterConfig, len(d.alertmanagerAt))
	if len(clusters) == 1 {
		return clusters, nil
	}
	listen, err := freePorts(len(clusters))
	if err != nil {
		return nil, err
	}
	over, err := d.network.to(listen...)
	for i := range clusters {
		if err == nil {
			clusters[i] = &monitor.ClusterConfig{Listen: listen[i], Advertise: over[i], Peer: over[1-i], Speed: d.speed}
		}
	}
	return clusters, err
}

func (d *demo) prometheuses(s settings, log *slog.Logger) error {
	for i, at := range d.prometheusAt {
		dir := filepath.Join(d.dir, fmt.Sprintf("prometheus-%d", i+1))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		p, err := monitor.NewPrometheus(monitor.PrometheusConfig{
			Config: s.prometheus[i], Dir: dir, Past: s.past, Lookback: d.shorter(lookback), ResendDelay: d.shorter(resendDelay),
			ExternalURL: "http://" + at, Logger: log,
		})
		if err != nil {
			return err
		}
		d.prometheus = append(d.prometheus, p)
		if err := d.listenAt(at, p.Handler()); err != nil {
			return err
		}
	}
	return nil
}

// freePorts returns n addresses on loopback that nobody listens on.
func freePorts(n int) (all []string, err error) {
	for range n {
		at, err := freePort()
		if err != nil {
			return nil, err
		}
		all = append(all, at)
	}
	return all, nil
}
