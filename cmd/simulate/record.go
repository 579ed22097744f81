package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/build"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/flags"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
)

// recording is the command line of simulate record.
type recording struct {
	configFile, prometheus, output string
	zone, from, to                 string
	metrics                        record.History // only the names of the metrics are set
	cut                            record.Cut
	timeout                        time.Duration
	journal                        record.Journal
	span                           record.Range
	monday                         time.Time
	environ                        []string // as of os.Environ
	stderr                         io.Writer
}

func parseRecord(args, environ []string) (*recording, error) {
	getenv := config.Getenv(environ)
	r := &recording{environ: environ}
	app := kingpin.New("simulate record", "Writes the history of a fleet as a trace for simulate --trace. Prometheus has the number of people on each server, but not their meetings, which are therefore approximated. "+
		"To read Prometheus through Grafana's data source proxy, set the environment variables GRAFANA_ENDPOINT and GRAFANA_PASS.")
	app.HelpFlag.Short('h')
	app.Version(build.This().Text("simulate"))
	app.Flag("config.file", "Configuration file, of which prometheus, rules.exporters, rules.labels and rules.metrics are used. Without it, the defaults and the environment variables apply.").StringVar(&r.configFile)
	app.Flag("prometheus.url", "URL of Prometheus, instead of prometheus.url in the configuration. The credentials come from the configuration or the environment.").StringVar(&r.prometheus)
	app.Flag("prometheus.timeout", "Time limit of one query.").Default("2m").DurationVar(&r.timeout)
	app.Flag("journal.url", "URL of a running daemon, whose journal is read instead of Prometheus. The journal contains when servers were in service, but no people and no webcams. Environment variables for the login: BBB_SCALER_USER, BBB_SCALER_PASSWORD.").StringVar(&r.journal.Daemon.URL)
	app.Flag("journal.people", "With --journal.url: number of people that are assumed on each server in service.").Default("50").Float64Var(&r.journal.People)
	app.Flag("from", "Start of the trace, such as 2026-03-02, 2026-03-02T07:00 or a time in RFC 3339. Default: the Monday of last week.").StringVar(&r.from)
	app.Flag("to", "End of the trace, in the same format. Default: a week after --from, at most now.").StringVar(&r.to)
	app.Flag("step", "Time between two samples.").Default("1m").DurationVar(&r.cut.Step)
	app.Flag("timezone", "Time zone of the schools; the trace begins on a Monday at 00:00 in it. Environment variable: TIMEZONE.").Default(cmp.Or(getenv("TIMEZONE"), "Europe/Berlin")).StringVar(&r.zone)
	app.Flag("output", "File to write; - is standard output.").Default("-").StringVar(&r.output)
	app.Flag("metric.meetings", "Name of bbb-exporter's metric for the number of meetings.").Default(record.DefaultMeetings).StringVar(&r.metrics.Meetings)
	app.Flag("metric.webcams", "Name of bbb-exporter's metric for the number of people with a webcam.").Default(record.DefaultWebcams).StringVar(&r.metrics.Webcams)
	app.Flag("meeting.people", "Number of people in a meeting, if the number of meetings is not recorded.").Default(fmt.Sprint(record.DefaultSize)).Float64Var(&r.cut.Size)
	app.Flag("meeting.webcams", "Share of people with a webcam, if webcams are not recorded.").Default(fmt.Sprintf("%.2f", record.DefaultWebcamShare)).Float64Var(&r.cut.WebcamShare)
	app.Flag("meeting.longest", "Maximum length of a meeting; longer meetings are divided.").Default(record.DefaultLongest.String()).DurationVar(&r.cut.Longest)
	if _, err := flags.Parse(app, args); err != nil {
		return nil, err
	}
	given, err := givenFlags(app, args)
	if err != nil {
		return nil, err
	}
	if r.journal.Daemon.URL == "" {
		return r, ignored(given, "without --journal.url", "journal.people")
	}
	return r, ignored(given, "with --journal.url", "config.file", "prometheus.url", "prometheus.timeout", "metric.meetings", "metric.webcams")
}

// resolve parses the times on the command line.
func (r *recording) resolve(now time.Time) error {
	zone, err := time.LoadLocation(r.zone)
	if err != nil {
		return fmt.Errorf("--timezone: %w", err)
	}
	r.cut.Bridge = record.DefaultBridge
	if err := r.cut.Validate(); err != nil {
		return err
	}
	if r.span, err = rangeOf(r.from, r.to, r.cut.Step, now.In(zone)); err != nil {
		return err
	}
	r.monday = weekOf(r.span.From, 0)
	return nil
}

// rangeOf returns the time from --from until --to, in the time zone of now. The default
// is the last whole week.
func rangeOf(first, last string, step time.Duration, now time.Time) (record.Range, error) {
	from, err1 := timeOf("--from", first, now.Location(), weekOf(now, -1))
	to, err2 := timeOf("--to", last, now.Location(), earliest(now, from.AddDate(0, 0, 7)))
	if err := errors.Join(err1, err2); err != nil {
		return record.Range{}, err
	}
	if !to.After(from) || to.After(now) {
		return record.Range{}, fmt.Errorf("--to %s must be after --from %s and not in the future", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	return record.Range{From: from, Until: to, Step: step}, nil
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// weekOf returns 00:00 on the Monday of the week that is a number of weeks after the
// week of t.
func weekOf(t time.Time, weeks int) time.Time {
	since := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-since+7*weeks, 0, 0, 0, 0, t.Location())
}

// timeOf parses a time in one of the supported formats, or returns otherwise for an
// empty text.
func timeOf(flag, text string, zone *time.Location, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s: %q is no time such as 2026-03-02, 2026-03-02T07:00 or 2026-03-02T07:00:00+01:00", flag, text)
	}
	return t.In(zone), nil
}

// runRecord writes a trace.
func runRecord(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	r, err := parseRecord(args, environ)
	if err != nil {
		return err
	}
	r.stderr = stderr
	if err := r.resolve(time.Now()); err != nil {
		return err
	}
	cutter := record.NewCutter(r.cut)
	read := r.fromPrometheus
	if r.journal.Daemon.URL != "" {
		read = r.fromJournal
	}
	if err := read(ctx, cutter); err != nil {
		return err
	}
	meetings := cutter.Meetings()
	if len(meetings) == 0 {
		return fmt.Errorf("nobody was in a meeting from %s to %s, so no trace is written; choose another --from and --to",
			r.span.From.Format(time.RFC3339), r.span.Until.Format(time.RFC3339))
	}
	return r.write(meetings, stdout)
}

// dialPrometheus returns the configuration, and a client of the Prometheus that it or
// the flag --prometheus.url names.
func dialPrometheus(configFile, url string, timeout time.Duration, environ []string) (config.File, promv1.API, error) {
	file, err := config.Read(configFile, environ)
	if err != nil {
		return file, nil, err
	}
	p := file.Prometheus
	if err := p.ReadSecrets(filepath.Dir(configFile)); err != nil {
		return file, nil, err
	}
	p.URL, p.RequestTimeout = cmp.Or(url, p.URL), timeout
	if p.URL == "" {
		return file, nil, errors.New("set --prometheus.url, prometheus.url in the configuration, or GRAFANA_ENDPOINT")
	}
	if errs := p.Validate(); len(errs) > 0 {
		return file, nil, errors.Join(errs...)
	}
	api, err := promapi.Dial(p)
	return file, api, err
}

func (r *recording) fromPrometheus(ctx context.Context, cutter *record.Cutter) error {
	file, api, err := dialPrometheus(r.configFile, r.prometheus, r.timeout, r.environ)
	if err != nil {
		return err
	}
	h := r.metrics
	h.API, h.Rules, h.Fleet = api, file.Rules, file.Actions.Fleet.Name
	step, end := progress("queries", r.span.Chunks(), r.stderr)
	found, err := h.Read(ctx, r.span, cutter, step)
	end()
	if err != nil {
		return err
	}
	r.note("Read %d servers from %s until %s.", found.Servers, r.span.From.Format(time.RFC3339), r.span.Until.Format(time.RFC3339))
	if !found.Meetings {
		r.note("No samples of %s: meetings of %g people are assumed.", h.Meetings, r.cut.Size)
	}
	if !found.Webcams {
		r.note("No samples of %s: %.0f %% of the people are assumed to send a webcam.", h.Webcams, 100*r.cut.WebcamShare)
	}
	return nil
}

func (r *recording) fromJournal(ctx context.Context, cutter *record.Cutter) error {
	j, getenv := r.journal, config.Getenv(r.environ)
	j.Daemon.User, j.Daemon.Password = getenv("BBB_SCALER_USER"), fleet.Secret(getenv("BBB_SCALER_PASSWORD"))
	entries, err := j.Entries(ctx)
	if err != nil {
		return err
	}
	if len(entries) > 0 && entries[0].At.After(r.span.From) {
		r.note("The journal begins on %s: before that, each server is assumed to have the state before its first entry.", entries[0].At.Format(time.RFC3339))
	}
	servers, err := j.Give(entries, r.span, cutter)
	if err != nil {
		return err
	}
	r.note("Read %d servers. The journal contains when they were in service, but no people: %g on each server are assumed, %.0f %% of them with a webcam. "+
		"Servers that never went into or out of service are not in the journal.", servers, j.People, 100*r.cut.WebcamShare)
	return nil
}

func (r *recording) note(format string, args ...any) { fmt.Fprintf(r.stderr, format+"\n", args...) }

// write writes the trace to standard output or to the file.
func (r *recording) write(meetings []sim.Arrival, stdout io.Writer) error {
	if r.output == "-" {
		return sim.WriteTrace(stdout, r.monday, record.Source(meetings))
	}
	file, err := os.Create(r.output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if err := errors.Join(sim.WriteTrace(file, r.monday, record.Source(meetings)), file.Close()); err != nil {
		return err
	}
	r.note("Wrote %d meetings to %s.", len(meetings), r.output)
	return nil
}
