package live

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/receiver/api"
	"github.com/bbb-scaler/bbb-scaler/receiver/client"
	"github.com/bbb-scaler/bbb-scaler/rules/generate"
)

// daemons chooses the addresses and the credentials of the daemon, or of all replicas.
func (d *demo) daemons(cfg *Replicas) (err error) {
	n := 1
	if cfg != nil {
		n = cfg.Number
		d.replicas = &replicas{Replicas: *cfg, processes: make([]*process, n), numbers: make([]int, n)}
	}
	for range n {
		d.secret.balancer = append(d.secret.balancer, newSecret())
	}
	d.daemonAt, err = freePorts(n)
	return err
}

// fileOf returns the name of a file that each replica has for itself.
func (d *demo) fileOf(replica int, name string) string {
	if d.replicas == nil {
		return name
	}
	ext := filepath.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), replica+1, ext)
}

// user returns the name under which a replica logs in at IONOS.
func (d *demo) user(replica int) string { return d.fileOf(replica, ionosUser) }

// daemonArgs returns the command line of a daemon. Replicas get their storage from the
// environment.
func (d *demo) daemonArgs(replica int) []string {
	args := []string{"--config.file=" + filepath.Join(d.dir, d.fileOf(replica, daemonFile)), "--web.listen-address=" + d.daemonAt[replica]}
	if d.replicas == nil {
		args = append(args, "--storage.path="+filepath.Join(d.dir, "bbb-scaler"))
	}
	return args
}

// clockArgs returns the argument by which the demo's own daemon shows the simulated time.
func (d *demo) clockArgs() []string {
	return []string{fmt.Sprintf("--web.displayed-clock=%s,%s,%g", d.world.Start().Format(time.RFC3339Nano), d.clock.begun.Format(time.RFC3339Nano), d.speed)}
}

// daemonRows returns the lines about the daemons in the introduction.
func (d *demo) daemonRows() (rows [][3]string) {
	what := "the daemon: page, " + api.PathMetrics + ", " + api.PathFleet
	for i, at := range d.daemonAt {
		name := "bbb-scaler"
		if d.replicas != nil {
			name = replicaName(i)
		}
		rows = append(rows, [3]string{name, "http://" + at + "/", what})
		what = "another one, which stands by while the first leads"
	}
	return rows
}

// connect returns a client for each daemon.
func (d *demo) connect() (all []*client.Client, err error) {
	for _, at := range d.daemonAt {
		c, err := client.New(client.Config{URL: "http://" + at, Timeout: callTimeout})
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func closeAll(clients []*client.Client) {
	for _, c := range clients {
		c.Close()
	}
}

// scrapedDaemons returns one target for each daemon.
func (d *demo) scrapedDaemons(labels generate.Matchers) (all []any) {
	for _, at := range d.daemonAt {
		all = append(all, target(at, labels))
	}
	return all
}

// toAll adds the webhooks of all daemons to the receiver in a generated configuration of
// Alertmanager, which has that of the first one.
func toAll(text string, addrs []string) (string, error) {
	var file map[string]any
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		return "", err
	}
	receivers, _ := file["receivers"].([]any)
	for _, r := range receivers {
		receiver, _ := r.(map[string]any)
		if hooks, _ := receiver["webhook_configs"].([]any); len(hooks) == 1 {
			receiver["webhook_configs"] = copies(hooks[0], addrs)
		}
	}
	out, err := yaml.Marshal(file)
	return string(out), err
}

// copies returns a webhook once for each daemon.
func copies(hook any, addrs []string) (all []any) {
	first, _ := hook.(map[string]any)
	for _, at := range addrs {
		one := maps.Clone(first)
		one["url"] = "http://" + at + api.PathWebhook
		all = append(all, one)
	}
	return all
}
