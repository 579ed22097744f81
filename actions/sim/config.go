package sim

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Config describes a World at its start. A field that is zero has the default
// that its comment states; the zero Config has no servers.
type Config struct {
	Seed  uint64
	Start time.Time // default 2026-03-02 00:00 UTC, a Monday

	Servers     int
	Running     int      // number of servers that are on and enabled, from the first; the others are off and disabled
	Datacenters []string // UUIDs; server i is in number i modulo their count. Default: two
	Size        fleet.Size
	// Pools are groups of servers that share a tag in the balancer: the first
	// Pools[0].Servers servers are the first pool, and so on. Those that are left
	// over have no tag. Servers is at least the sum of all pools.
	Pools []Pool
	// Each changes one server's description before it is built; i counts from 1.
	Each func(i int, s *ServerSpec)

	Cloud    CloudConfig
	Balancer BalancerConfig
	Load     LoadModel
	Prices   Prices
	// Overload is the CPU or memory workload above which the participants of a
	// server count as overloaded. Default 0.85 each, the maximum thresholds
	// of the shipped configuration.
	Overload Workload

	// RejoinAfter is the time after which people try again when a create or a join
	// failed or their meeting broke off. Default 1 min (assumption).
	RejoinAfter time.Duration
	// FillStep is the interval at which people join a meeting that fills. Default
	// 20 s (assumption).
	FillStep time.Duration
	// BlockOnHang makes direct calls that a Fault lets hang wait for the end of
	// their context, as over a network. Otherwise they return
	// context.DeadlineExceeded at once, which virtual time needs.
	BlockOnHang bool
}

// ServerSpec describes one server at the start.
type ServerSpec struct {
	Name       string // default bbb-server<i>
	Datacenter string
	Addr       netip.Addr // default in 198.18.0.0/15, the range for benchmarks
	URL        string     // of its BigBlueButton API; default https://bbb-<i>.bbb.example.org/bigbluebutton/api
	Secret     fleet.Secret
	Size       fleet.Size // default 2 cores, 8192 MiB
	HotPlug    fleet.HotPlug
	Template   string // Cube or GPU; empty for a server that can be resized
	Running    bool
	Private    netip.Addr // a second address, which is reserved; default none
	// DynamicAddr is set when the address is not reserved: a stop releases it, the
	// next start assigns another, and DNS keeps the old one.
	DynamicAddr bool
	// Unregistered servers are unknown to the balancer.
	Unregistered bool
	State        fleet.BalancerState // default Enabled when running, else Disabled
	Multiplier   float64             // of the balancer's load; default 1
	// Tag reserves the server for meetings with this tag; empty for meetings without
	// a tag.
	Tag string
	// Version is the version that BigBlueButton reports; default 3.0.4. Empty means
	// that it reports none.
	Version string
}

// Span is a range of durations, from which one is drawn with uniform probability.
type Span struct{ Min, Max time.Duration }

// CloudConfig configures the properties of the cloud that its documentation does
// not state. All durations are assumptions; none was measured on IONOS.
type CloudConfig struct {
	Start  Span // from the request until the machine runs; default 30–90 s
	Stop   Span // default 10–30 s
	Resize Span // default 10–30 s
	System Span // from running until the exporters answer; default 10–20 s
	BBB    Span // from running until BigBlueButton answers; default 60–120 s
	// Serial makes changes in one datacenter run one after the other.
	Serial bool
	Busy   BusyAnswer // default BusyQueues
	Cold   ColdResize // default ColdReboots
	// RateLimit is the allowed average number of calls per minute; default 0, no limit.
	// RateBurst is the number of calls allowed at the same time; default 10.
	RateLimit, RateBurst int
	// PerServer limits the size of one server; default 62 cores, 240 GiB (assumption).
	// PerContract limits the total size of the servers that are on; the default is more
	// than any simulated fleet needs.
	PerServer, PerContract fleet.Size
	// ContractRefuses answers a write beyond the contract with 422 at once;
	// otherwise it is accepted and ends FAILED.
	ContractRefuses bool
}

// BusyAnswer is the cloud's answer to a change of a server that has another one
// pending.
type BusyAnswer string

// The values of BusyAnswer. IONOS documents that changes are queued; users report the
// others.
const (
	BusyQueues BusyAnswer = "queue" // accepted, carried out after the pending one
	Busy422    BusyAnswer = "422"   // refused with status 422
	Busy423    BusyAnswer = "423"   // refused with status 423
)

// ColdResize is the effect of a resize that needs a reboot on a running server:
// any decrease, and growth without the hot-plug flag.
type ColdResize string

// The values of ColdResize. The behaviour of IONOS was not measured; the default is the
// worst.
const (
	ColdReboots ColdResize = "reboot" // the server is reset, and its meetings end
	ColdRejects ColdResize = "reject" // refused with status 422
	ColdSilent  ColdResize = "silent" // carried out without an effect on the operating system
	ColdIgnored ColdResize = "ignore" // reported as done, but nothing changes
)

// Prices are the prices of servers that are switched on.
type Prices struct {
	Currency string  // such as EUR; default none
	CoreHour float64 // default 0.02 (assumption)
	GiBHour  float64 // default 0.005 (assumption)
}

// Workload is the share of a server's CPU time and memory in use, each from 0 to
// 1.
type Workload struct{ CPU, Memory float64 }

// Of returns the price of an hour of so many cores and GiB of RAM, or that of as many
// core-hours and GiB-hours.
func (p Prices) Of(cores, gib float64) float64 { return cores*p.CoreHour + gib*p.GiBHour }

// DefaultPrices returns the prices that the simulation uses by default.
func DefaultPrices() Prices { return Prices{CoreHour: 0.02, GiBHour: 0.005} }

func (c Config) withDefaults() Config {
	or(&c.Start, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	or(&c.Size, fleet.Size{Cores: 2, RAM: 8192})
	or(&c.RejoinAfter, time.Minute)
	or(&c.FillStep, 20*time.Second)
	or(&c.Overload, Workload{0.85, 0.85})
	or(&c.Prices, DefaultPrices())
	or(&c.Load, DefaultLoad())
	c.Servers = max(c.Servers, c.pooled())
	if len(c.Datacenters) == 0 {
		c.Datacenters = []string{uuid("datacenter", 1), uuid("datacenter", 2)}
	}
	c.Cloud = c.Cloud.withDefaults()
	c.Balancer = c.Balancer.withDefaults()
	return c
}

// DefaultCloud returns the configuration with all defaults.
func DefaultCloud() CloudConfig { return CloudConfig{}.withDefaults() }

func (c CloudConfig) withDefaults() CloudConfig {
	or(&c.Start, Span{30 * time.Second, 90 * time.Second})
	or(&c.Stop, Span{10 * time.Second, 30 * time.Second})
	or(&c.Resize, Span{10 * time.Second, 30 * time.Second})
	or(&c.System, Span{10 * time.Second, 20 * time.Second})
	or(&c.BBB, Span{60 * time.Second, 120 * time.Second})
	or(&c.Busy, BusyQueues)
	or(&c.Cold, ColdReboots)
	or(&c.RateBurst, 10)
	or(&c.PerServer, fleet.Size{Cores: 62, RAM: 240 << 10})
	or(&c.PerContract, fleet.Size{Cores: 1 << 20, RAM: 1 << 30})
	return c
}

// spec returns the description of server i, counted from 1.
func (c Config) spec(i int) ServerSpec {
	n := i - 1
	s := ServerSpec{
		Name:       fmt.Sprintf("bbb-server%d", i),
		Datacenter: c.Datacenters[n%len(c.Datacenters)],
		Addr:       netip.AddrFrom4([4]byte{198, 18, byte(n / 250), byte(n%250 + 1)}),
		URL:        fmt.Sprintf("https://bbb-%d.bbb.example.org/bigbluebutton/api", i),
		Secret:     fleet.Secret(fmt.Sprintf("bbb-secret-%d", i)),
		Size:       c.Size,
		HotPlug:    fleet.HotPlug{CPU: true, RAM: true},
		Running:    i <= c.Running,
		Multiplier: 1,
		Version:    "3.0.4",
	}
	if p, nth := c.poolOf(n); p != nil {
		s.Tag, s.Running = p.Tag, s.Running || nth < p.Running
	}
	if c.Each != nil {
		c.Each(i, &s)
	}
	if s.State == "" {
		s.State = fleet.Disabled
		if s.Running {
			s.State = fleet.Enabled
		}
	}
	return s
}

// or sets *v to def when it is zero.
func or[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
