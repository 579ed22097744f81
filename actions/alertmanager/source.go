package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	runtime "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client"
	"github.com/prometheus/alertmanager/api/v2/client/alert"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/rules"
)

// Source reads the alerts of all peers of one Alertmanager. It is safe for
// concurrent use.
type Source struct {
	peers    []peer
	filter   []string
	receiver *string
	timeout  time.Duration
	log      *slog.Logger

	mu      sync.Mutex
	failing map[string]bool // peers that failed last time, so that each change is logged once
}

var _ fleet.AlertSource = (*Source)(nil)

// peer is one Alertmanager.
type peer struct {
	url string
	api alert.ClientService
}

// New returns a source for a configuration that is valid, has at least one URL
// and its secrets read. It makes no call.
func New(c Config, o outbound.Options) (*Source, error) {
	base, err := o.Connect(outbound.Connections{CAFile: c.CAFile})
	if err != nil {
		return nil, fmt.Errorf("alertmanager: %w", err)
	}
	s := &Source{filter: c.Filter, timeout: c.RequestTimeout, log: o.Logger(), failing: map[string]bool{}}
	if c.Receiver != "" {
		s.receiver = &c.Receiver
	}
	t := &transport{base: base, authorize: login(c), metrics: outbound.NewMetrics(o.Registerer, "alertmanager")}
	for _, text := range c.URLs {
		u, err := url.Parse(text)
		if err != nil {
			return nil, errors.New("alertmanager.urls holds what is not a URL")
		}
		s.peers = append(s.peers, peer{u.Redacted(), newAPI(u, t)})
	}
	return s, nil
}

func newAPI(u *url.URL, t http.RoundTripper) alert.ClientService {
	rt := runtime.NewWithClient(u.Host, path.Join(u.Path, "/api/v2"), []string{u.Scheme}, outbound.NewClient(t))
	rt.Debug = false // the environment (DEBUG, SWAGGER_DEBUG) would have it print all bodies
	return client.New(rt, strfmt.Default).Alert
}

// login returns what adds the configured credentials to a request.
func login(c Config) func(*http.Request) {
	token, user, password := c.BearerToken.Reveal(), c.Username, c.Password.Reveal()
	return func(req *http.Request) {
		switch {
		case token != "":
			req.Header.Set("Authorization", "Bearer "+token)
		case user != "":
			req.SetBasicAuth(user, password)
		}
	}
}

// Alerts implements fleet.AlertSource: the union of what the peers hold, by
// fingerprint. Peers share silences and notifications but not alerts, and
// Prometheus sends every alert to each of them; so one answer is the whole
// list, and complete enough to drop what it lacks. Peers that fail are logged
// and counted; only when all do is there an error, and no list.
func (s *Source) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	now := time.Now()
	lists, errs := s.ask(ctx)
	union := map[string]entry{}
	for i, list := range lists {
		s.note(s.peers[i].url, errs[i])
		for _, a := range list {
			merge(union, entryOf(a, now))
		}
	}
	if err := errors.Join(errs...); err != nil && !slices.Contains(errs, nil) {
		return nil, err
	}
	alerts := make([]fleet.Alert, 0, len(union))
	for _, fingerprint := range slices.Sorted(maps.Keys(union)) {
		alerts = append(alerts, union[fingerprint].alert)
	}
	return alerts, nil
}

// ask asks all peers at once; either the list or the error of each is set.
func (s *Source) ask(ctx context.Context) (lists []models.GettableAlerts, errs []error) {
	lists, errs = make([]models.GettableAlerts, len(s.peers)), make([]error, len(s.peers))
	var wg sync.WaitGroup
	for i, p := range s.peers {
		wg.Go(func() { lists[i], errs[i] = s.read(ctx, p) })
	}
	wg.Wait()
	return lists, errs
}

func (s *Source) read(ctx context.Context, p peer) (models.GettableAlerts, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	params := alert.NewGetAlertsParamsWithContext(ctx).WithFilter(s.filter).WithReceiver(s.receiver)
	ok, err := p.api.GetAlerts(params)
	if err == nil && ok.Payload == nil {
		err = errors.New("the list is null")
	}
	if err != nil {
		return nil, fmt.Errorf("asking Alertmanager at %s for its alerts: %w", p.url, outbound.OneLine(err))
	}
	return ok.Payload, nil
}

// note logs when a peer begins or ceases to fail.
func (s *Source) note(url string, err error) {
	s.mu.Lock()
	was := s.failing[url]
	s.failing[url] = err != nil
	s.mu.Unlock()
	switch {
	case err != nil && !was:
		s.log.Warn("an Alertmanager does not answer; the others count", "peer", url, "error", err)
	case err == nil && was:
		s.log.Info("an Alertmanager answers again", "peer", url)
	}
}

// entry is an alert, and when its Alertmanager last heard of it.
type entry struct {
	alert   fleet.Alert
	updated time.Time
}

// merge adds an alert that another peer may have given already: the newer copy
// counts, for its annotations; a silence counts that only one of them knows yet.
func merge(union map[string]entry, e entry) {
	if e.alert.Fingerprint == "" {
		return
	}
	if have, ok := union[e.alert.Fingerprint]; ok {
		suppressed := have.alert.Suppressed || e.alert.Suppressed
		if !e.updated.After(have.updated) {
			e = have
		}
		e.alert.Suppressed = suppressed
	}
	union[e.alert.Fingerprint] = e
}

func entryOf(a *models.GettableAlert, now time.Time) entry {
	if a == nil {
		return entry{}
	}
	return entry{alert: AlertOf(a, now), updated: timeOf(a.UpdatedAt)}
}

// AlertOf returns an alert that Alertmanager's API listed at now. The API lists
// firing alerts only; their endsAt is when Alertmanager would forget them, and
// is left out.
func AlertOf(a *models.GettableAlert, now time.Time) fleet.Alert {
	out := fleet.Alert{
		Name: a.Labels[rules.LabelAlert], Labels: a.Labels, Annotations: a.Annotations, SeenAt: now,
		StartsAt: timeOf(a.StartsAt), Suppressed: a.Status != nil && a.Status.State != nil && *a.Status.State == models.AlertStatusStateSuppressed,
	}
	if a.Fingerprint != nil {
		out.Fingerprint = strings.TrimSpace(*a.Fingerprint)
	}
	return out
}

func timeOf(t *strfmt.DateTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Time(*t)
}
