package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/bbb"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// links are the connections to other systems. They can be replaced while in use,
// so that new credentials need no restart.
type links struct {
	options outbound.Options
	now     atomic.Pointer[clients]

	mu   sync.Mutex  // one replacement at a time
	file config.File // of the clients
}

// clients are the connections of one configuration.
type clients struct {
	cloud    fleet.Cloud
	balancer fleet.Balancer
	meetings fleet.Meetings
	alerts   fleet.AlertSource
}

func connect(f config.File, metrics prometheus.Registerer, log *slog.Logger) (*links, error) {
	l := &links{options: outbound.Options{Registerer: metrics, Log: log}}
	return l, l.replace(f)
}

// replace replaces the connections by those of f, or none of them on an error.
func (l *links) replace(f config.File) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.replaceLocked(f)
}

func (l *links) replaceLocked(f config.File) error {
	var c clients
	var errs [4]error
	c.cloud, errs[0] = ionos.New(f.IONOS, l.options)
	c.meetings, errs[1] = bbb.New(f.BBB, l.options)
	c.balancer, c.alerts = noBalancer{}, noAlertmanager{}
	if f.Scalelite.URL != "" {
		c.balancer, errs[2] = scalelite.New(f.Scalelite, l.options)
	}
	if len(f.Alertmanager.URLs) > 0 {
		c.alerts, errs[3] = alertmanager.New(f.Alertmanager, l.options)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	l.now.Store(&c)
	l.file = f
	return nil
}

// deps returns the dependencies of the scaler.
func (l *links) deps(store fleet.Store, log *slog.Logger, metrics prometheus.Registerer) actions.Deps {
	d := actions.Deps{
		Cloud: cloud{l}, Balancer: balancer{l}, Meetings: meetings{l}, Store: store, Log: log, Metrics: metrics,
		Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
	}
	if _, none := l.now.Load().alerts.(noAlertmanager); !none {
		d.Alerts = alerts{l}
	}
	return d
}

type cloud struct{ *links }

func (c cloud) Servers(ctx context.Context, datacenter string) ([]fleet.CloudServer, error) {
	return read(c.links, func(now *clients) ([]fleet.CloudServer, error) { return now.cloud.Servers(ctx, datacenter) })
}
func (c cloud) Server(ctx context.Context, s fleet.ServerRef) (fleet.CloudServer, error) {
	return c.now.Load().cloud.Server(ctx, s)
}
func (c cloud) Start(ctx context.Context, s fleet.ServerRef) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Start(ctx, s) })
}
func (c cloud) Stop(ctx context.Context, s fleet.ServerRef) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Stop(ctx, s) })
}
func (c cloud) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Resize(ctx, s, to) })
}
func (c cloud) Request(ctx context.Context, id string) (fleet.RequestStatus, error) {
	return read(c.links, func(now *clients) (fleet.RequestStatus, error) { return now.cloud.Request(ctx, id) })
}
func (c cloud) Contract(ctx context.Context) (fleet.Contract, error) {
	return read(c.links, func(now *clients) (fleet.Contract, error) { return now.cloud.Contract(ctx) })
}

type balancer struct{ *links }

func (b balancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	return read(b.links, func(now *clients) ([]fleet.BalancerServer, error) { return now.balancer.Servers(ctx) })
}
func (b balancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	return read(b.links, func(now *clients) (fleet.BalancerServer, error) { return now.balancer.Server(ctx, id) })
}
func (b balancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	_, err := write(b.links, func(now *clients) (struct{}, error) { return struct{}{}, now.balancer.SetState(ctx, id, to) })
	return err
}

type meetings struct{ *links }

func (m meetings) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	return m.now.Load().meetings.Meetings(ctx, s)
}

type alerts struct{ *links }

func (a alerts) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	return read(a.links, func(now *clients) ([]fleet.Alert, error) { return now.alerts.Alerts(ctx) })
}

// noBalancer is the balancer when no Scalelite is configured. It is never called.
type noBalancer struct{ fleet.Balancer }

// noAlertmanager is the alert source when no Alertmanager is configured.
type noAlertmanager struct{}

var errNoAlertmanager = errors.New("alertmanager.urls is not set")

func (noAlertmanager) Alerts(context.Context) ([]fleet.Alert, error) { return nil, errNoAlertmanager }
