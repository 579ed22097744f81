package generate

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules"
)

const (
	scrapeUsage = `Scrape jobs whose series have the labels that the rules select, in a file that Prometheus loads as it is:
merge the jobs into yours.`
	hostsFileUsage = `
The hosts file lists hosts without ports, for both exporters:
  - targets: [bbb-1.example.org, bbb-2.example.org]`
	discoveryUsage = `
The daemon tells Prometheus its servers. This needs Prometheus 2.28.`
	scrapeConfigUsage   = `Scrape jobs for the Prometheus operator 0.67 and later. With rules.scrape.targets: file, mount the hosts file into Prometheus.`
	serviceMonitorUsage = `Scrape jobs for the Prometheus operator that use two Services: one of the BigBlueButton servers, with their addresses as
endpoints and the ports ne-metrics and bbb-metrics; and one of bbb-scaler, with the port web.`
)

// exporter is one kind of scrape target.
type exporter struct {
	name   string // name of the job
	at     rules.Exporter
	labels Matchers // labels that its series must have
	k8s    string   // name of its port in the servers' Service
	sd     string   // path of its targets in the daemon's service discovery
}

// Discovery returns how Prometheus reaches the exporters of a fleet.
func (c Config) Discovery(fleet string) rules.Discovery {
	d := rules.Discovery{
		Fleet: fleet, LabelServerID: c.Labels.ServerID, LabelFleet: c.Labels.Fleet,
		Node: rules.Exporter{Scheme: c.Scrape.Scheme, Port: c.Exporters.Ports.Node, Path: "/metrics"},
	}
	bbb := rules.Exporter{Scheme: c.Scrape.Scheme, Port: c.Exporters.Ports.BBB, Path: "/metrics"}
	if c.Exporters.Variant == VariantEBBBA {
		d.Node.Port, d.Node.Path = 0, "/mon/node"
		bbb.Port, bbb.Path = 0, "/mon/bbb"
	}
	if c.Exporters.WithBBB {
		d.BBB = &bbb
	}
	return d
}

func (g generator) exporters() []exporter {
	d := g.Discovery(g.in.Fleet)
	all := []exporter{{"bbb-node", d.Node, g.Exporters.Node, "ne-metrics", "/sd/node-exporter"}}
	if d.BBB != nil {
		all = append(all, exporter{"bbb-exporter", *d.BBB, g.Exporters.BBB, "bbb-metrics", "/sd/bbb-exporter"})
	}
	return all
}

// marked returns the labels that an exporter's targets must have: those by which
// the rules select them, and the label of the fleet.
func (g generator) marked(labels Matchers) map[string]string {
	all := map[string]string{}
	if g.Labels.Fleet != "" {
		all[g.Labels.Fleet] = g.in.Fleet
	}
	maps.Copy(all, labels)
	return all
}

// relabel returns relabelings that set labels. target is the key of the label's
// name: Prometheus and the operator spell it differently.
func relabel(labels map[string]string, target string) []any {
	var configs []any
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		configs = append(configs, dict{target: name, "replacement": labels[name]})
	}
	return configs
}

// hostPort returns a relabeling that appends the exporter's port to the address,
// or none where the scheme's default port is used.
func (e exporter) hostPort(source, target string) []any {
	if e.at.Port == 0 {
		return nil
	}
	return []any{dict{source: []string{"__address__"}, "regex": "(.*)", target: "__address__", "replacement": "${1}:" + strconv.Itoa(e.at.Port)}}
}

// discovered adds the servers' targets to a job of a plain file, and the relabelings
// that they need. The daemon's targets have ports.
func (g generator) discovered(job dict, e exporter) {
	marks := relabel(g.marked(e.labels), "target_label")
	if g.Scrape.Targets == TargetsFile {
		job["file_sd_configs"] = []any{dict{"files": []string{g.Scrape.HostsFile}}}
		job["relabel_configs"] = append(e.hostPort("source_labels", "target_label"), marks...)
		return
	}
	sd := dict{"url": g.scalerScheme() + "://" + g.Scrape.Scaler + e.sd, "refresh_interval": g.ScrapeInterval}
	g.login(sd, g.scalerScheme(), g.Alertmanager.Username, g.Scrape.ScalerPasswordFile)
	job["http_sd_configs"], job["relabel_configs"] = []any{sd}, marks
}

func scrapeFile(g generator, _ []Group) (document, error) {
	var jobs []any
	for _, e := range g.exporters() {
		job := dict{"job_name": e.name, "scrape_interval": g.ScrapeInterval, "metrics_path": e.at.Path}
		g.discovered(job, e)
		g.access(job, g.Scrape.Scheme, g.Scrape.Username, g.Scrape.PasswordFile)
		jobs = append(jobs, job)
	}
	scaler := dict{
		"job_name": "bbb-scaler", "scrape_interval": g.ScrapeInterval,
		"static_configs":  []any{dict{"targets": []string{g.Scrape.Scaler}}},
		"relabel_configs": relabel(g.marked(g.Exporters.Scaler), "target_label"),
	}
	g.access(scaler, g.scalerScheme(), g.Alertmanager.Username, g.Scrape.ScalerPasswordFile)
	jobs = append(jobs, scaler)
	return document{usage: scrapeUsage + g.targetsUsage(), docs: []any{dict{
		"rule_files": []string{"bbb-rules.yml"}, "scrape_configs": jobs,
	}}}, nil
}

func (g generator) targetsUsage() string {
	if g.Scrape.Targets == TargetsHTTP {
		return discoveryUsage
	}
	return hostsFileUsage
}

// access adds the scheme, the TLS settings and the login to a job of a plain file.
func (g generator) access(job dict, scheme, username, passwordFile string) {
	job["scheme"] = scheme
	g.login(job, scheme, username, passwordFile)
}

func (g generator) login(job dict, scheme, username, passwordFile string) {
	tls := dict{}
	if g.Scrape.CAFile != "" {
		tls["ca_file"] = g.Scrape.CAFile
	}
	if g.Scrape.SkipVerify {
		tls["insecure_skip_verify"] = true
	}
	if scheme == "https" && len(tls) > 0 {
		job["tls_config"] = tls
	}
	if username != "" {
		job["basic_auth"] = dict{"username": username, "password_file": passwordFile}
	}
}

func scrapeConfigs(g generator, _ []Group) (document, error) {
	var docs []any
	for _, e := range g.exporters() {
		spec := dict{"scrapeInterval": g.ScrapeInterval, "metricsPath": e.at.Path}
		g.operatorDiscovered(spec, e)
		g.operatorAccess(spec, strings.ToUpper(g.Scrape.Scheme), g.Scrape.Username != "")
		docs = append(docs, g.object("v1alpha1", "ScrapeConfig", "-"+e.name, spec))
	}
	spec := dict{
		"scrapeInterval": g.ScrapeInterval, "metricsPath": "/metrics",
		"staticConfigs": []any{dict{"targets": []string{g.Scrape.Scaler}}},
		"relabelings":   relabel(g.marked(g.Exporters.Scaler), "targetLabel"),
	}
	g.operatorAccess(spec, strings.ToUpper(g.scalerScheme()), g.Alertmanager.Username != "")
	docs = append(docs, g.object("v1alpha1", "ScrapeConfig", "-scaler", spec))
	return document{usage: scrapeConfigUsage, docs: docs}, nil
}

// operatorDiscovered is discovered for an object of the operator.
func (g generator) operatorDiscovered(spec dict, e exporter) {
	marks := relabel(g.marked(e.labels), "targetLabel")
	if g.Scrape.Targets == TargetsFile {
		spec["fileSDConfigs"] = []any{dict{"files": []string{g.Scrape.HostsFile}}}
		spec["relabelings"] = append(e.hostPort("sourceLabels", "targetLabel"), marks...)
		return
	}
	sd := dict{"url": g.scalerScheme() + "://" + g.Scrape.Scaler + e.sd}
	g.operatorLogin(sd, g.scalerScheme(), g.Alertmanager.Username != "")
	spec["httpSDConfigs"], spec["relabelings"] = []any{sd}, marks
}

func serviceMonitors(g generator, _ []Group) (document, error) {
	var docs []any
	for _, e := range g.exporters() {
		endpoint := dict{"port": e.k8s, "path": e.at.Path, "interval": g.ScrapeInterval, "relabelings": relabel(g.marked(e.labels), "targetLabel")}
		g.operatorAccess(endpoint, g.Scrape.Scheme, g.Scrape.Username != "")
		docs = append(docs, g.object("v1", "ServiceMonitor", "-"+e.name, monitor(g.Operator.Service, endpoint)))
	}
	endpoint := dict{"port": "web", "path": "/metrics", "interval": g.ScrapeInterval, "relabelings": relabel(g.marked(g.Exporters.Scaler), "targetLabel")}
	g.operatorAccess(endpoint, g.scalerScheme(), g.Alertmanager.Username != "")
	docs = append(docs, g.object("v1", "ServiceMonitor", "-scaler", monitor(map[string]string{"app": "bbb-scaler"}, endpoint)))
	return document{usage: serviceMonitorUsage, docs: docs}, nil
}

func monitor(service map[string]string, endpoint dict) dict {
	return dict{"selector": dict{"matchLabels": service}, "endpoints": []any{endpoint}}
}
