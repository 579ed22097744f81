package sim

import "time"

// BalancerConfig sets the balancer, with Scalelite 1.8.5's defaults.
type BalancerConfig struct {
	PollInterval       time.Duration // POLL_INTERVAL; default 60 s
	PollerThreads      int           // POLLER_THREADS; default 5
	PollerWait         time.Duration // POLLER_WAIT_TIMEOUT; default 10 s
	ConnectTimeout     time.Duration // CONNECT_TIMEOUT; default 5 s
	ResponseTimeout    time.Duration // RESPONSE_TIMEOUT; default 10 s
	Off                OffAnswer     // default OffRefuses
	UnhealthyThreshold int           // failed polls until offline; default 2
	HealthyThreshold   int           // good polls until online; default 1
	// CordonRace and EnableRace are the chances, from 0 to 1, that a cordon or
	// an enable collides with a poll. Default 0.
	CordonRace, EnableRace float64
}

// OffAnswer is what a connection to a machine that is off meets.
type OffAnswer string

// The answers. On one network with the balancer, or behind a router that tells,
// it is a refusal; packets that a firewall or an address without a machine
// swallows are the other.
const (
	OffRefuses OffAnswer = "refuse" // a refusal, at once
	OffSilent  OffAnswer = "silent" // nothing, until ConnectTimeout is over
)

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
