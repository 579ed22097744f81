package live

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/actions/scalelite"
	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Scalelite is a running Scalelite to use instead of the simulated one. It must
// run on this machine, since the simulated servers listen on loopback, and have
// no servers of its own, since it gets the demo's meetings.
type Scalelite struct {
	URL          string
	Secret       fleet.Secret  // LOADBALANCER_SECRET
	PollInterval time.Duration // its POLL_INTERVAL
}

// base returns the address without the path of an API.
func (s Scalelite) base() string {
	base := strings.TrimRight(s.URL, "/")
	for _, path := range []string{"/scalelite/api", "/bigbluebutton/api"} {
		base = strings.TrimSuffix(base, path)
	}
	return base
}

// Validate returns an error that names every invalid value by its flag.
func (s Scalelite) Validate() error {
	var p refuse.Problems
	p.URL("--scalelite.url", s.URL)
	p.Positive("--scalelite.poll-interval", s.PollInterval)
	p.Require(s.Secret != "", "--scalelite.secret", nil, "be Scalelite's LOADBALANCER_SECRET; set it or the variable of that name")
	return errors.Join(p...)
}

// maxAnswer is the maximum size of an answer of Scalelite, in bytes.
const maxAnswer = 1 << 20

// balancer is a client of a running Scalelite for what the demo does and the daemon
// never does: adding and deleting servers, and creating meetings.
type balancer struct {
	Scalelite
	http   *http.Client
	client *scalelite.Client
	urls   map[string]bool // URLs of the demo's servers
}

func newBalancer(s Scalelite) (*balancer, error) {
	s.URL = s.base()
	cfg := scalelite.Defaults()
	cfg.URL, cfg.Secret = s.URL, s.Secret
	client, err := scalelite.New(cfg, outbound.Options{})
	if err != nil {
		return nil, err
	}
	transport, err := outbound.Connections{MaxPerHost: atOnce}.Transport()
	if err != nil {
		return nil, err
	}
	b := &balancer{Scalelite: s, http: outbound.NewClient(transport), client: client, urls: map[string]bool{}}
	b.http.Timeout = cfg.RequestTimeout
	return b, nil
}

// register adds all servers, and enables those that run.
func (b *balancer) register(ctx context.Context, servers []sim.Reading) error {
	present, err := b.client.Servers(ctx)
	if err != nil {
		return err
	}
	if len(present) > 0 {
		return fmt.Errorf("the Scalelite at %s has %d servers already, the first at %s: need one without, since the demo holds its meetings there; delete them with rake servers:remove, or start another Scalelite",
			b.URL, len(present), present[0].URL)
	}
	for _, s := range servers {
		id, err := b.add(ctx, s)
		if err == nil && s.Power == fleet.PowerOn {
			err = b.client.SetState(ctx, id, fleet.Enabled)
		}
		if err != nil {
			return fmt.Errorf("registering %s: %w", s.Name, err)
		}
	}
	return nil
}

// attempts is the number of calls of addServer for one server: Scalelite refuses
// one of several writers at times.
const attempts = 3

// add adds a server. When the result of a call is unknown, it reads the list.
func (b *balancer) add(ctx context.Context, s sim.Reading) (id string, err error) {
	b.urls[s.URL] = true
	var added struct {
		ID string `json:"id"`
	}
	body := map[string]any{"server": map[string]any{"url": s.URL, "secret": s.Secret.Reveal()}}
	for range attempts {
		if err = b.post(ctx, "addServer", body, &added); err == nil && added.ID != "" {
			return added.ID, nil
		}
		present, listed := b.client.Servers(ctx)
		if listed != nil {
			return "", errors.Join(err, listed)
		}
		for _, p := range present {
			if p.URL == s.URL {
				return p.ID, nil
			}
		}
	}
	return "", cmp.Or(err, errors.New("addServer answered without an id"))
}

// leave ends the meetings on the demo's servers and deletes these from Scalelite.
func (b *balancer) leave(ctx context.Context) error {
	present, err := b.client.Servers(ctx)
	errs := []error{err}
	for _, s := range present {
		if !b.urls[s.URL] {
			continue
		}
		errs = append(errs, b.clear(ctx, s.ID), b.post(ctx, "deleteServer", map[string]any{"id": s.ID}, nil))
	}
	return errors.Join(errs...)
}

// panics is the maximum number of calls of panicServer for one server: each call may
// fail because of another meeting that has ended.
const panics = 50

// clear ends the meetings on a server. If a meeting has ended since the last poll,
// Scalelite answers 400, forgets that meeting and leaves the others, so that the
// call is repeated.
func (b *balancer) clear(ctx context.Context, id string) (err error) {
	for range panics {
		if err = b.post(ctx, "panicServer", map[string]any{"id": id}, nil); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// post makes a call of Scalelite's own API, whose bodies are not signed.
func (b *balancer) post(ctx context.Context, action string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	address := b.URL + "/scalelite/api/" + action + "?checksum=" + outbound.SHA256.Sign(action, "", b.Secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	answer, err := b.do(req, action)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s answered %s", action, outbound.Brief(string(answer)))
	}
	return nil
}

// do makes a call. An XML answer with FAILED is an error for every status code.
func (b *balancer) do(req *http.Request, action string) ([]byte, error) {
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", action, b.URL, plain(err))
	}
	defer resp.Body.Close()
	answer, err := outbound.ReadBody(resp, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", action, b.URL, err)
	}
	var said struct {
		Returncode string `xml:"returncode"`
		Key        string `xml:"messageKey"`
		Message    string `xml:"message"`
	}
	_ = xml.Unmarshal(answer, &said) // an answer in JSON leaves it empty
	if resp.StatusCode/100 != 2 || said.Returncode == "FAILED" {
		return nil, fmt.Errorf("%s at %s answered %s: %s", action, b.URL, resp.Status,
			cmp.Or(strings.TrimSpace(said.Key+" "+said.Message), outbound.Brief(string(answer))))
	}
	return answer, nil
}

// plain removes the address, which is signed, from an error of http.Client.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// create creates a meeting as a learning platform does. Its simulated people are
// described in its metadata, which Scalelite passes on.
func (b *balancer) create(ctx context.Context, id string, m sim.MeetingSpec) error {
	query := meetingQuery(id, m)
	address := b.URL + "/bigbluebutton/api/create?" + query + "&checksum=" + outbound.SHA256.Sign("create", query, b.Secret)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := b.do(req, "create")
	if err == nil && !bytes.Contains(answer, []byte("SUCCESS")) {
		err = fmt.Errorf("create answered %s", outbound.Brief(string(answer)))
	}
	return err
}

// takes returns the URLs of the servers on which Scalelite places meetings:
// those that are enabled, online, and have a load, which its poller writes.
func (b *balancer) takes(ctx context.Context) (map[string]bool, error) {
	present, err := b.client.Servers(ctx)
	takes := map[string]bool{}
	for _, s := range present {
		if s.State == fleet.Enabled && s.Online && s.LoadKnown {
			takes[s.URL] = true
		}
	}
	return takes, err
}

// pollsAwaited is how many polls a server may take until meetings are placed on
// it. About three are usual: a poll under way when it was enabled, one that finds
// it online, and one that writes its load. The others are a margin.
const pollsAwaited = 6

// patience returns the maximum time that awaitOnline waits.
func (b *balancer) patience() time.Duration { return pollsAwaited * b.PollInterval }

// awaitOnline waits until Scalelite places meetings on all of the servers. It
// returns nil when ctx is done, and an error when Scalelite's poller has not
// found them in time.
func (b *balancer) awaitOnline(ctx context.Context, servers []sim.Reading) error {
	for end := time.Now().Add(b.patience()); ; {
		takes, err := b.takes(ctx)
		missing := slices.DeleteFunc(slices.Clone(servers), func(s sim.Reading) bool { return takes[s.URL] })
		switch {
		case ctx.Err() != nil || err == nil && len(missing) == 0:
			return nil
		case time.Now().Before(end):
			wait(ctx, b.PollInterval/4)
		case err != nil:
			return fmt.Errorf("waiting for the polls of Scalelite: %w", err)
		default:
			return fmt.Errorf("the Scalelite at %s does not report %d of %d running servers as online with a load after %s, six poll intervals (the first is %s): "+
				"its poller is not running or does not reach the simulated servers on loopback; start it on this machine with rake poll:all in a loop, or state its POLL_INTERVAL with --scalelite.poll-interval",
				b.URL, len(missing), len(servers), b.patience(), missing[0].URL)
		}
	}
}

var _ io.Closer = (*balancer)(nil)

// Close closes the idle connections.
func (b *balancer) Close() error {
	b.http.CloseIdleConnections()
	return nil
}
