package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/alertmanager"
	"github.com/bbb-scaler/bbb-scaler/actions/bbb"
	"github.com/bbb-scaler/bbb-scaler/actions/calendar"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/ionos"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

// links holds the clients of the other systems: IONOS, Scalelite, BigBlueButton,
// Alertmanager and calendars. The clients can be replaced while they are in use, so that new
// credentials need no restart.
type links struct {
	options outbound.Options
	now     atomic.Pointer[clients] // the present clients

	mu   sync.Mutex  // held during a replacement
	file config.File // the configuration of the present clients
}

// clients are the clients of one configuration.
type clients struct {
	cloud     fleet.Cloud
	balancer  fleet.Balancer
	meetings  fleet.Meetings
	alerts    fleet.AlertSource
	calendars fleet.Calendars
}

// connect returns the clients of a configuration. It makes no call.
func connect(f config.File, metrics prometheus.Registerer, log *slog.Logger) (*links, error) {
	l := &links{options: outbound.Options{Registerer: metrics, Log: log}}
	return l, l.replace(f)
}

// replace replaces all clients by those of f. After an error, the old clients stay
// in use.
func (l *links) replace(f config.File) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.replaceLocked(f)
}

// replaceLocked is replace for a caller that holds mu.
func (l *links) replaceLocked(f config.File) error {
	var c clients
	var errs [5]error
	c.cloud, errs[0] = ionos.New(f.IONOS, l.options)
	c.meetings, errs[1] = bbb.New(f.BBB, l.options)
	c.balancer, c.alerts = noBalancer{}, noAlertmanager{}
	if f.Scalelite.URL != "" {
		c.balancer, errs[2] = scalelite.New(f.Scalelite, l.options)
	}
	if len(f.Alertmanager.URLs) > 0 {
		c.alerts, errs[3] = alertmanager.New(f.Alertmanager, l.options)
	}
	c.calendars, errs[4] = calendar.New(f.Actions.Capacity.Calendars, l.options)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	l.now.Store(&c)
	l.file = f
	return nil
}

// configuration returns the configuration of the present clients.
func (l *links) configuration() config.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file
}

// storeTimeout is the longest time that a change waits for the store.
const storeTimeout = 2 * time.Second

// deps returns the dependencies of the scaler, which always use the present
// clients.
func (l *links) deps(store fleet.Store, log *slog.Logger, metrics prometheus.Registerer) actions.Deps {
	d := actions.Deps{
		Cloud: cloud{l}, Balancer: balancer{l}, Meetings: meetings{l}, Calendars: calendars{l}, Store: store, StoreTimeout: storeTimeout, Log: log, Metrics: metrics,
		Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
	}
	if _, none := l.now.Load().alerts.(noAlertmanager); !none {
		d.Alerts = alerts{l}
	}
	return d
}

// cloud implements fleet.Cloud with the present client of IONOS.
type cloud struct{ *links }

// Servers lists the servers of a datacenter.
func (c cloud) Servers(ctx context.Context, datacenter string) ([]fleet.CloudServer, error) {
	return read(c.links, func(now *clients) ([]fleet.CloudServer, error) { return now.cloud.Servers(ctx, datacenter) })
}

// Server reads one server. It runs before a change, so it is not repeated with new
// credentials.
func (c cloud) Server(ctx context.Context, s fleet.ServerRef) (fleet.CloudServer, error) {
	return c.now.Load().cloud.Server(ctx, s)
}

// Start starts a server and returns the id of the request.
func (c cloud) Start(ctx context.Context, s fleet.ServerRef) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Start(ctx, s) })
}

// Stop stops a server and returns the id of the request.
func (c cloud) Stop(ctx context.Context, s fleet.ServerRef) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Stop(ctx, s) })
}

// Resize changes the size of a server and returns the id of the request.
func (c cloud) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (string, error) {
	return write(c.links, func(now *clients) (string, error) { return now.cloud.Resize(ctx, s, to) })
}

// Request reads the status of a request.
func (c cloud) Request(ctx context.Context, id string) (fleet.RequestStatus, error) {
	return read(c.links, func(now *clients) (fleet.RequestStatus, error) { return now.cloud.Request(ctx, id) })
}

// Contract reads the limits of the contract.
func (c cloud) Contract(ctx context.Context) (fleet.Contract, error) {
	return read(c.links, func(now *clients) (fleet.Contract, error) { return now.cloud.Contract(ctx) })
}

// balancer implements fleet.Balancer with the present client of Scalelite.
type balancer struct{ *links }

// Servers lists the servers in Scalelite.
func (b balancer) Servers(ctx context.Context) ([]fleet.BalancerServer, error) {
	return read(b.links, func(now *clients) ([]fleet.BalancerServer, error) { return now.balancer.Servers(ctx) })
}

// Server reads one server in Scalelite.
func (b balancer) Server(ctx context.Context, id string) (fleet.BalancerServer, error) {
	return read(b.links, func(now *clients) (fleet.BalancerServer, error) { return now.balancer.Server(ctx, id) })
}

// SetState enables, cordons or disables a server in Scalelite.
func (b balancer) SetState(ctx context.Context, id string, to fleet.BalancerState) error {
	_, err := write(b.links, func(now *clients) (struct{}, error) { return struct{}{}, now.balancer.SetState(ctx, id, to) })
	return err
}

// meetings implements fleet.Meetings with the present client of BigBlueButton.
type meetings struct{ *links }

// Meetings counts the meetings and participants of a server.
func (m meetings) Meetings(ctx context.Context, s fleet.BalancerServer) (fleet.MeetingCount, error) {
	return m.now.Load().meetings.Meetings(ctx, s)
}

// alerts implements fleet.AlertSource with the present client of Alertmanager.
type alerts struct{ *links }

// Alerts lists the active alerts of Alertmanager.
func (a alerts) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	return read(a.links, func(now *clients) ([]fleet.Alert, error) { return now.alerts.Alerts(ctx) })
}

// calendars implements fleet.Calendars with the present client.
type calendars struct{ *links }

// Read reads a calendar.
func (c calendars) Read(ctx context.Context, name string, zone *time.Location, now time.Time) (fleet.Feed, error) {
	return read(c.links, func(present *clients) (fleet.Feed, error) { return present.calendars.Read(ctx, name, zone, now) })
}

// noBalancer is the balancer when no Scalelite is configured. It is never called.
type noBalancer struct{ fleet.Balancer }

// noAlertmanager is the alert source when no Alertmanager is configured.
type noAlertmanager struct{}

var errNoAlertmanager = errors.New("alertmanager.urls is not set")

// Alerts returns errNoAlertmanager.
func (noAlertmanager) Alerts(context.Context) ([]fleet.Alert, error) { return nil, errNoAlertmanager }
