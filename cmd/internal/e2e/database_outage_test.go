package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/store/postgrestest"
)

// outage is a time in which the database stores nothing.
type outage struct {
	name       string
	begin, end func()
	// delayed is set if some commits may still succeed when begin returns.
	delayed bool
}

// goesThrough lets the database fail while the daemons begin to want n servers in service,
// one more than there are, and checks what they do meanwhile and afterwards.
func (tw *twins) goesThrough(t *testing.T, o outage, n int) {
	t.Helper()
	o.begin()
	news := notification(tw.f.hosts[0])
	for i, d := range tw.daemons {
		until(t, 2*time.Minute, "503 for a notification", func() bool {
			code, _ := d.post(t, "/webhook", news)
			if code == http.StatusOK && !o.delayed {
				t.Fatalf("daemon %d accepted a notification that it cannot store", i)
			}
			return code == http.StatusServiceUnavailable
		})
		tw.raiseOne(t, d, n)
		until(t, 2*time.Minute, "the daemon to say that the store fails", func() bool { return d.says(t, i) })
	}
	tw.f.expect(t, map[string]int{"/start ": n - 3}) // none without a journal
	o.end()
	for _, d := range tw.daemons {
		until(t, 2*time.Minute, "the notification to be accepted", func() bool {
			code, _ := d.post(t, "/webhook", news)
			return code == http.StatusOK
		})
	}
	until(t, 2*time.Minute, "another server to be in service", func() bool { return tw.inService(t) == n })
	tw.f.expect(t, map[string]int{"/start ": n - 2, "enable": n - 2})
}

// inService returns how many servers are on and enabled.
func (tw *twins) inService(t *testing.T) (n int) {
	t.Helper()
	for i := range tw.f.hosts {
		if tw.f.is(t, i+1, fleet.PowerOn, fleet.Enabled) {
			n++
		}
	}
	return n
}

// says reports whether the daemon's API says that the store fails or that nobody leads, and
// fails if its page or its API do not answer.
func (d *daemon) says(t *testing.T, i int) bool {
	t.Helper()
	for _, path := range []string{"/", "/api/v1/alerts"} {
		if text, code := fetch(d.url(path)); code != http.StatusOK && code != 0 { // 0: too slow for this machine
			t.Errorf("daemon %d without a database: GET %s: %d %s", i, path, code, text)
		}
	}
	text, code := fetch(d.url("/api/v1/fleet"))
	return code == http.StatusOK && (strings.Contains(text, "the store cannot be written") || strings.Contains(text, `"leads":false`))
}

// unharmed checks the whole test: one daemon leads, and nothing but starts was done.
func (tw *twins) unharmed(t *testing.T, starts int) {
	t.Helper()
	until(t, 2*time.Minute, "one daemon to lead", func() bool { return tw.daemons[0].leads() != tw.daemons[1].leads() })
	tw.f.expect(t, map[string]int{"/start ": starts, "enable": starts, "/stop ": 0, "^PATCH": 0, "updateServer": starts})
	if n := tw.f.world.Figures().MeetingsEndedEarly; n != 0 {
		t.Errorf("%d meetings were ended", n)
	}
}

func TestPairGoesOnAfterEachOutageOfPostgreSQL(t *testing.T) {
	t.Parallel()
	primary := postgrestest.Start(t, "fsync=on")
	primary.Database("scaler", "")
	standby := primary.Standby(t)
	url := strings.Replace(primary.URL("scaler"), primary.Address(), primary.Address()+","+standby.Address(), 1) + "&target_session_attrs=read-write"
	readOnly := func(statements ...string) {
		primary.Exec(primary.URL("scaler"), append(statements, "select pg_reload_conf()")...)
	}
	tw := startTwinsOver(t, newFleet(t, 43, 6, 2), url)
	tw.f.meet(t, 1, "maths")
	tw.f.meet(t, 2, "music")
	for i, o := range []outage{
		{name: "restarted", begin: primary.Stop, end: primary.Start},
		{name: "killed", begin: primary.Kill, end: primary.Start},
		{name: "read-only", delayed: true,
			begin: func() { readOnly("alter system set default_transaction_read_only = on") },
			end: func() {
				readOnly("set default_transaction_read_only = off", "alter system reset default_transaction_read_only")
			}},
		{name: "failed over to its standby", begin: primary.Kill, end: standby.Promote},
	} {
		t.Run(o.name, func(t *testing.T) { tw.goesThrough(t, o, 3+i) })
	}
	tw.unharmed(t, 4)
}

func TestPairGoesOnAfterTheDiskOfPostgreSQLWasFull(t *testing.T) {
	t.Parallel()
	server := postgrestest.Start(t, "autovacuum=off") // which would give the space back
	url, resize := server.SmallDatabase("small", 20)
	tw := startTwinsOver(t, newFleet(t, 46, 3, 2), url)
	tw.f.meet(t, 1, "maths")
	tw.f.meet(t, 2, "music")
	fill := func() {
		server.Exec(url, "create table filler (text text)", `do $$ begin
			loop insert into filler values (repeat('x', 1000)); end loop;
			exception when disk_full then null; end $$`)
	}
	tw.goesThrough(t, outage{name: "full", begin: fill, end: func() { resize(200) }}, 3)
	tw.unharmed(t, 1)
}
