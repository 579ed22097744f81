package generate

import (
	"maps"
	"slices"
	"strings"
)

const (
	scrapeUsage = `Scrape jobs whose series have the labels that the rules select, in a file that Prometheus 2.22 and later load as it is:
merge the jobs into yours. The hosts file lists hosts without ports, for both exporters:
  - targets: [bbb-1.example.org, bbb-2.example.org]`
	scrapeConfigUsage   = `Scrape jobs for the Prometheus operator 0.67 and later. Mount the hosts file into Prometheus.`
	serviceMonitorUsage = `Scrape jobs for the Prometheus operator that use two Services: one of the BigBlueButton servers, with their addresses as
endpoints and the ports ne-metrics and bbb-metrics; and one of bbb-scaler, with the port web.`
)

// exporter is one kind of scrape target.
type exporter struct {
	name   string // name of the job
	port   string // such as ":9100", or "" for the default port of the scheme
	path   string
	labels Matchers // labels that its series must have
	k8s    string   // name of its port in the servers' Service
}

func (g generator) exporters() []exporter {
	node := exporter{"bbb-node", ":9100", "/metrics", g.Exporters.Node, "ne-metrics"}
	bbb := exporter{"bbb-exporter", ":9688", "/metrics", g.Exporters.BBB, "bbb-metrics"}
	if g.Exporters.Variant == VariantEBBBA {
		node.port, node.path = "", "/mon/node"
		bbb.port, bbb.path = "", "/mon/bbb"
	}
	if !g.Exporters.WithBBB {
		return []exporter{node}
	}
	return []exporter{node, bbb}
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
	if e.port == "" {
		return nil
	}
	return []any{dict{source: []string{"__address__"}, "regex": "(.*)", target: "__address__", "replacement": "${1}" + e.port}}
}

func scrapeFile(g generator, _ []Group) (document, error) {
	var jobs []any
	for _, e := range g.exporters() {
		job := dict{
			"job_name": e.name, "scrape_interval": g.ScrapeInterval, "metrics_path": e.path,
			"file_sd_configs": []any{dict{"files": []string{g.Scrape.HostsFile}}},
			"relabel_configs": append(e.hostPort("source_labels", "target_label"), relabel(g.marked(e.labels), "target_label")...),
		}
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
	return document{usage: scrapeUsage, docs: []any{dict{
		"rule_files": []string{"bbb-rules.yml"}, "scrape_configs": jobs,
	}}}, nil
}

// access adds the scheme, the TLS settings and the login to a job of a plain file.
func (g generator) access(job dict, scheme, username, passwordFile string) {
	job["scheme"] = scheme
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
		spec := dict{
			"scrapeInterval": g.ScrapeInterval, "metricsPath": e.path,
			"fileSDConfigs": []any{dict{"files": []string{g.Scrape.HostsFile}}},
			"relabelings":   append(e.hostPort("sourceLabels", "targetLabel"), relabel(g.marked(e.labels), "targetLabel")...),
		}
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

func serviceMonitors(g generator, _ []Group) (document, error) {
	var docs []any
	for _, e := range g.exporters() {
		endpoint := dict{
			"port": e.k8s, "path": e.path, "interval": g.ScrapeInterval,
			"relabelings": relabel(g.marked(e.labels), "targetLabel"),
		}
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
