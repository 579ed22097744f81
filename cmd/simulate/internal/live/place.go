package live

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos/ionostest"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite/scalelitetest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/exportertest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
)

// place is everything that listens, and what it needs to be reached.
type place struct {
	world   *sim.World
	dir     string
	speed   float64
	secret  secrets
	targets string // by what the exporters are scraped

	bbb, node, exporter          []net.Listener // one a server
	ionosAt, daemonAt            string         // host:port
	prometheusAt, alertmanagerAt string
	scaleliteURL                 string
	pollInterval                 time.Duration // Scalelite's, of the wall's time

	prometheus   *monitor.Prometheus
	alertmanager *monitor.Alertmanager
	servers      []*http.Server
	clock        *clock
	steps        map[string]int // that came true, by kind

	balancer *balancer // nil: the world's own
	guests   *guests   // of that
}

// secrets are made up for one run.
type secrets struct{ password, balancer, exporter fleet.Secret }

func newSecret() fleet.Secret { return fleet.Secret(rand.Text()[:16]) }

// Users of the throw-away credentials.
const (
	ionosUser    = "demo"
	exporterUser = "prometheus"
)

func newPlace(cfg Config, dir string) (*place, error) {
	p := &place{dir: dir, speed: cfg.Speed, targets: cfg.Targets, steps: map[string]int{}, secret: secrets{newSecret(), newSecret(), newSecret()}}
	err := p.build(cfg)
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *place) build(cfg Config) error {
	var err error
	exporters := simhttp.Addr
	if cfg.Targets == TargetsPrivate {
		exporters = simhttp.PrivateAddr
	}
	for list, addr := range map[*[]net.Listener]func(int) netip.Addr{&p.bbb: simhttp.Addr, &p.node: exporters, &p.exporter: exporters} {
		if *list, err = listenEach(cfg.Servers, addr); err != nil {
			return err
		}
	}
	p.world = sim.New(sim.Config{
		Servers: cfg.Servers, Running: floor, Start: beginAt(cfg.Speed),
		// Stated in the answers' headers, as IONOS does, and more than the daemon
		// needs at any speed: the true limit is not documented.
		Cloud: sim.CloudConfig{RateLimit: 60000, RateBurst: 1000},
		Each: func(i int, s *sim.ServerSpec) {
			s.Name, s.Addr, s.Private = serverName(i), simhttp.Addr(i), simhttp.PrivateAddr(i)
			s.URL = "http://" + p.bbb[i-1].Addr().String() + "/bigbluebutton/api"
			s.Unregistered = cfg.Scalelite != nil
		},
	})
	p.clock = newClock(p.world, cfg.Speed)
	bbb := bbbtest.Config{World: p.world}
	if cfg.Scalelite != nil {
		bbb.Clock = p.clock.wall // Scalelite compares createTime with its own clock
	}
	p.serve(bbbtest.New(bbb), p.bbb...)
	exporter := exportertest.Config{World: p.world, User: exporterUser, Password: p.secret.exporter}
	p.serve(slowed(exportertest.Node(exporter), cfg.Speed), p.node...)
	p.serve(exportertest.BBB(exporter), p.exporter...)
	if p.ionosAt, err = p.listen(ionostest.New(ionostest.Config{World: p.world, User: ionosUser, Password: p.secret.password})); err != nil {
		return err
	}
	if err = p.balance(cfg); err != nil {
		return err
	}
	if p.daemonAt, err = freePort(); err != nil {
		return err
	}
	return p.monitors(cfg)
}

// balance builds the simulated Scalelite, or prepares for the real one.
func (p *place) balance(cfg Config) (err error) {
	if cfg.Scalelite == nil {
		at, err := p.listen(scalelitetest.New(scalelitetest.Config{World: p.world, Secret: p.secret.balancer}))
		p.scaleliteURL, p.pollInterval = "http://"+at, p.shorter(time.Minute)
		return err
	}
	if p.balancer, err = newBalancer(*cfg.Scalelite); err != nil {
		return err
	}
	p.scaleliteURL, p.pollInterval = p.balancer.URL, p.balancer.PollInterval
	p.secret.balancer = p.balancer.Secret
	p.guests = newGuests(p.balancer, p.clock)
	return nil
}

// monitors builds Alertmanager and Prometheus from the generated files.
func (p *place) monitors(cfg Config) error {
	var err error
	if p.alertmanagerAt, err = freePort(); err != nil {
		return err
	}
	s, err := p.settings()
	if err != nil {
		return err
	}
	for name, text := range s.files {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	p.alertmanager, err = monitor.NewAlertmanager(monitor.AlertmanagerConfig{
		Config: s.alertmanager, ExternalURL: "http://" + p.alertmanagerAt, Logger: cfg.Log,
	})
	if err != nil {
		return err
	}
	if err := p.listenAt(p.alertmanagerAt, p.alertmanager.Handler()); err != nil {
		return err
	}
	if p.prometheusAt, err = freePort(); err != nil {
		return err
	}
	p.prometheus, err = monitor.NewPrometheus(monitor.PrometheusConfig{
		Config: s.prometheus, Dir: p.dir, Lookback: p.shorter(lookback), ResendDelay: p.shorter(resendDelay),
		ExternalURL: "http://" + p.prometheusAt, Logger: cfg.Log,
	})
	if err != nil {
		return err
	}
	return p.listenAt(p.prometheusAt, p.prometheus.Handler())
}

// serverName is the name of the ith server at IONOS, counted from 1.
func serverName(i int) string { return fmt.Sprintf("bbb-server%d", i) }

// listenEach opens a port on an address of each server.
func listenEach(n int, addr func(i int) netip.Addr) ([]net.Listener, error) {
	var all []net.Listener
	for i := range n {
		l, err := net.Listen("tcp", net.JoinHostPort(addr(i+1).String(), "0"))
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil, listenError(addr(i+1).String(), err)
		}
		all = append(all, l)
	}
	return all, nil
}

// listenError adds what to do where only 127.0.0.1 is the machine itself.
func listenError(addr string, err error) error {
	if runtime.GOOS == "linux" {
		return fmt.Errorf("listening on %s: %w", addr, err)
	}
	return fmt.Errorf("listening on %s: %w (each simulated server has a loopback address of its own; on macOS: sudo ifconfig lo0 alias %s)", addr, err, addr)
}

// listen serves h on a free port of 127.0.0.1.
func (p *place) listen(h http.Handler) (at string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p.serve(h, l)
	return l.Addr().String(), nil
}

func (p *place) listenAt(at string, h http.Handler) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	p.serve(h, l)
	return nil
}

// freePort finds a port for something that opens it itself.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (p *place) serve(h http.Handler, on ...net.Listener) {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)} // what breaks off when the demo ends is no news
	p.servers = append(p.servers, s)
	for _, l := range on {
		go func() { _ = s.Serve(l) }() // ends with Close
	}
}

// close ends everything that listens.
func (p *place) close() {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.Close())
	}
	for _, list := range [][]net.Listener{p.bbb, p.node, p.exporter} {
		for _, l := range list {
			errs = append(errs, l.Close())
		}
	}
	_ = errors.Join(errs...) // closed twice, or never served
}
