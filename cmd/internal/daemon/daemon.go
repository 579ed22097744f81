package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver"
	"github.com/bbb-scaler/bbb-scaler/receiver/trend"
)

// daemon runs the daemon until ctx is done or a part of it fails.
func (o *options) daemon(ctx context.Context, stderr io.Writer) (err error) {
	if err := o.storage.complete(config.Getenv(o.environ)); err != nil {
		return err
	}
	o.log.Writer = stderr
	log := promslog.New(o.log)
	file, err := o.load(log)
	if err != nil {
		return err
	}
	if err := web.Validate(*o.web.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file %s: %w", *o.web.WebConfigFile, err)
	}
	metrics := newRegistry()
	links, err := connect(file, metrics, log)
	if err != nil {
		return err
	}
	day := new(trend.Day)
	var prom *measures
	var parts parts
	published := func(st fleet.Status) {
		day.Note(o.displayed.observed(st, prom.load(st, parts.scaler.Alerts())))
	}
	parts, err = o.parts(ctx, file, links, published, metrics, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parts.close()) }()
	this := build.This()
	reloader := newReloader(o, file, links, parts.scaler, metrics, log)
	prom = newMeasures(reloader.now.Load, log)
	server := receiver.Server(file.Web, receiver.New(file.Web, receiver.Deps{
		Scaler: parts.scaler, Reload: reloader.reload, LoginRequired: o.loginRequired,
		Warnings: reloader.warnings, Asks: reloader.asks, Discovery: reloader.discovery, Runbook: reloader.runbook,
		Config: o.displayed.settings(reloader.fleet), Links: reloader.others, Trend: day, Workload: prom.workload,
		Metrics: metrics, Log: log, Version: this.Version, Displayed: o.displayed.of(),
		Now: parts.now, Leader: parts.leader, Peers: parts.peers, StepDown: parts.stepDown,
	}), log)
	go prom.run(ctx)
	log.Info("starting", "version", this.Version, "revision", this.Revision, "dry_run", o.dryRun, "datacenters", len(file.Actions.Fleet.Datacenters))
	return o.serve(ctx, server, parts, reloader, file.Web.ShutdownTimeout, log)
}

// serve runs the scaler and the HTTP server until ctx is done or one of them
// fails. Then it stops the HTTP server first, and waits for the cycle in progress. A
// daemon that shares its store hands over before that.
func (o *options) serve(ctx context.Context, server *http.Server, p parts, r *reloader, patience time.Duration, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	scaling, stopScaling := context.WithCancel(context.WithoutCancel(ctx))
	defer stopScaling()
	scaled := make(chan error, 1)
	go func() { scaled <- p.run(scaling) }()
	served := make(chan error, 1)
	go func() {
		served <- web.ListenAndServe(server, o.web, log)
		cancel()
	}()
	stopReloading := r.onSignal()
	go r.watch(scaling)

	<-ctx.Done()
	log.Info("stopping")
	stopReloading()
	if p.stepDown != nil {
		stopScaling()
	}
	timeout, done := context.WithTimeout(context.Background(), patience)
	defer done()
	err := server.Shutdown(timeout)
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	stopScaling()
	return errors.Join(err, <-scaled)
}

// load reads the configuration and logs its warnings.
func (o *options) load(log *slog.Logger) (config.File, error) {
	o.configText, _ = os.ReadFile(o.configFile) // Load names the error
	file, err := config.Load(o.configFile, o.environ)
	if err != nil {
		return file, err
	}
	file.Actions.DryRun = o.dryRun
	for _, w := range file.Warnings() {
		log.Warn("configuration", "warning", w)
	}
	return file, nil
}

func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build.This().Collector())
	return r
}

// onSignal reloads on SIGHUP until the function that it returns is called.
func (r *reloader) onSignal() (stop func()) {
	hup, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hup, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-hup:
				_, _ = r.reload() // logged there
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hup)
		close(done)
	}
}
