package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/alertmanager/cluster"
	"github.com/prometheus/alertmanager/notify"
	prom "github.com/prometheus/client_golang/prometheus"
)

// ClusterConfig makes an Alertmanager one of a cluster.
type ClusterConfig struct {
	Listen    string // --cluster.listen-address
	Advertise string // --cluster.advertise-address
	Peer      string // --cluster.peer
	// Speed divides the server's default intervals, such as --cluster.peer-timeout.
	Speed float64
}

// The server's defaults, before they are divided by the speed.
const (
	peerTimeout      = 15 * time.Second
	reconnectTimeout = 6 * time.Hour
)

// leastInterval bounds a divided interval, so that gossip takes no core of its own.
const leastInterval = 20 * time.Millisecond

func (c ClusterConfig) shorter(d time.Duration) time.Duration {
	return max(leastInterval, time.Duration(float64(d)/c.Speed))
}

// member is an Alertmanager's membership of a cluster; without a peer it is alone.
type member struct {
	cfg  ClusterConfig
	peer *cluster.Peer
}

// newMember opens the addresses of the cluster; states must be added before run.
func newMember(c *ClusterConfig, log *slog.Logger, registry prom.Registerer) (member, error) {
	if c == nil {
		return member{}, nil
	}
	peer, err := cluster.Create(log, registry, c.Listen, c.Advertise, []string{c.Peer}, true,
		c.shorter(cluster.DefaultPushPullInterval), c.shorter(cluster.DefaultGossipInterval), c.shorter(cluster.DefaultTCPTimeout),
		c.shorter(cluster.DefaultResolvePeersTimeout), c.shorter(cluster.DefaultProbeTimeout), c.shorter(cluster.DefaultProbeInterval),
		nil, false, "", "")
	if err != nil {
		return member{}, fmt.Errorf("opening the cluster's address %s: %w", c.Listen, err)
	}
	return member{*c, peer}, nil
}

// timeout is the time for one notification.
func (m member) timeout(d time.Duration) time.Duration { return max(d, notify.MinTimeout) + m.wait() }

// wait is how long to leave a notification to the peers before this one.
func (m member) wait() time.Duration {
	if m.peer == nil {
		return 0
	}
	return time.Duration(m.peer.Position()) * m.cfg.shorter(peerTimeout)
}

// settled is what notifications wait for, or nil without a cluster.
func (m member) settled() notify.Peer {
	if m.peer == nil {
		return nil
	}
	return m.peer
}

// listed is what the API tells of the cluster, or nil without one.
func (m member) listed() cluster.ClusterPeer {
	if m.peer == nil {
		return nil
	}
	return m.peer
}

// share has the peers share a state, which they call by a key.
func (m member) share(key string, s interface {
	cluster.State
	SetBroadcast(func([]byte))
}, registry prom.Registerer) {
	if m.peer != nil {
		s.SetBroadcast(m.peer.AddState(key, s, registry).Broadcast)
	}
}

// run is a member of the cluster until ctx is done. The peer may come later.
func (m member) run(ctx context.Context, log *slog.Logger) {
	if m.peer == nil {
		return
	}
	if err := m.peer.Join(m.cfg.shorter(cluster.DefaultReconnectInterval), reconnectTimeout); err != nil {
		log.Debug("joining the cluster", "error", err)
	}
	settle, stop := context.WithTimeout(ctx, m.cfg.shorter(cluster.DefaultPushPullInterval))
	m.peer.Settle(settle, 10*m.cfg.shorter(cluster.DefaultGossipInterval))
	stop()
	<-ctx.Done()
	if err := m.peer.Leave(time.Second); err != nil {
		log.Debug("leaving the cluster", "error", err)
	}
}
