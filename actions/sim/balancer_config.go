package sim

import "time"

// BalancerConfig configures the simulated Scalelite. The names in capitals are
// Scalelite's variables; the defaults are those of Scalelite 1.8.5.
type BalancerConfig struct {
	PollInterval       time.Duration // POLL_INTERVAL; default 60 s
	PollerThreads      int           // POLLER_THREADS; default 5
	PollerWait         time.Duration // POLLER_WAIT_TIMEOUT; default 10 s
	ConnectTimeout     time.Duration // CONNECT_TIMEOUT; default 5 s
	ResponseTimeout    time.Duration // RESPONSE_TIMEOUT; default 10 s
	Off                OffAnswer     // default OffRefuses
	UnhealthyThreshold int           // failed polls until offline; default 2
	HealthyThreshold   int           // good polls until online; default 1
	// CordonRace and EnableRace are the probabilities, from 0 to 1, that a cordon
	// or an enable collides with a poll. Default 0.
	CordonRace, EnableRace float64
}

// OffAnswer is how the network answers a connection to a machine that is off.
type OffAnswer string

// The values of OffAnswer. A router on the network refuses the connection. With a
// firewall that drops packets, there is no answer.
const (
	OffRefuses OffAnswer = "refuse" // refused immediately
	OffSilent  OffAnswer = "silent" // no answer until ConnectTimeout is over
)

// DefaultBalancer returns the configuration with all defaults.
func DefaultBalancer() BalancerConfig { return BalancerConfig{}.withDefaults() }

func (c BalancerConfig) withDefaults() BalancerConfig {
	or(&c.PollInterval, time.Minute)
	or(&c.PollerThreads, 5)
	or(&c.PollerWait, 10*time.Second)
	or(&c.ConnectTimeout, 5*time.Second)
	or(&c.ResponseTimeout, 10*time.Second)
	or(&c.Off, OffRefuses)
	or(&c.UnhealthyThreshold, 2)
	or(&c.HealthyThreshold, 1)
	return c
}
