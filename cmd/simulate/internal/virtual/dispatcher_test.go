package virtual_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/common/model"
	"pgregory.net/rapid"

	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/monitor"
	"github.com/bbb-scaler/bbb-scaler/cmd/simulate/internal/virtual"
)

const routes = `
route:
  receiver: people
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
  - {matchers: ['asks="scaler"'], receiver: scaler, group_wait: 5s, group_interval: 30s, repeat_interval: 5m}
receivers: [{name: people}, {name: scaler}]
`

// post is one message of Prometheus to Alertmanager.
type post struct {
	after  time.Duration // the post before it
	alerts []told
}

type told struct {
	name, instance, asks string
	resolved             bool
}

func (p told) alert(now, started time.Time) model.Alert {
	a := model.Alert{
		Labels:   model.LabelSet{"alertname": model.LabelValue(p.name), "instance": model.LabelValue(p.instance), "asks": model.LabelValue(p.asks)},
		StartsAt: started, EndsAt: now.Add(4 * time.Minute),
	}
	if p.resolved {
		a.EndsAt = now
	}
	return a
}

// line writes one notification so that two lists can be compared.
func line(at time.Duration, receiver string, firing, resolved []string) string {
	slices.Sort(firing)
	slices.Sort(resolved)
	return fmt.Sprintf("%s %s firing %s resolved %s", at, receiver, strings.Join(firing, ","), strings.Join(resolved, ","))
}

func nameOf(a model.Alert) string { return string(a.Labels["alertname"] + "/" + a.Labels["instance"]) }

// timeline gives each post its time and each alert the time it began.
func timeline(posts []post, begin time.Time, put func(now time.Time, alerts []model.Alert)) {
	started := map[string]time.Time{}
	now := begin
	for _, p := range posts {
		now = now.Add(p.after)
		var alerts []model.Alert
		for _, w := range p.alerts {
			key := w.name + "/" + w.instance
			if _, firing := started[key]; !firing {
				started[key] = now
			}
			alerts = append(alerts, w.alert(now, started[key]))
			if w.resolved {
				delete(started, key)
			}
		}
		put(now, alerts)
	}
}

// dispatched runs Alertmanager's own dispatcher over the posts.
func dispatched(t *testing.T, posts []post, until time.Duration) (lines []string) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		am, err := monitor.NewAlertmanager(monitor.AlertmanagerConfig{Config: routes, Notify: notifierFunc(func(ctx context.Context, alerts []*alert.Alert) {
			receiver, _ := notify.ReceiverName(ctx)
			var firing, resolved []string
			for _, a := range alerts {
				if a.Resolved() {
					resolved = append(resolved, nameOf(a.Alert))
				} else {
					firing = append(firing, nameOf(a.Alert))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line(time.Since(begin), receiver, firing, resolved))
		})})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = am.Run(ctx) })
		synctest.Wait()
		timeline(posts, begin, func(now time.Time, alerts []model.Alert) {
			time.Sleep(time.Until(now))
			for _, a := range alerts {
				if err := am.Put(ctx, &alert.Alert{Alert: a, UpdatedAt: now}); err != nil {
					t.Error(err)
				}
				synctest.Wait() // its workers take alerts side by side, in an order of chance
			}
		})
		time.Sleep(time.Until(begin.Add(until)))
		synctest.Wait()
		stop()
		wg.Wait()
	})
	slices.Sort(lines) // groups due at one time have no order
	return lines
}

type notifierFunc func(context.Context, []*alert.Alert)

func (f notifierFunc) Notify(ctx context.Context, alerts ...*alert.Alert) (bool, error) {
	f(ctx, alerts)
	return false, nil
}

// modelled runs the model over the posts.
func modelled(t *testing.T, posts []post, until time.Duration) (lines []string) {
	d, err := virtual.NewDispatcher(routes)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	flush := func(now time.Time) {
		for _, n := range d.Flush(now) {
			lines = append(lines, line(n.At.Sub(begin), n.Receiver, names(n.Firing), names(n.Resolved)))
		}
	}
	timeline(posts, begin, func(now time.Time, alerts []model.Alert) {
		flush(now)
		for _, a := range alerts {
			d.Put(now, a)
			flush(now)
		}
	})
	flush(begin.Add(until))
	slices.Sort(lines)
	return lines
}

func names(alerts []model.Alert) []string {
	var out []string
	for _, a := range alerts {
		out = append(out, nameOf(a))
	}
	return out
}

func TestTheModelNotifiesExactlyWhenAlertmanagerDoes(t *testing.T) {
	high := told{name: "High", instance: "a", asks: "scaler"}
	other := told{name: "High", instance: "b", asks: "scaler"}
	over := func(w told) told { w.resolved = true; return w }
	tests := []struct {
		name  string
		posts []post
	}{
		{"an alert that goes on is repeated until it ends by itself", []post{{time.Second, []told{high}}, {time.Minute, []told{high}}, {3 * time.Minute, []told{high}}}},
		{"a second alert waits for the group's interval", []post{{time.Second, []told{high}}, {10 * time.Second, []told{high, other}}, {time.Minute, []told{over(other)}}}},
		{"an alert resolved within group_wait is never told", []post{{time.Second, []told{high}}, {2 * time.Second, []told{over(high)}}}},
		{"resolved, told, and firing again", []post{{time.Second, []told{high}}, {time.Minute, []told{over(high)}}, {time.Minute, []told{high}}, {time.Minute, []told{over(high)}}}},
		{"resolved and firing again between two looks", []post{{time.Second, []told{high}}, {11 * time.Second, []told{over(high)}}, {3 * time.Second, []told{high}}}},
		{"another receiver has its own times", []post{{time.Second, []told{{name: "Down", instance: "x"}, high}}, {2 * time.Minute, []told{{name: "Down", instance: "x"}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := dispatched(t, tt.posts, time.Hour)
			if len(want) == 0 && tt.name != "an alert resolved within group_wait is never told" {
				t.Error("Alertmanager notified nothing: the case shows nothing")
			}
			if diff := cmp.Diff(want, modelled(t, tt.posts, time.Hour)); diff != "" {
				t.Errorf("the model differs from Alertmanager (-alertmanager +model):\n%s", diff)
			}
		})
	}
}

func TestTheModelFollowsAlertmanagerThroughRandomPosts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Posts fall a fraction beside whole seconds, where the timers are: what
		// happens first in one instant is chance in Alertmanager.
		gaps := rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Second, 29 * time.Second, 61 * time.Second, 250 * time.Second})
		one := rapid.Custom(func(rt *rapid.T) told {
			return told{
				name: rapid.SampledFrom([]string{"High", "Low"}).Draw(rt, "name"), instance: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "instance"),
				asks: "scaler", resolved: rapid.Bool().Draw(rt, "resolved"),
			}
		})
		key := func(w told) string { return w.name + "/" + w.instance } // as Prometheus sends each alert once
		posts := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) post {
			return post{gaps.Draw(rt, "gap") + time.Duration(rapid.IntRange(1, 900).Draw(rt, "ms"))*time.Millisecond, rapid.SliceOfNDistinct(one, 1, 3, key).Draw(rt, "alerts")}
		}), 1, 30).Draw(rt, "posts")
		want := dispatched(t, posts, 2*time.Hour)
		if diff := cmp.Diff(want, modelled(t, posts, 2*time.Hour)); diff != "" {
			rt.Errorf("the model differs from Alertmanager (-alertmanager +model):\n%s", diff)
		}
	})
}
