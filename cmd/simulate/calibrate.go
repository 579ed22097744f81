package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/flags"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/calibrate"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// calibration is the command line of simulate calibrate.
type calibration struct {
	configFile, prometheus, output string
	zone, from, to                 string
	step, timeout                  time.Duration
	names                          calibrate.History // only the names of the metrics are set
	journal                        record.Journal
}

func parseCalibrate(args []string, getenv func(string) string) (*calibration, error) {
	c := &calibration{}
	app := kingpin.New("simulate calibrate", "Fits a world to the history of a fleet in Prometheus: what an idle server holds, and what people and webcams cause. "+
		"Writes a file for simulate --world, with the errors of the fit, and what could not be told. "+
		"To read Prometheus through Grafana's data source proxy, set the environment variables GRAFANA_ENDPOINT and GRAFANA_PASS.")
	app.HelpFlag.Short('h')
	app.Flag("config.file", "Configuration file, of which prometheus, rules.exporters, rules.labels and rules.metrics are used. Without it, the defaults and the environment variables apply.").StringVar(&c.configFile)
	app.Flag("prometheus.url", "URL of Prometheus, instead of prometheus.url in the configuration. The credentials come from the configuration or the environment.").StringVar(&c.prometheus)
	app.Flag("prometheus.timeout", "Time limit of one query.").Default("2m").DurationVar(&c.timeout)
	app.Flag("journal.url", "URL of a running daemon, whose journal has the durations of starts, stops, resizes and boots. Environment variables for the login: BBB_SCALER_USER, BBB_SCALER_PASSWORD.").StringVar(&c.journal.Daemon.URL)
	app.Flag("from", "Start of the history, such as 2026-03-02, 2026-03-02T07:00 or a time in RFC 3339. Default: the Monday of last week.").StringVar(&c.from)
	app.Flag("to", "End of the history, in the same format. Default: a week after --from, at most now.").StringVar(&c.to)
	app.Flag("step", "Length of the windows that are averaged; at least twice the scrape interval.").Default("5m").DurationVar(&c.step)
	app.Flag("timezone", "Time zone of --from and --to. Environment variable: TIMEZONE.").Default(cmp.Or(getenv("TIMEZONE"), "Europe/Berlin")).StringVar(&c.zone)
	app.Flag("output", "File to write; - is standard output.").Default("-").StringVar(&c.output)
	app.Flag("metric.webcams", "Name of bbb-exporter's metric for the number of people with a webcam.").Default(record.DefaultWebcams).StringVar(&c.names.Webcams)
	app.Flag("metric.boot-time", "Name of node exporter's metric for the time of the boot, from which a leak is told.").Default(calibrate.DefaultBootTime).StringVar(&c.names.BootTime)
	_, err := flags.Parse(app, args)
	return c, err
}

// runCalibrate writes a world's file.
func runCalibrate(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	getenv := config.Getenv(environ)
	c, err := parseCalibrate(args, getenv)
	if err != nil {
		return err
	}
	if c.step < time.Minute || c.step > time.Hour || c.step%time.Second != 0 {
		return refuse.Value("--step", c.step, "be whole seconds, from 1m to 1h")
	}
	zone, err := time.LoadLocation(c.zone)
	if err != nil {
		return fmt.Errorf("--timezone: %w", err)
	}
	span, err := rangeOf(c.from, c.to, c.step, time.Now().In(zone))
	if err != nil {
		return err
	}
	file, api, err := dialPrometheus(c.configFile, c.prometheus, c.timeout, environ)
	if err != nil {
		return err
	}
	h := c.names
	h.API, h.Rules, h.Fleet = api, file.Rules, file.Actions.Fleet.Name
	step, end := progress("queries", span.Chunks(), stderr)
	found, err := h.Read(ctx, span, step)
	end()
	if err != nil {
		return err
	}
	times, err := c.times(ctx, getenv)
	if err != nil {
		return err
	}
	result, err := calibrate.New(span, found, times)
	if err != nil {
		return err
	}
	for _, note := range result.Notes() {
		fmt.Fprintln(stderr, terminal.Quote(note))
	}
	if c.output == "-" {
		_, err = io.WriteString(stdout, result.YAML())
		return err
	}
	return os.WriteFile(c.output, []byte(result.YAML()), 0o666)
}

// times reads the daemon's journal; nil without --journal.url.
func (c *calibration) times(ctx context.Context, getenv func(string) string) (*calibrate.Times, error) {
	j := c.journal
	if j.Daemon.URL == "" {
		return nil, nil
	}
	j.Daemon.User, j.Daemon.Password = getenv("BBB_SCALER_USER"), fleet.Secret(getenv("BBB_SCALER_PASSWORD"))
	entries, err := j.Entries(ctx)
	if err != nil {
		return nil, err
	}
	times := calibrate.TimesOf(entries)
	return &times, nil
}
