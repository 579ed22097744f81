package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// wrongSecret is BigBlueButton on servers that all refuse the secret that the
// balancer has of them, but for those that hang.
type wrongSecret struct{ hangs map[string]bool }

func (w wrongSecret) Meetings(_ context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	fault := &outbound.Fault{Text: "FAILED checksumError: checksums do not match"}
	if w.hangs[s.ID] {
		fault = &outbound.Fault{Text: "no answer from " + s.URL + ": connection refused"}
	}
	return fleet.MeetingCount{}, fmt.Errorf("asking %s for its meetings: %w", s.URL, fault)
}

func newPreflight(out *strings.Builder) *preflight {
	c := &preflight{printer: printer{out: out}, file: config.Defaults()}
	c.file.Actions.Fleet.Name = "bbb"
	return c
}

// wrongLines returns the lines that tell a problem.
func wrongLines(output string) (lines []string) {
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "WRONG") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestOneWrongSecretIsOneLineWhateverTheFleetsSize(t *testing.T) {
	var list []fleet.BalancerServer
	for i := range 745 {
		list = append(list, fleet.BalancerServer{ID: fmt.Sprint(i), URL: fmt.Sprintf("https://bbb-%d.example.org/bigbluebutton/api", i), State: fleet.Enabled, Online: true})
	}
	var out strings.Builder
	c := newPreflight(&out)
	c.clients.meetings = wrongSecret{hangs: map[string]bool{"3": true, "7": true}}
	c.servers(t.Context(), list)
	got := wrongLines(out.String())
	if len(got) != 2 || !strings.Contains(got[0], "743 servers, such as: asking https://bbb-0.") || !strings.Contains(got[0], "checksumError") ||
		!strings.Contains(got[1], "2 servers, such as: asking https://bbb-3.") {
		t.Errorf("problems = %q, want one line for each of the two causes, with a count and an example", got)
	}
}

// sameList is a cloud that lists the same servers in each datacenter.
type sameList struct {
	fleet.Cloud
	list []fleet.CloudServer
}

func (c sameList) Servers(context.Context, string) ([]fleet.CloudServer, error) { return c.list, nil }

func (sameList) Contract(context.Context) (fleet.Contract, error) {
	return fleet.Contract{PerServer: fleet.Size{Cores: 62, RAM: 240 << 10}}, nil
}

func TestAFleetThatWouldBeShrunkIsToldBeforeItIs(t *testing.T) {
	server := func(name string, size fleet.Size) fleet.CloudServer {
		return fleet.CloudServer{Name: name, Size: size, HotPlug: fleet.HotPlug{CPU: true, RAM: true}}
	}
	small, large := fleet.Size{Cores: 2, RAM: 8192}, fleet.Size{Cores: 2, RAM: 12288}
	cube := server("bbb-cube", large)
	cube.Template = "CUBES XL"
	for name, test := range map[string]struct {
		list []fleet.CloudServer
		want string
	}{
		"all larger": {[]fleet.CloudServer{server("bbb-1", large), server("bbb-2", large)},
			"2 of 2 servers are larger than sizes.default: when they are off, they are shrunk to 2 cores, 8192 MiB; set sizes.default"},
		"most larger":                            {[]fleet.CloudServer{server("bbb-1", large), server("bbb-2", small), server("bbb-3", large)}, "2 of 3 servers are larger"},
		"all of the default's size":              {[]fleet.CloudServer{server("bbb-1", small), server("bbb-2", small)}, ""},
		"one has grown":                          {[]fleet.CloudServer{server("bbb-1", small), server("bbb-2", large)}, ""},
		"others are larger":                      {[]fleet.CloudServer{server("scalelite", large), server("bbb-2", small)}, ""},
		"servers whose size cannot change":       {[]fleet.CloudServer{cube}, ""},
		"an empty datacenter has no such server": {nil, ""},
	} {
		var out strings.Builder
		c := newPreflight(&out)
		c.file.Actions.Fleet.Datacenters = []string{"dc"}
		c.clients.cloud = sameList{list: test.list}
		c.cloud(t.Context())
		if got := strings.Contains(out.String(), "larger than sizes.default"); got != (test.want != "") || !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: check prints\n%swant %q", name, out.String(), test.want)
		}
	}
}

func TestServersThatCannotBeJoinedForOneReasonAreOneLine(t *testing.T) {
	var out strings.Builder
	c := newPreflight(&out)
	for i := range 745 {
		c.status.Servers = append(c.status.Servers, fleet.ServerStatus{Name: fmt.Sprintf("bbb-server%d", i), State: fleet.StateUnjoined, Reason: "not found in the balancer"})
		c.status.Unjoined = append(c.status.Unjoined, fleet.Hold{Text: fmt.Sprintf("balancer server %d (https://b%d/) matches no cloud server", i, i)})
	}
	c.joined()
	got := wrongLines(out.String())
	if len(got) != 2 || !strings.Contains(got[0], "745 servers (bbb-server0, bbb-server1, bbb-server2, …): not found in the balancer") ||
		!strings.Contains(got[1], "745 problems, such as: balancer server 0") {
		t.Errorf("problems = %q, want one line for each cause", got)
	}
}

func TestWhatFollowsFromAListThatCouldNotBeReadIsNotToldAgain(t *testing.T) {
	var out strings.Builder
	c := newPreflight(&out)
	c.status.Sources = []fleet.SourceStatus{{Name: "balancer", Error: "401"}}
	c.status.Servers = []fleet.ServerStatus{{Name: "bbb-server1", State: fleet.StateUncertain, Reason: "the balancer has not been read"}}
	c.joined()
	if got := wrongLines(out.String()); len(got) != 0 || !strings.Contains(out.String(), "the servers were not matched") {
		t.Errorf("output = %q, want a note and no problem", out.String())
	}
}

// prom is a Prometheus whose answers are given by query.
type prom struct {
	promv1.API
	ahead   time.Duration // of its clock
	scrapes time.Duration // between two of every target
	digest  string
	sums    map[string]float64 // by the beginning of the query
}

func (p prom) Query(_ context.Context, query string, at time.Time, _ ...promv1.Option) (model.Value, promv1.Warnings, error) {
	now := time.Now().Add(p.ahead)
	switch {
	case !at.IsZero():
		return nil, nil, errors.New("the query is for another time than Prometheus's present")
	case query == "time()":
		return &model.Scalar{Value: model.SampleValue(float64(now.UnixMilli()) / 1000), Timestamp: model.TimeFromUnixNano(now.UnixNano())}, nil, nil
	}
	for begin, v := range p.sums {
		if strings.HasPrefix(query, begin) {
			return model.Vector{{Value: model.SampleValue(v)}}, nil, nil
		}
	}
	var series model.SampleStream
	for i := range 5 {
		series.Values = append(series.Values, model.SamplePair{Timestamp: model.TimeFromUnixNano(now.Add(time.Duration(i-5) * p.scrapes).UnixNano()), Value: 1})
	}
	return model.Matrix{&series}, nil, nil
}

func (p prom) Rules(context.Context, []string) (promv1.RulesResult, error) {
	var group promv1.RuleGroup
	for name := range rules.Meanings() {
		group.Rules = append(group.Rules, promv1.AlertingRule{Name: name})
	}
	if p.digest != "" {
		group.Rules = append(group.Rules, promv1.RecordingRule{Name: rules.RecordRules, Labels: model.LabelSet{"fleet": "bbb", "digest": model.LabelValue(p.digest)}})
	}
	return promv1.RulesResult{Groups: []promv1.RuleGroup{group}}, nil
}

func TestClocksThatAreApartAreFound(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", 20 * time.Second: "", -20 * time.Second: "",
		4 * time.Minute: "its clock is 4m0s ahead of this host's", -4 * time.Minute: "its clock is 4m0s behind this host's",
	} {
		var out strings.Builder
		newPreflight(&out).clock(t.Context(), prom{ahead: ahead})
		if got := strings.Join(wrongLines(out.String()), ""); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("Prometheus %v ahead: %q, want %q", ahead, got, want)
		}
	}
}

func TestTheScrapeIntervalsThatAreThereAreCompared(t *testing.T) {
	for scrapes, want := range map[time.Duration]string{
		15 * time.Second: "", 30 * time.Second: "",
		time.Minute:     "note   prometheus     the scrape interval is 1m, not 30s: bbb-exporter, bbb-scaler, node exporter; set rules.scrape_interval to 1m and rules.rate_window to at least 2m",
		5 * time.Minute: "WRONG  prometheus     the scrape interval is 5m: bbb-exporter, bbb-scaler, node exporter; the rules need a scrape at least every 2m",
	} {
		var out strings.Builder
		newPreflight(&out).intervals(t.Context(), prom{scrapes: scrapes})
		if got := out.String(); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("scrapes every %v: %q, want %q", scrapes, got, want)
		}
	}
}

func TestASecondScalerIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		daemons, brakes float64
		want            string
	}{
		"alone":                   {1, 0, ""},
		"no daemon yet":           {0, 0, ""},
		"two daemons":             {2, 0, "note   prometheus     2 daemons of this fleet are scraped as bbb-scaler"},
		"changes that are undone": {1, 1, "WRONG  fleet          somebody else reverses the changes of the running daemon"},
	} {
		var out strings.Builder
		newPreflight(&out).contested(t.Context(), prom{sums: map[string]float64{"count(" + rules.MetricLeader + "{": tt.daemons, "max(" + rules.MetricBrakes + "{": tt.brakes}})
		if got := out.String(); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRecordingsThatCannotBeSeenAreTold(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*config.File)
		seen float64
		want string
	}{
		"seen":                {func(*config.File) {}, 12, "ok     recordings     12 servers tell"},
		"not exported":        {func(*config.File) {}, 0, "note   recordings     count(bbb_recordings_unprocessed{"},
		"switched off":        {func(f *config.File) { f.Rules.Exporters.Recordings = false }, 0, "note   recordings     rules.exporters.recordings is false: an empty server is stopped although"},
		"without an exporter": {func(f *config.File) { f.Rules.Exporters.WithBBB = false }, 0, "note   recordings     rules.exporters.with_bbb is false: an empty server is stopped although"},
	} {
		var out strings.Builder
		c := newPreflight(&out)
		tt.edit(&c.file)
		c.recordings(t.Context(), prom{sums: map[string]float64{"count(bbb_recordings_unprocessed{": tt.seen}})
		if got := out.String(); !strings.Contains(got, tt.want) || len(wrongLines(got)) > 0 {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestRulesOfAnotherConfigurationAreFound(t *testing.T) {
	for name, c := range map[string]struct{ digest, want string }{
		"the same":    {digest: "own"},
		"another":     {digest: "0123456789abcdef", want: "the rules in Prometheus are not those of this configuration: their digest is 0123456789abcdef"},
		"without one": {want: "the rules in Prometheus are not those of this configuration: their digest is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			pre := newPreflight(&out)
			if c.digest == "own" {
				c.digest = rulesDigest(pre.file)
			}
			pre.loaded(t.Context(), prom{digest: c.digest})
			if got := strings.Join(wrongLines(out.String()), ""); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("problems = %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryEditOfTheRulesSectionThatChangesTheRulesChangesTheirDigest(t *testing.T) {
	was := rulesDigest(config.Defaults())
	for name, c := range map[string]struct {
		edit func(*config.File)
		same bool
	}{
		"a threshold":         {edit: func(f *config.File) { f.Actions.Thresholds.CPU.Max = 0.5 }},
		"the fleet's name":    {edit: func(f *config.File) { f.Actions.Fleet.Name = "north" }},
		"a duration":          {edit: func(f *config.File) { f.Rules.For[rules.ServerIdle] *= 2 }},
		"a budget":            {edit: func(f *config.File) { f.Actions.Capacity.Ceiling = 9 }, same: true},
		"Alertmanager's wait": {edit: func(f *config.File) { f.Rules.Alertmanager.GroupWait *= 2 }, same: true},
	} {
		file := config.Defaults()
		c.edit(&file)
		if got := rulesDigest(file); (got == was) != c.same || len(got) != 16 {
			t.Errorf("%s: digest %q after %q, same %v", name, got, was, c.same)
		}
	}
}
