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
	"sync"
	"time"

	runtime "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/client"
	"github.com/prometheus/alertmanager/api/v2/client/alertgroup"
	"github.com/prometheus/alertmanager/api/v2/client/general"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Source implements fleet.AlertSource for all peers of one Alertmanager cluster. It is
// safe for concurrent use.
type Source struct {
	peers    []peer
	http     *http.Client
	filter   []string
	receiver *string
	timeout  time.Duration
	log      *slog.Logger

	mu      sync.Mutex
	failing map[string]bool // peers whose last call failed, so that only changes are logged
	blind   map[string]bool // peers whose answers do not show which alerts are muted
}

var _ fleet.AlertSource = (*Source)(nil)

// peer is one Alertmanager.
type peer struct {
	url     string
	api     alertgroup.ClientService
	general general.ClientService
	metrics string // URL of its own metrics
}

// New returns a source. c must be valid and have at least one URL, and the files that it
// names must have been read into Password and BearerToken. New makes no calls. It
// returns an error if CAFile cannot be used.
func New(c Config, o outbound.Options) (*Source, error) {
	base, err := o.Connect(outbound.Connections{CAFile: c.CAFile})
	if err != nil {
		return nil, fmt.Errorf("alertmanager: %w", err)
	}
	s := &Source{filter: c.Filter, timeout: c.RequestTimeout, log: o.Logger(), failing: map[string]bool{}, blind: map[string]bool{}}
	if c.Receiver != "" {
		s.receiver = &c.Receiver
	}
	t := &transport{base: base, authorize: login(c), metrics: outbound.NewMetrics(o.Registerer, "alertmanager")}
	s.http = outbound.NewClient(t)
	for _, text := range c.URLs {
		u, err := url.Parse(text)
		if err != nil {
			return nil, errors.New("alertmanager.urls has an entry that is not a URL")
		}
		api := newAPI(u, t)
		s.peers = append(s.peers, peer{u.Redacted(), api.Alertgroup, api.General, u.JoinPath("metrics").String()})
	}
	return s, nil
}

// newAPI returns Alertmanager's client for one peer.
func newAPI(u *url.URL, t http.RoundTripper) *client.AlertmanagerAPI {
	rt := runtime.NewWithClient(u.Host, path.Join(u.Path, "/api/v2"), []string{u.Scheme}, outbound.NewClient(t))
	rt.Debug = false // DEBUG or SWAGGER_DEBUG in the environment would print all bodies
	return client.New(rt, strfmt.Default)
}

// login returns a function that adds the configured headers and credentials to a
// request.
func login(c Config) func(*http.Request) {
	token, user, password := c.BearerToken.Reveal(), c.Username, c.Password.Reveal()
	return func(req *http.Request) {
		for name, value := range c.Headers {
			req.Header.Set(name, value)
		}
		switch {
		case token != "":
			req.Header.Set("Authorization", "Bearer "+token)
		case user != "":
			req.SetBasicAuth(user, password)
		}
	}
}

// Alerts implements fleet.AlertSource. It returns the union of the peers' alerts, by
// fingerprint. Prometheus sends every alert to each peer, so that the answer of one peer
// is a complete list. Failures of single peers are logged and counted; Alerts returns an
// error only if all peers fail.
func (s *Source) Alerts(ctx context.Context) ([]fleet.Alert, error) {
	lists, errs := s.ask(ctx)
	union := entries{}
	for i, groups := range lists {
		s.note(s.peers[i].url, errs[i])
		held, told := entriesOf(groups)
		if !told {
			s.noteBlind(s.peers[i].url)
		}
		union.addPeer(held)
	}
	if err := errors.Join(errs...); err != nil && !slices.Contains(errs, nil) {
		return nil, err
	}
	return union.alerts(), nil
}

// Blind returns the URLs of the peers whose answers do not show which alerts a mute or
// active time interval mutes, as those of Alertmanager before 0.28. Alerts that such a
// peer mutes count as firing.
func (s *Source) Blind() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.blind))
}

// ask reads the alerts of all peers concurrently. For each peer, either the groups or
// the error is set.
func (s *Source) ask(ctx context.Context) (lists []models.AlertGroups, errs []error) {
	lists, errs = make([]models.AlertGroups, len(s.peers)), make([]error, len(s.peers))
	var wg sync.WaitGroup
	for i, p := range s.peers {
		wg.Go(func() { lists[i], errs[i] = s.read(ctx, p) })
	}
	wg.Wait()
	return lists, errs
}

// read reads the alerts of one peer, by group.
func (s *Source) read(ctx context.Context, p peer) (models.AlertGroups, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	params := alertgroup.NewGetAlertGroupsParamsWithContext(ctx).WithFilter(s.filter).WithReceiver(s.receiver)
	ok, err := p.api.GetAlertGroups(params)
	if err == nil && ok.Payload == nil {
		err = errors.New("the list is null")
	}
	if err != nil {
		return nil, fmt.Errorf("asking Alertmanager at %s for its alerts: %w", p.url, outbound.OneLine(err))
	}
	return ok.Payload, nil
}

// note logs when the calls to a peer begin to fail, and when they succeed again.
func (s *Source) note(url string, err error) {
	s.mu.Lock()
	was := s.failing[url]
	s.failing[url] = err != nil
	s.mu.Unlock()
	switch {
	case err != nil && !was:
		s.log.Warn("Alertmanager peer does not answer; the alerts of the other peers are used", "peer", url, "error", err)
	case err == nil && was:
		s.log.Info("Alertmanager peer answers again", "peer", url)
	}
}

// noteBlind logs once that the answers of a peer do not show which alerts are muted.
func (s *Source) noteBlind(url string) {
	s.mu.Lock()
	was := s.blind[url]
	s.blind[url] = true
	s.mu.Unlock()
	if !was {
		s.log.Warn("Alertmanager before 0.28 does not show which alerts its time intervals mute; they count as firing", "peer", url)
	}
}
