package generate

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// behindTLS gives the daemon's port TLS and a login.
func behindTLS(c *Config) {
	c.Alertmanager.URL, c.Alertmanager.Username = "https://scaler.example.org:9745/webhook", "alertmanager"
	c.Alertmanager.CAFile, c.Scrape.CAFile = "/am.pem", "/prom.pem"
}

// fromTheDaemon has the jobs take their targets from the daemon.
func fromTheDaemon(c *Config) {
	c.Scrape.Targets, c.Scrape.Scaler = TargetsHTTP, "scaler.example.org:9745"
}

func TestJobsTakeTheirTargetsFromTheDaemonWithItsLogin(t *testing.T) {
	var file struct {
		Jobs []struct {
			Name    string           `yaml:"job_name"`
			Files   []any            `yaml:"file_sd_configs"`
			HTTP    []map[string]any `yaml:"http_sd_configs"`
			Relabel []map[string]any `yaml:"relabel_configs"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(rendered(t, FormatScrape, behindTLS, fromTheDaemon)), &file); err != nil {
		t.Fatal(err)
	}
	for i, path := range []string{"/sd/node-exporter", "/sd/bbb-exporter"} {
		job := file.Jobs[i]
		got, err := yaml.Marshal(job.HTTP)
		want := "- basic_auth:\n    password_file: /etc/prometheus/bbb-scaler.password\n    username: alertmanager\n" +
			"  refresh_interval: 30s\n  tls_config:\n    ca_file: /prom.pem\n  url: https://scaler.example.org:9745" + path + "\n"
		if err != nil || string(got) != want || len(job.Files) > 0 {
			t.Errorf("job %s has http_sd_configs\n%swant\n%s", job.Name, got, want)
		}
		for _, r := range job.Relabel {
			if r["target_label"] == "__address__" {
				t.Errorf("job %s adds a port to targets that have one: %v", job.Name, r)
			}
		}
	}
}

// scrapeConfigSince has the operator's minor version 0.N from which its
// ScrapeConfig has a field, by the history of its type ScrapeConfigSpec.
var scrapeConfigSince = map[string]int{
	"staticConfigs": 65, "fileSDConfigs": 65, "relabelings": 65, "metricsPath": 65,
	"httpSDConfigs": 65, "basicAuth": 66, "scrapeInterval": 67, "scheme": 67, "tlsConfig": 67,
}

func TestTheScrapeConfigNamesTheOldestOperatorThatKnowsItsFields(t *testing.T) {
	skip := func(c *Config) { c.Scrape.SkipVerify = true }
	text := rendered(t, FormatScrapeConfig, behindTLS, skip)
	text += "---\n" + rendered(t, FormatScrapeConfig, behindTLS, skip, fromTheDaemon)
	oldest := 0
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var object struct{ Spec map[string]any }
		if dec.Decode(&object) != nil {
			break
		}
		for field := range object.Spec {
			since, known := scrapeConfigSince[field]
			if !known {
				t.Errorf("field %s: add the version of the operator that brought it", field)
			}
			oldest = max(oldest, since)
		}
	}
	if want := fmt.Sprintf("operator 0.%d and later", oldest); !strings.Contains(text, want) {
		t.Errorf("the header does not say %q:\n%s", want, text[:strings.Index(text, "apiVersion")])
	}
}

func TestADaemonBehindTLSAndALoginIsScrapedAndNotified(t *testing.T) {
	for format, want := range map[Format][]string{
		FormatScrape: {"scheme: https", "username: alertmanager", "password_file: /etc/prometheus/bbb-scaler.password", "ca_file: /prom.pem"},
		FormatAlertmanager: {"url: https://scaler.example.org:9745/webhook", "username: alertmanager",
			"password_file: /etc/alertmanager/bbb-scaler.password", "ca_file: /am.pem"},
		FormatScrapeConfig:       {"scheme: HTTPS", "key: username", "key: password"},
		FormatServiceMonitor:     {"scheme: https", "key: username", "key: password"},
		FormatAlertmanagerConfig: {"url: https://scaler.example.org:9745/webhook", "key: username", "key: password"},
	} {
		text := rendered(t, format, behindTLS, func(c *Config) { c.Scrape.Scheme, c.Scrape.Username = "http", "" })
		for _, line := range want {
			if !strings.Contains(text, line) {
				t.Errorf("%s lacks %q", format, line)
			}
		}
	}
}
