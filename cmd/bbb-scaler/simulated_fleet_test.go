package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/rules"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// The secrets of the simulated fleet; none may ever be shown.
const (
	ionosToken   = "ionos-hush-2837465"
	balancerPass = "balancer-hush-918273"
	serverSecret = "server-hush-564738"
	promToken    = "prometheus-hush-657483"
	alertPass    = "alertmanager-hush-102938"
	webToken     = "web-hush-475869"
)

const dc = "9f6dd2dd-15ba-4ae1-8f6c-1f3f4c1f6b7d"

// fakeFleet is a simulation whose cloud, balancer and servers a daemon reaches over
// HTTP. A minute of it takes a second.
type fakeFleet struct {
	sim                                        *sim.World
	ionos, scalelite, alertmanager, prometheus string
}

func newFleet(t *testing.T, servers, running int) *fakeFleet {
	t.Helper()
	bbbs, err := net.Listen("tcp", "0.0.0.0:0") // every server has a loopback address of its own
	if err != nil {
		t.Fatal(err)
	}
	each := simhttp.Loopback(bbbs.Addr().(*net.TCPAddr).Port)
	w := sim.New(sim.Config{
		Servers: servers, Running: running, Datacenters: []string{dc}, BlockOnHang: true,
		Each: func(i int, s *sim.ServerSpec) {
			each(i, s)
			s.Secret = serverSecret
			s.HotPlug = fleet.HotPlug{CPU: true, RAM: true}
		},
	})
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	bbb := &httptest.Server{Listener: bbbs, Config: &http.Server{Handler: bbbtest.New(bbbtest.Config{World: w})}}
	bbb.Start()
	t.Cleanup(bbb.Close)
	t.Cleanup(pass(w))
	f := &fakeFleet{
		sim:          w,
		ionos:        serve(ionostest.New(ionostest.Config{World: w, Token: ionosToken})),
		scalelite:    serve(scalelitetest.New(scalelitetest.Config{World: w, Secret: balancerPass, Host: "127.0.0.1"})),
		alertmanager: serve(noAlerts{}),
	}
	f.prometheus = serve(scraping{w, func() string { return f.digest(t) }})
	return f
}

// pass advances the simulation until stop is called.
func pass(w *sim.World) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				w.Run(1200 * time.Millisecond)
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// config is a daemon's configuration for the fleet, with intervals that suit the
// speed of the simulation.
func (f *fakeFleet) config() string {
	return fmt.Sprintf(`
fleet: {evaluation_interval: 500ms, busy_interval: 200ms, debounce_quiet: 50ms, debounce_max: 200ms, datacenters: [%s]}
capacity: {min_active: 1}
ionos: {url: %q, token: %s}
scalelite: {url: %q, secret: %s, poll_interval: 1s}
alertmanager: {urls: [%q], username: am, password: %s}
prometheus: {url: %q, bearer_token: %s}
`, dc, f.ionos, ionosToken, f.scalelite, balancerPass, f.alertmanager, alertPass, f.prometheus, promToken)
}

// digest is that of the rules that the configuration gives.
func (f *fakeFleet) digest(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "bbb-scaler.yml")
	if err := os.WriteFile(path, []byte(f.config()), 0o600); err != nil {
		t.Error(err)
	}
	file, err := config.Load(path, nil)
	if err != nil {
		t.Error(err)
	}
	digest, err := generate.Digest(file.Rules, file.RuleInput())
	if err != nil {
		t.Error(err)
	}
	return digest
}

// notifiedOnly is config without an Alertmanager to read, so that alerts come
// from notifications only.
func (f *fakeFleet) notifiedOnly() string {
	return strings.Replace(f.config(), "urls: [", "urls: [], receiver: \"\", filter: [] } #", 1)
}

// noAlerts is an Alertmanager without alerts.
type noAlerts struct{}

func (noAlerts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pass, _ := r.BasicAuth(); pass != alertPass {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, "[]")
}

// scraping is a Prometheus that has loaded the rules and scrapes the servers that
// run.
type scraping struct {
	sim    *sim.World
	digest func() string // of the rules
}

func (p scraping) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+promToken:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"status":"error","errorType":"unauthorized","error":"unauthorized"}`)
	case r.URL.Path == "/api/v1/rules":
		fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"name":"g","file":"f","interval":30,"rules":[%s]}]}}`, p.rules())
	case strings.HasPrefix(r.FormValue("query"), "up{"):
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"any"},"values":[[1800000000,"1"],[1800000030,"1"]]}]}}`)
	case strings.HasPrefix(r.FormValue("query"), "count("), strings.HasPrefix(r.FormValue("query"), "max("+rules.MetricBrakes):
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	case r.FormValue("query") == "time()":
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"scalar","result":[%d,"%[1]d"]}}`, time.Now().Unix())
	default:
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, p.samples())
	}
}

// rules are those that the configuration gives, and the record of their
// digest.
func (p scraping) rules() string {
	var text strings.Builder
	text.WriteString(fmt.Sprintf(`{"type":"recording","name":%q,"query":"vector(1)","labels":{"fleet":"bbb","digest":%q},"health":"ok"}`, rules.RecordRules, p.digest()))
	for name := range rules.Meanings() {
		text.WriteString(fmt.Sprintf(`,{"type":"alerting","name":%q,"query":"1","duration":60,"labels":{},"annotations":{},"alerts":[],"health":"ok"}`, name))
	}
	return text.String()
}

func (p scraping) samples() (text string) {
	for _, s := range p.sim.Servers() {
		if s.Addr.IsValid() && s.Power == fleet.PowerOn {
			if text != "" {
				text += ","
			}
			text += fmt.Sprintf(`{"metric":{"instance":"%s:9100"},"value":[1800000000,"1"]}`, s.Addr)
		}
	}
	return text
}

// eventually waits until ok holds, and fails after a time that is much longer
// than that should take.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	give := time.After(60 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-give:
			t.Fatalf("still not: %s", what)
		}
	}
}
