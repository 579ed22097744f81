package config

import (
	"strings"
	"testing"
)

func TestAVariableThatNothingReadsIsRefusedWithTheNearest(t *testing.T) {
	for name, want := range map[string]string{
		"BBB_SCALER_SCALELIT_URL":            "such as BBB_SCALER_SCALELITE_URL; correct or remove it",
		"BBB_SCALER_IONOS_PASWORD":           "such as BBB_SCALER_IONOS_PASSWORD; correct or remove it",
		"BBB_SCALER_IONOS_DATACENTRES":       "such as BBB_SCALER_IONOS_DATACENTERS; correct or remove it",
		"BBB_SCALER_USERNAME":                "such as BBB_SCALER_USER; correct or remove it",
		"BBB_SCALER_":                        "unknown variable: must be BBB_SCALER_ and the path of a key in capitals",
		"BBB_SCALER_CAPACITY_SCHEDULE":       "must not be set; set capacity.schedule in the configuration file",
		"BBB_SCALER_RULES_FOR_BBBSERVERIDLE": "must not be set; set rules.for in the configuration file",
	} {
		_, err := Read("", []string{name + "=hush"})
		if err == nil || !strings.Contains(err.Error(), name+": ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("Read with %s = %v, want an error with %q and without the value", name, err, want)
		}
	}
}

func TestVariablesThatAreNotMeantForTheConfigurationAreLeftAlone(t *testing.T) {
	for name, variable := range map[string]string{
		"of our own commands":           "BBB_SCALER_URL=http://localhost:9745",
		"of our own commands' login":    "BBB_SCALER_PASSWORD=hush",
		"an empty one":                  "BBB_SCALER_SCALELIT_URL= ",
		"of something else":             "BBB_SCALE=1",
		"of a Service in Kubernetes":    "BBB_SCALER_SERVICE_HOST=10.0.0.1",
		"of its port":                   "BBB_SCALER_PORT=tcp://10.0.0.1:9745",
		"of its named port":             "BBB_SCALER_SERVICE_PORT_WEB=9745",
		"of its port by number":         "BBB_SCALER_PORT_9745_TCP_ADDR=10.0.0.1",
		"of a Service with more a name": "BBB_SCALER_GRAFANA_PORT_80_TCP=tcp://10.0.0.1:80",
	} {
		if _, err := Read("", []string{variable}); err != nil {
			t.Errorf("%s: Read with %s = %v", name, variable, err)
		}
	}
}

func TestNoVariableOfAKeyLooksLikeOneThatKubernetesSets(t *testing.T) {
	for _, name := range Variables() {
		if strings.HasPrefix(name, prefix) && serviceLink.MatchString(name) {
			t.Errorf("%s is the variable of a key and matches %s: misspelled, it would be left alone", name, serviceLink)
		}
	}
}

func TestTheDistanceOfTwoTextsIsTheNumberOfChangedLetters(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"USER", "USERS", 1}, {"ab", "ba", 2}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
