package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// World is a simulated cloud, balancer and fleet. New creates it.
type World struct {
	cfg Config

	mu      sync.Mutex
	now     time.Duration // since cfg.Start
	queue   queue
	random  *rand.Rand
	servers []*server
	byName  map[string]*server // by name, cloud id, balancer id, host, BBB URL and address
	dcs     map[string]*datacenter
	dcNames []string

	cloud    cloudState
	balancer balancerState
	meetings map[string]*meeting
	nextID   int
	faults   []*Fault
	figures  Figures
	switches []Switch
	calls    map[string]int
}

// datacenter is a datacenter of the cloud.
type datacenter struct {
	id      string
	servers []*server
	freeAt  time.Duration // when the last change of a serial datacenter ends
}

// New returns the World that cfg describes, at the time cfg.Start and after the first
// poll of the balancer.
func New(cfg Config) *World {
	cfg = cfg.withDefaults()
	w := &World{
		cfg: cfg, random: rand.New(rand.NewPCG(cfg.Seed, 0)),
		byName: map[string]*server{}, dcs: map[string]*datacenter{}, dcNames: cfg.Datacenters, meetings: map[string]*meeting{}, calls: map[string]int{},
	}
	w.cloud = newCloudState(cfg.Cloud)
	w.balancer.byID, w.balancer.records = map[string]*member{}, map[string]*member{}
	for _, id := range cfg.Datacenters {
		w.dcs[id] = &datacenter{id: id}
	}
	for i := 1; i <= cfg.Servers; i++ {
		w.add(i, cfg.spec(i))
	}
	for _, m := range w.balancer.members {
		w.polled(m, w.answer(m.s) == bbbAnswers)
	}
	w.after(draw(w.random, Span{time.Second, cfg.Balancer.PollInterval}), w.polls)
	return w
}

// Now returns the simulated time.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg.Start.Add(w.now)
}

// Start returns the simulated time at which the World began, Config.Start.
func (w *World) Start() time.Time { return w.cfg.Start }

// Load returns the model of the servers' load.
func (w *World) Load() LoadModel { return w.cfg.Load }

// Datacenters returns the datacenters' ids.
func (w *World) Datacenters() []string { return w.dcNames }

// Advance runs all events up to the time to, in the order of their times, and sets the
// simulated time to it. A time in the past changes nothing.
func (w *World) Advance(to time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := to.Sub(w.cfg.Start)
	for w.queue.due(end) {
		e := w.queue.pop()
		w.now = max(w.now, e.at)
		w.run(e)
	}
	w.now = max(w.now, end)
}

// Run advances the simulated time by d.
func (w *World) Run(d time.Duration) { w.Advance(w.Now().Add(d)) }

// run runs an event, without the lock if it is outside.
func (w *World) run(e event) {
	if e.outside {
		w.mu.Unlock()
		defer w.mu.Lock()
	}
	e.do()
}

// At calls f when the simulated time reaches t. f may call any method except
// Advance and Run.
func (w *World) At(t time.Time, f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.push(event{at: max(w.now, t.Sub(w.cfg.Start)), do: f, outside: true})
}

// after schedules f after d, with the lock held.
func (w *World) after(d time.Duration, f func()) {
	w.queue.push(event{at: w.now + d, do: f})
}

// Resolve returns the addresses of a host name as the fleet's DNS does. It resolves the
// hosts of the servers' BigBlueButton URLs, and literal addresses. Any other host gives a
// *net.DNSError.
func (w *World) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.byName[host]
	if s == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{s.spec.Addr}, nil
}

// find returns a server by name, cloud id, balancer id, host, BigBlueButton
// URL or address.
func (w *World) find(name string) (*server, error) {
	if s := w.byName[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no server %q in the simulated world", name)
}

// draw returns a random duration from span. Each server has its own random sequence, so
// that events on one server do not change the durations of another.
func draw(r *rand.Rand, span Span) time.Duration {
	if span.Max <= span.Min {
		return span.Min
	}
	return span.Min + time.Duration(r.Int64N(int64(span.Max-span.Min)+1))
}

// uuid returns the fixed UUID of the nth object of a kind.
func uuid(kind string, n int) string {
	h := sha256.Sum256(fmt.Append(nil, kind, n))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// hostOf returns the host of a URL, or "" if it is not a URL.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
