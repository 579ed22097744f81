package live

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

func TestAStepIsDoneTwiceIfAnotherProcessRepeatsItWhileItHolds(t *testing.T) {
	start := change{Server: "s1", Property: "power", Aim: "on", Process: 1, Accepted: true}
	with := func(c change, edit func(*change)) change {
		edit(&c)
		return c
	}
	again := with(start, func(c *change) { c.Process, c.Holds = 2, true })
	stop := with(start, func(c *change) { c.Aim = "off" })
	tests := []struct {
		name  string
		asked []change
		want  int
	}{
		{"one process starts a server", []change{start}, 0},
		{"another one starts it again while it starts", []change{start, again}, 1},
		{"a third one does so, too", []change{start, again, with(again, func(c *change) { c.Process = 3 })}, 2},
		{"the second start is refused", []change{start, with(again, func(c *change) { c.Accepted = false })}, 1},
		{"the first start was refused", []change{with(start, func(c *change) { c.Accepted = false }), again}, 0},
		{"the first start has failed, so that the server is off", []change{start, with(again, func(c *change) { c.Holds = false })}, 0},
		{"the same process repeats it", []change{start, with(again, func(c *change) { c.Process = 1 })}, 0},
		{"another one starts another server", []change{start, with(again, func(c *change) { c.Server = "s2" })}, 0},
		{"another one enables the server", []change{start, with(again, func(c *change) { c.Property, c.Aim = "state", "enabled" })}, 0},
		{"the server was enabled in between", []change{start, with(start, func(c *change) { c.Property, c.Aim = "state", "enabled" }), again}, 1},
		{"the server was stopped in between", []change{start, stop, again}, 0},
		{"a stop in between was refused", []change{start, with(stop, func(c *change) { c.Accepted = false }), again}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var seen changes
			last := false
			for _, c := range tt.asked {
				last = seen.note(c)
			}
			if last != (tt.want > 0) {
				t.Errorf("the last change is a step done twice: %v, want %d of them", last, tt.want)
			}
			if got := seen.doneTwice(); got != tt.want {
				t.Errorf("steps done twice = %d, want %d", got, tt.want)
			}
		})
	}
}

// pairOf returns a demo for two replicas that do not run. The first server is on, and its
// clock stands still.
func pairOf(t *testing.T) (d *demo, on, off sim.Reading) {
	t.Helper()
	d, err := newDemo(Config{World: light(t), Servers: 3, Speed: 60, Replicas: &Replicas{Number: 2}, Log: slog.New(slog.DiscardHandler)}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	d.replicas.numbers = []int{1, 2}
	servers := d.world.Servers()
	return d, servers[0], servers[2]
}

// ask sends a request to IONOS as a replica does.
func (d *demo) ask(t *testing.T, replica int, method string, server sim.Reading, act, body string) {
	t.Helper()
	at := "http://" + d.ionosAt + "/cloudapi/v6/datacenters/" + server.Datacenter + "/servers/" + server.ID + act
	send(t, method, at, body, func(r *http.Request) { r.SetBasicAuth(d.user(replica), d.secret.password.Reveal()) })
}

// set asks Scalelite for a state as a replica does.
func (d *demo) set(t *testing.T, replica int, server sim.Reading, state string) {
	t.Helper()
	sum := outbound.SHA256.Sign("updateServer", "", d.secret.balancer[replica])
	send(t, http.MethodPost, d.scaleliteURL+"/scalelite/api/updateServer?checksum="+sum,
		`{"id": "`+server.BalancerID+`", "server": {"state": "`+state+`"}}`, func(*http.Request) {})
}

func send(t *testing.T, method, at, body string, edit func(*http.Request)) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	edit(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestStepsDoneTwiceAreSeenInTheRequestsToIONOSAndScalelite(t *testing.T) {
	const grown = `{"cores": 6, "ram": 8192}`
	tests := []struct {
		name string
		do   func(d *demo, on, off sim.Reading)
		want int
	}{
		{"both start a server", func(d *demo, _, off sim.Reading) {
			d.ask(t, 0, http.MethodPost, off, "/start", "")
			d.ask(t, 1, http.MethodPost, off, "/start", "")
		}, 1},
		{"one starts it, the other one sees it in the list", func(d *demo, _, off sim.Reading) {
			d.ask(t, 0, http.MethodPost, off, "/start", "")
			d.ask(t, 1, http.MethodGet, off, "", "")
		}, 0},
		{"both resize a server to the same size", func(d *demo, on, _ sim.Reading) {
			d.ask(t, 0, http.MethodPatch, on, "", grown)
			d.ask(t, 1, http.MethodPatch, on, "", grown)
		}, 1},
		{"both cordon a server", func(d *demo, on, _ sim.Reading) {
			d.set(t, 0, on, "cordon")
			d.set(t, 1, on, "cordon")
		}, 1},
		{"one cordons a server, the other one enables it", func(d *demo, on, _ sim.Reading) {
			d.set(t, 0, on, "cordon")
			d.set(t, 1, on, "enable")
		}, 0},
		{"the poller has undone what the other one repeats", func(d *demo, on, _ sim.Reading) {
			d.set(t, 0, on, "cordon")
			if err := d.world.Operator().SetState(on.Name, fleet.Enabled); err != nil {
				t.Fatal(err)
			}
			d.set(t, 1, on, "cordon")
		}, 0},
		{"the first login is refused", func(d *demo, _, off sim.Reading) {
			password := d.secret.password
			d.secret.password = "wrong"
			d.ask(t, 0, http.MethodPost, off, "/start", "")
			d.secret.password = password
			d.ask(t, 1, http.MethodPost, off, "/start", "")
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, on, off := pairOf(t)
			tt.do(d, on, off)
			if got := d.summary().StepsDoneTwice; got != tt.want {
				t.Errorf("steps done twice = %d, want %d: %+v", got, tt.want, d.replicas.changes.accepted)
			}
		})
	}
}

func TestTheSummaryTellsTheTakeovers(t *testing.T) {
	r := &replicas{}
	begun := time.Now()
	r.noted(func(f *Takeovers) { f.Kills = 2 })
	for _, tt := range []struct {
		before, now leaderSeen
		want        string
	}{
		{leaderSeen{leader: -1}, leaderSeen{leader: 0}, "bbb-scaler-1 leads, and the others stand by"},
		{leaderSeen{leader: 0, killed: true, at: begun}, leaderSeen{leader: 1, since: begun.Add(9300 * time.Millisecond)}, "bbb-scaler-2 leads, 9.3 s after the kill of bbb-scaler-1, which starts again"},
		{leaderSeen{leader: 1}, leaderSeen{leader: 0, since: begun.Add(time.Hour)}, "bbb-scaler-1 leads; bbb-scaler-2, which led before, was not killed"},
	} {
		if got := r.tookOver(tt.before, tt.now); got != tt.want {
			t.Errorf("line %q, want %q", got, tt.want)
		}
	}
	want := Takeovers{Kills: 2, Takeovers: 2, SecondsMax: 9.3}
	if got := *r.takeovers(); got != want {
		t.Errorf("takeovers = %+v, want %+v: the first leader took over from nobody", got, want)
	}
	r.unanswered(leaderSeen{leader: 0, killed: true, at: time.Now().Add(-time.Minute)})
	if got := r.takeovers().SecondsMax; got < 60 {
		t.Errorf("the longest takeover took %.1f s, want the minute since the kill that nobody has followed", got)
	}
	text := Summary{Takeovers: &want}.String()
	if line := "Takeovers: 2 after 2 kills of the daemon that led, at most 9.3 s of real time after the kill. Steps done twice: 0.\n"; !strings.HasSuffix(text, line) {
		t.Errorf("summary\n%s\nwant the last line\n%s", text, line)
	}
}
