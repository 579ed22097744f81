package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/leader"
	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
	"github.com/bbb-scaler/bbb-scaler/receiver"
)

// parts is what scales: a Scaler that is alone with its store, or the member of a pair.
type parts struct {
	scaler interface {
		receiver.Scaler
		reloadable
	}
	run   func(context.Context) error
	close func() error // of the store

	// Of a member; nil otherwise.
	now      func() time.Time // the clock of the store
	leader   func() *url.URL
	peers    http.RoundTripper
	stepDown func() error
}

// parts opens the store and returns what scales, which does nothing yet. published is
// called in each cycle with the status.
func (o *options) parts(ctx context.Context, file config.File, l *links, published func(fleet.Status), metrics prometheus.Registerer, log *slog.Logger) (parts, error) {
	if o.storage.shared() {
		return o.pairParts(ctx, file, l, published, metrics, log)
	}
	opened, err := o.storage.openFile(log)
	if err != nil {
		return parts{}, err
	}
	deps := l.deps(opened, log, metrics)
	deps.Published = published
	s, err := actions.New(file.Actions, deps)
	if err != nil {
		return parts{}, errors.Join(err, opened.Close())
	}
	return parts{scaler: s, run: s.Run, close: opened.Close}, nil
}

// pairParts is parts with a store that several daemons share.
func (o *options) pairParts(ctx context.Context, file config.File, l *links, published func(fleet.Status), metrics prometheus.Registerer, log *slog.Logger) (parts, error) {
	peers, err := o.peers.transport()
	if err != nil {
		return parts{}, err
	}
	shared, err := o.storage.openShared(ctx, file)
	if err != nil {
		return parts{}, fmt.Errorf("--storage.url: %w", err)
	}
	scalerOf := func(cfg fleet.Config, t *leader.Term) (*actions.Scaler, error) {
		deps := l.deps(t.Store, log, metrics)
		deps.Now, deps.Until, deps.Published = t.Now, t.Until, published
		return actions.New(cfg, deps)
	}
	m, err := o.newMember(file.Actions, shared, func() string { return serversDigest(l.configuration()) }, scalerOf, log)
	if err != nil {
		return parts{}, errors.Join(err, shared.Close())
	}
	return parts{scaler: m, run: m.run, close: shared.Close, now: m.Now, leader: m.leader, peers: peers, stepDown: m.StepDown}, nil
}
