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
	"github.com/schollz/progressbar/v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/promapi"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/record"
)

// recording is the command line of simulate record.
type recording struct {
	configFile, prometheus, output string
	zone, from, to                 string
	metrics                        record.History // their names
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
	app := kingpin.New("simulate record", "Writes a fleet's past as a trace, for simulate --trace. Prometheus knows the people on each server, not their meetings: those are approximated. "+
		"Through Grafana's data source proxy with GRAFANA_ENDPOINT and GRAFANA_PASS in the environment.")
	app.HelpFlag.Short('h')
	app.Flag("config.file", "Configuration file: prometheus, and the names in rules.exporters, rules.labels and rules.metrics; without it, the defaults and the environment.").StringVar(&r.configFile)
	app.Flag("prometheus.url", "Prometheus, instead of prometheus.url in the configuration. It gets the credentials from there or from the environment.").StringVar(&r.prometheus)
	app.Flag("prometheus.timeout", "The longest that one query may take.").Default("2m").DurationVar(&r.timeout)
	app.Flag("journal.url", "A running daemon, instead of Prometheus: only when servers were in service, no people and no webcams. Variables: BBB_SCALER_USER, BBB_SCALER_PASSWORD.").StringVar(&r.journal.Daemon.URL)
	app.Flag("journal.people", "People to put on each server that was in service; only with --journal.url.").Default("50").Float64Var(&r.journal.People)
	app.Flag("from", "Begin: 2026-03-02, 2026-03-02T07:00 or RFC 3339; without it, the Monday of last week.").StringVar(&r.from)
	app.Flag("to", "End, likewise; without it, a week after --from, or now.").StringVar(&r.to)
	app.Flag("step", "Between two samples.").Default("1m").DurationVar(&r.cut.Step)
	app.Flag("timezone", "Where the schools are: the trace begins on a Monday at 00:00 there. Variable: TIMEZONE.").Default(cmp.Or(getenv("TIMEZONE"), "Europe/Berlin")).StringVar(&r.zone)
	app.Flag("output", "File to write; - is standard output.").Default("-").StringVar(&r.output)
	app.Flag("metric.meetings", "bbb-exporter's number of meetings.").Default(record.DefaultMeetings).StringVar(&r.metrics.Meetings)
	app.Flag("metric.webcams", "bbb-exporter's number of people with a webcam.").Default(record.DefaultWebcams).StringVar(&r.metrics.Webcams)
	app.Flag("meeting.people", "People in a meeting, where the number of meetings is not recorded.").Default(fmt.Sprint(record.DefaultSize)).Float64Var(&r.cut.Size)
	app.Flag("meeting.webcams", "Share of the people with a webcam, where that is not recorded.").Default(fmt.Sprintf("%.2f", record.DefaultWebcamShare)).Float64Var(&r.cut.WebcamShare)
	app.Flag("meeting.longest", "Longer meetings are cut in pieces.").Default(record.DefaultLongest.String()).DurationVar(&r.cut.Longest)
	if _, err := app.Parse(args); err != nil {
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

// resolve turns the texts of the command line into times.
func (r *recording) resolve(now time.Time) error {
	zone, err := time.LoadLocation(r.zone)
	if err != nil {
		return fmt.Errorf("--timezone: %w", err)
	}
	r.cut.Bridge = record.DefaultBridge
	if err := r.cut.Validate(); err != nil {
		return err
	}
	now = now.In(zone)
	from, err1 := timeOf("--from", r.from, zone, weekOf(now, -1))
	to, err2 := timeOf("--to", r.to, zone, earliest(now, from.AddDate(0, 0, 7)))
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if !to.After(from) || to.After(now) {
		return fmt.Errorf("--to %s is not after --from %s, or still to come", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	r.span = record.Range{From: from, Until: to, Step: r.cut.Step}
	r.monday = weekOf(from, 0)
	return nil
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// weekOf is 00:00 on the Monday of a week that is some weeks after t's.
func weekOf(t time.Time, weeks int) time.Time {
	since := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-since+7*weeks, 0, 0, 0, 0, t.Location())
}

// timeOf reads a time in one of the forms that people write.
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
		return fmt.Errorf("nobody was in a meeting from %s to %s: no trace is written; choose another --from and --to",
			r.span.From.Format(time.RFC3339), r.span.Until.Format(time.RFC3339))
	}
	return r.write(meetings, stdout)
}

func (r *recording) fromPrometheus(ctx context.Context, cutter *record.Cutter) error {
	file, err := config.Read(r.configFile, r.environ)
	if err != nil {
		return err
	}
	p := file.Prometheus
	if err := p.ReadSecrets(filepath.Dir(r.configFile)); err != nil {
		return err
	}
	p.URL, p.RequestTimeout = cmp.Or(r.prometheus, p.URL), r.timeout
	if p.URL == "" {
		return errors.New("need --prometheus.url, prometheus.url in the configuration, GRAFANA_ENDPOINT, or --journal.url")
	}
	if errs := p.Validate(); len(errs) > 0 {
		return errors.Join(errs...)
	}
	h := r.metrics
	h.Rules, h.Fleet = file.Rules, file.Actions.Fleet.Name
	if h.API, err = promapi.Dial(p); err != nil {
		return err
	}
	found, err := h.Read(ctx, r.span, cutter, r.progress())
	if err != nil {
		return err
	}
	r.note("Read %d servers from %s until %s.", found.Servers, r.span.From.Format(time.RFC3339), r.span.Until.Format(time.RFC3339))
	if !found.Meetings {
		r.note("No samples of %s: meetings of %g people are assumed.", h.Meetings, r.cut.Size)
	}
	if !found.Webcams {
		r.note("No samples of %s: %.0f %% of the people are taken to send their webcam.", h.Webcams, 100*r.cut.WebcamShare)
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
		r.note("The journal begins on %s: until then, servers are taken to be as their first entry found them.", entries[0].At.Format(time.RFC3339))
	}
	servers, err := j.Give(entries, r.span, cutter)
	if err != nil {
		return err
	}
	r.note("Read %d servers. The journal tells when they were in service, nothing of people: %g on each, %.0f %% of them with a webcam, are assumed. "+
		"Servers that never went in or out of service are not in it.", servers, j.People, 100*r.cut.WebcamShare)
	return nil
}

func (r *recording) note(format string, args ...any) { fmt.Fprintf(r.stderr, format+"\n", args...) }

// progress shows a bar on a terminal.
func (r *recording) progress() func() {
	if !terminal.Is(r.stderr) {
		return func() {}
	}
	bar := progressbar.NewOptions(r.span.Chunks(), progressbar.OptionSetWriter(r.stderr), progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	return func() { _ = bar.Add(1) } // for the eye only
}

// write writes the trace, to a file only once all of it is known.
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
