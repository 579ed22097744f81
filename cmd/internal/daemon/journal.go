package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/terminal"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
)

// journalFlags are the flags of journal.
type journalFlags struct {
	only            selection
	kinds, outcomes []string
	since           string
	limit           int
	follow          repetition
}

func (j *journalFlags) flags(cmd *kingpin.CmdClause) {
	var kinds []string
	for _, k := range fleet.Kinds() {
		kinds = append(kinds, string(k))
	}
	j.only.serverFlag(cmd)
	cmd.Flag("kind", "Kind of the steps to show, such as stop. May be repeated.").HintOptions(kinds...).EnumsVar(&j.kinds, kinds...)
	outcomes := []string{string(fleet.Begun), string(fleet.Done), string(fleet.Failed), string(fleet.Abandoned)}
	cmd.Flag("outcome", "Outcome of the entries to show: begun, done, failed or abandoned. May be repeated.").HintOptions(outcomes...).EnumsVar(&j.outcomes, outcomes...)
	cmd.Flag("since", "Start of the entries to show: an age such as 45m, 2h or 1d, a time of today such as 07:30, or 2026-03-02T07:30.").StringVar(&j.since)
	cmd.Flag("limit", fmt.Sprintf("Number of entries to show, the newest ones, up to %d. With --since: all.", api.MaxJournal)).Default("100").IntVar(&j.limit)
	j.follow.flags(cmd, "follow", "Print new entries as they are written, until Ctrl-C.")
}

// askJournal prints the journal, oldest entry first.
func (o *options) askJournal(ctx context.Context, daemon *client.Client, out, errs io.Writer) error {
	j := o.journal
	since, err := sinceOf(j.since, time.Now())
	if err := errors.Join(err, j.only.validate()); err != nil {
		return err
	}
	if j.limit < 1 || j.limit > api.MaxJournal {
		return usage("--limit: %d: must be from 1 to %d", j.limit, api.MaxJournal)
	}
	entries, err := daemon.Journal(ctx, client.JournalQuery{Limit: j.read()})
	if err != nil {
		return err
	}
	if n := len(entries); n == api.MaxJournal && !since.IsZero() && entries[n-1].At.After(since) {
		fmt.Fprintf(errs, "Only the newest %d entries are read; the oldest of them is of %s.\n", n, moment(entries[n-1].At))
	}
	var seen uint64
	if len(entries) > 0 {
		seen = entries[0].Seq
	}
	if err := o.printEntries(out, j.newest(entries, since)); err != nil || !j.follow.on {
		return err
	}
	return o.follow(ctx, daemon, seen, out, errs)
}

// read returns the number of entries to read in order to show those that are wanted.
func (j *journalFlags) read() int {
	if j.since == "" && j.only.all() && len(j.kinds)+len(j.outcomes) == 0 {
		return j.limit
	}
	return api.MaxJournal
}

// newest returns the wanted entries of a list that begins with the newest, oldest
// first.
func (j *journalFlags) newest(entries []fleet.Entry, since time.Time) []fleet.Entry {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fleet.Entry) bool { return e.At.Before(since) || !j.wants(e) })
	if since.IsZero() {
		entries = entries[:min(j.limit, len(entries))]
	}
	slices.Reverse(entries)
	return entries
}

func (j *journalFlags) wants(e fleet.Entry) bool {
	return j.only.names(e.Step.Server, e.Step.ServerID) &&
		(len(j.kinds) == 0 || slices.Contains(j.kinds, string(e.Step.Kind))) &&
		(len(j.outcomes) == 0 || slices.Contains(j.outcomes, string(e.Outcome)))
}

// follow prints the wanted entries after seen as they are written. An outage of the
// daemon is told once.
func (o *options) follow(ctx context.Context, daemon *client.Client, seen uint64, out, errs io.Writer) error {
	j, answers := o.journal, true
	return j.follow.each(ctx, func() error {
		entries, err := newerThan(ctx, daemon, seen)
		if errors.Is(err, client.ErrUnreachable) {
			if answers && ctx.Err() == nil {
				fmt.Fprintln(errs, terminal.Lines(err.Error(), "  "))
			}
			answers = false
			return nil
		}
		if err != nil {
			return err
		}
		answers = true
		if len(entries) == 0 {
			return nil
		}
		seen = entries[0].Seq
		j.limit = len(entries)
		return o.printEntries(out, j.newest(entries, time.Time{}))
	})
}

// fewEntries is the number of entries that are read to see what is new. When all of
// them are, the whole journal is read.
const fewEntries = 200

// newerThan returns the entries after seen, newest first.
func newerThan(ctx context.Context, daemon *client.Client, seen uint64) ([]fleet.Entry, error) {
	old := func(e fleet.Entry) bool { return e.Seq <= seen }
	entries, err := daemon.Journal(ctx, client.JournalQuery{Limit: fewEntries})
	if len(entries) == fewEntries && !slices.ContainsFunc(entries, old) {
		entries, err = daemon.Journal(ctx, client.JournalQuery{Limit: api.MaxJournal})
	}
	return slices.DeleteFunc(entries, old), err
}

// printEntries prints a line for each entry: columns for people, or JSON.
func (o *options) printEntries(out io.Writer, entries []fleet.Entry) error {
	p := o.printer(out)
	for _, e := range entries {
		if o.output == outputJSON {
			if err := printLine(out, e); err != nil {
				return err
			}
			continue
		}
		p.paint(outcomeColor(e.Outcome), "%s  %-8s %-14s %-9s %s%s", moment(e.At), e.Step.Kind, e.Step.Server, e.Outcome,
			whyOf(e), suffix(e.DryRun, " (dry run)"))
	}
	return p.err
}

func outcomeColor(o fleet.Outcome) terminal.Color {
	switch o {
	case fleet.Failed:
		return terminal.Red
	case fleet.Abandoned:
		return terminal.Yellow
	case fleet.Begun:
		return terminal.Dim
	}
	return terminal.Plain
}

// sinceOf parses --since. An empty text is the zero time.
func sinceOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := model.ParseDuration(text); err == nil {
		return now.Add(-time.Duration(ago)), nil
	}
	if t, err := time.ParseInLocation("15:04", text, time.Local); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, time.Local), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02 15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("--since: %q: must be an age such as 45m, 2h or 1d, a time of today such as 07:30, or 2026-03-02T07:30", text)
}
