package live

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/bbb/bbbtest"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/exportertest"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
)

// demo holds all servers of the demo, with their addresses and credentials.
type demo struct {
	world   *sim.World
	dir     string
	speed   float64
	secret  secrets
	targets string      // Config.Targets
	file    config.File // before it is made faster
	seed    uint64
	prices  sim.Prices
	own     bool   // the daemon is run by the demo
	hung    string // name of the server that hangs in the story

	bbb, node, exporter          []net.Listener // one for each server
	ionosAt                      string         // host:port
	daemonAt                     []string       // one for each replica
	prometheusAt, alertmanagerAt []string       // one, or a pair
	scaleliteURL                 string
	pollInterval                 time.Duration // poll interval of Scalelite, in real time

	network      network
	prometheus   []*monitor.Prometheus
	alertmanager []*monitor.Alertmanager
	servers      []*http.Server
	clock        *clock
	steps        map[string]int // number of steps that were done, by kind

	balancer *balancer // the real Scalelite; nil if it is simulated
	users    *users    // create the meetings in balancer

	replicas *replicas // nil for one daemon
	log      *slog.Logger
}

// secrets are generated for each run.
type secrets struct {
	password, exporter fleet.Secret
	balancer           []fleet.Secret // one for each replica
}

func newSecret() fleet.Secret { return fleet.Secret(rand.Text()[:16]) }

// User names; their passwords are generated for each run.
const (
	ionosUser    = "demo"
	exporterUser = "prometheus"
)

func newDemo(cfg Config, dir string) (*demo, error) {
	d := &demo{
		dir: dir, speed: cfg.Speed, targets: cfg.Targets, file: fileOf(cfg), seed: cfg.Seed, prices: cfg.World.Prices, own: cfg.Daemon != nil, log: cfg.Log,
		network: network{seed: cfg.CutLinks}, steps: map[string]int{},
		secret: secrets{password: newSecret(), exporter: newSecret()},
	}
	err := d.daemons(cfg.Replicas)
	if err == nil {
		err = d.build(cfg)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *demo) build(cfg Config) error {
	var err error
	exporters := simhttp.Addr
	if cfg.Targets == TargetsPrivate {
		exporters = simhttp.PrivateAddr
	}
	for list, addr := range map[*[]net.Listener]func(int) netip.Addr{&d.bbb: simhttp.Addr, &d.node: exporters, &d.exporter: exporters} {
		if *list, err = listenEach(cfg.Servers, addr); err != nil {
			return err
		}
	}
	d.world = sim.New(sim.Config{
		Seed: cfg.Seed, Servers: cfg.Servers, Running: floor, Start: beginAt(cfg.Speed), Overload: d.overload(),
		Load: cfg.World.Load, Cloud: limited(cfg.World.Cloud), Balancer: cfg.World.Balancer, Prices: cfg.World.Prices,
		Each: func(i int, s *sim.ServerSpec) {
			s.Name, s.Addr, s.Private = serverName(i), simhttp.Addr(i), simhttp.PrivateAddr(i)
			s.URL = "http://" + d.bbb[i-1].Addr().String() + "/bigbluebutton/api"
			s.Unregistered = cfg.Scalelite != nil
		},
	})
	for _, f := range cfg.Faults {
		d.world.Inject(f)
	}
	d.clock = newClock(d.world, cfg.Speed)
	bbb := bbbtest.Config{World: d.world}
	if cfg.Scalelite != nil {
		bbb.Clock = d.clock.wall // Scalelite compares createTime with its own clock
	}
	d.serve(bbbtest.New(bbb), d.bbb...)
	exporter := exportertest.Config{World: d.world, User: exporterUser, Password: d.secret.exporter}
	d.serve(slowed(exportertest.Node(exporter), cfg.Speed), d.node...)
	d.serve(exportertest.BBB(exporter), d.exporter...)
	if d.ionosAt, err = d.listen(d.cloud()); err != nil {
		return err
	}
	if err = d.balance(cfg); err != nil {
		return err
	}
	return d.monitors(cfg)
}

// limited returns the cloud with a rate limit, which the headers of its answers state.
// That of a world without one is higher than the daemon needs at any speed: IONOS does
// not document its limit.
func limited(c sim.CloudConfig) sim.CloudConfig {
	if c.RateLimit == 0 {
		c.RateLimit, c.RateBurst = 60000, 1000
	}
	return c
}

// overload returns the workload above which a server counts as overloaded: the
// maximum thresholds.
func (d *demo) overload() sim.Workload {
	t := d.file.Actions.Thresholds
	return sim.Workload{CPU: t.CPU.Max, Memory: t.Memory.Max}
}

// balance builds the simulated Scalelite, or the client of the real one.
func (d *demo) balance(cfg Config) (err error) {
	if cfg.Scalelite == nil {
		at, err := d.listen(d.scalelite())
		d.scaleliteURL, d.pollInterval = "http://"+at, d.shorter(cfg.World.Balancer.PollInterval)
		return err
	}
	if d.balancer, err = newBalancer(*cfg.Scalelite); err != nil {
		return err
	}
	d.scaleliteURL, d.pollInterval = d.balancer.URL, d.balancer.PollInterval
	d.secret.balancer = []fleet.Secret{d.balancer.Secret}
	d.users = newUsers(d.balancer, d.clock)
	return nil
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

// listenError adds what to do on systems where only 127.0.0.1 is a loopback address.
func listenError(addr string, err error) error {
	if runtime.GOOS == "linux" {
		return fmt.Errorf("listening on %s: %w", addr, err)
	}
	return fmt.Errorf("listening on %s: %w (each simulated server has a loopback address of its own; on macOS: sudo ifconfig lo0 alias %s)", addr, err, addr)
}

// listen serves h on a free port of 127.0.0.1.
func (d *demo) listen(h http.Handler) (at string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	d.serve(h, l)
	return l.Addr().String(), nil
}

func (d *demo) listenAt(at string, h http.Handler) error {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return err
	}
	d.serve(h, l)
	return nil
}

// freePort returns an address with a free port, for a server that opens it later.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (d *demo) serve(h http.Handler, on ...net.Listener) {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)} // connections that end with the demo are no errors
	d.servers = append(d.servers, s)
	for _, l := range on {
		go func() { _ = s.Serve(l) }() // ends with Close
	}
}

// close closes all listeners.
func (d *demo) close() {
	var errs []error
	for _, s := range d.servers {
		errs = append(errs, s.Close())
	}
	for _, list := range [][]net.Listener{d.bbb, d.node, d.exporter} {
		for _, l := range list {
			errs = append(errs, l.Close())
		}
	}
	errs = append(errs, d.network.close())
	_ = errors.Join(errs...) // a listener may be closed twice
}
