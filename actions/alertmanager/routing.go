package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"

	"github.com/prometheus/alertmanager/api/v2/client/general"
	"github.com/prometheus/alertmanager/matcher/compat"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Routing is to which receivers one Alertmanager sends alerts, by the
// configuration that its API shows.
type Routing struct {
	URL string // of the Alertmanager, without a password
	// Deliveries is zero if the Alertmanager does not show its metrics there.
	Deliveries Deliveries
	root       route
	receivers  map[string]Receiver
}

// Receiver is where the notifications of a route go.
type Receiver struct {
	Name     string    `yaml:"name"`
	Webhooks []Webhook `yaml:"webhook_configs"`
}

// Webhook is one address of a receiver.
type Webhook struct {
	// URL is "" if it is in a file, and Masked from Alertmanager 0.26 on.
	URL string `yaml:"url"`
	// Unresolved is set if the webhook does not hear of resolved alerts.
	Unresolved bool `yaml:"-"`
}

// Masked is what Alertmanager's API shows for a secret, such as a webhook's URL.
const Masked = "<secret>"

// UnmarshalYAML sets Unresolved for send_resolved: false.
func (w *Webhook) UnmarshalYAML(node *yaml.Node) error {
	type plain Webhook
	var sends struct {
		Resolved *bool `yaml:"send_resolved"`
	}
	err := errors.Join(node.Decode((*plain)(w)), node.Decode(&sends))
	w.Unresolved = sends.Resolved != nil && !*sends.Resolved
	return err
}

// Shown returns the URL without a password, and whether the API shows it.
func (w Webhook) Shown() (string, bool) {
	u, err := url.Parse(w.URL)
	if err != nil || w.URL == "" || w.URL == Masked {
		return "", false
	}
	return u.Redacted(), true
}

// Routings reads the configuration of every peer. Peers that do not answer, and
// whose configuration cannot be read, are in the error; the others are returned.
func (s *Source) Routings(ctx context.Context) ([]Routing, error) {
	all, errs := make([]Routing, len(s.peers)), make([]error, len(s.peers))
	var wg sync.WaitGroup
	for i, p := range s.peers {
		wg.Go(func() { all[i], errs[i] = s.routing(ctx, p) })
	}
	wg.Wait()
	return slices.DeleteFunc(all, func(r Routing) bool { return r.URL == "" }), errors.Join(errs...)
}

func (s *Source) routing(ctx context.Context, p peer) (Routing, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ok, err := p.general.GetStatus(general.NewGetStatusParamsWithContext(ctx))
	if err != nil {
		return Routing{}, fmt.Errorf("asking Alertmanager at %s for its configuration: %w", p.url, outbound.OneLine(err))
	}
	if ok.Payload == nil || ok.Payload.Config == nil || ok.Payload.Config.Original == nil {
		return Routing{}, fmt.Errorf("asking Alertmanager at %s for its configuration: the answer has none", p.url)
	}
	r, err := newRouting(*ok.Payload.Config.Original)
	if err != nil {
		return Routing{}, fmt.Errorf("reading the configuration of Alertmanager at %s: %w", p.url, outbound.OneLine(err))
	}
	r.URL = p.url
	r.Deliveries, _ = s.deliveries(ctx, p) // a proxy may show the API alone
	return r, nil
}

// newRouting reads a configuration. It takes what it does not know: the file was
// checked by an Alertmanager of another version.
func newRouting(text string) (Routing, error) {
	var c struct {
		Route     *route     `yaml:"route"`
		Receivers []Receiver `yaml:"receivers"`
	}
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		return Routing{}, err
	}
	if c.Route == nil {
		return Routing{}, errors.New("it has no route")
	}
	r := Routing{root: *c.Route, receivers: map[string]Receiver{}}
	for _, one := range c.Receivers {
		r.receivers[one.Name] = one
	}
	return r, nil
}

// Receivers returns the receivers of an alert with these labels, in the order of
// the routes that match.
func (r Routing) Receivers(alert map[string]string) (to []Receiver) {
	set := model.LabelSet{}
	for name, value := range alert {
		set[model.LabelName(name)] = model.LabelValue(value)
	}
	for _, name := range r.root.match(set, "") {
		one := r.receivers[name]
		one.Name = name
		to = append(to, one)
	}
	return to
}

// route is a route of Alertmanager's configuration, which decides as
// dispatch.Route does. That package would bring every kind of notifier with it.
type route struct {
	receiver string
	matchers labels.Matchers
	goesOn   bool // further routes of the same level may match too
	routes   []route
}

// UnmarshalYAML takes all three forms of matchers.
func (r *route) UnmarshalYAML(node *yaml.Node) error {
	var c struct {
		Receiver string            `yaml:"receiver"`
		Match    map[string]string `yaml:"match"`
		MatchRE  map[string]string `yaml:"match_re"`
		Matchers []string          `yaml:"matchers"`
		Continue bool              `yaml:"continue"`
		Routes   []route           `yaml:"routes"`
	}
	if err := node.Decode(&c); err != nil {
		return err
	}
	var errs []error
	add := func(errors ...error) { errs = append(errs, errors...) }
	for kind, pairs := range map[labels.MatchType]map[string]string{labels.MatchEqual: c.Match, labels.MatchRegexp: c.MatchRE} {
		for name, value := range pairs {
			m, err := labels.NewMatcher(kind, name, value)
			add(err)
			r.matchers = append(r.matchers, m)
		}
	}
	parse := compat.FallbackMatchersParser(slog.New(slog.DiscardHandler))
	for _, line := range c.Matchers {
		some, err := parse(line, "config")
		add(err)
		r.matchers = append(r.matchers, some...)
	}
	r.receiver, r.goesOn, r.routes = c.Receiver, c.Continue, c.Routes
	return errors.Join(errs...)
}

// match returns the receivers of the deepest routes that match; a route without a
// receiver has that of the route above.
func (r route) match(alert model.LabelSet, above string) (receivers []string) {
	if !r.matchers.Matches(alert) {
		return nil
	}
	if r.receiver != "" {
		above = r.receiver
	}
	for _, below := range r.routes {
		found := below.match(alert, above)
		receivers = append(receivers, found...)
		if found != nil && !below.goesOn {
			break
		}
	}
	if len(receivers) == 0 {
		return []string{above}
	}
	return receivers
}
