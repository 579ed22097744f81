package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// selection prints which servers a configuration takes for the fleet.
func selection(f File) string {
	a := f.Actions
	return fmt.Sprint(a.Fleet.Datacenters, a.Fleet.Exclude, a.Fleet.Budget.Cores, a.Fleet.Budget.RAM)
}

func TestTheFleetIsSelectedByItsOldKeysToo(t *testing.T) {
	const want = "[a b] [bbb-test-*] 8 4096"
	for name, test := range map[string]struct {
		text       string
		env        map[string]string
		deprecated []string
	}{
		"the present keys": {text: "fleet: {datacenters: [a, b], name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}"},
		"the old keys": {
			text:       "ionos: {datacenters: [a, b], name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
			deprecated: []string{"ionos.budget", "ionos.datacenters", "ionos.exclude", "ionos.name_pattern"},
		},
		"some of each": {
			text:       "ionos: {datacenters: [a, b], name_pattern: x}\nfleet: {exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
			deprecated: []string{"ionos.datacenters", "ionos.name_pattern"},
		},
		"both with the same value": {
			text: "ionos: {datacenters: [a, b], name_pattern: x}\n" +
				"fleet: {datacenters: [a, b], name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
			deprecated: []string{"ionos.datacenters", "ionos.name_pattern"},
		},
		"an old key without a value": {
			text: "ionos: {datacenters: , budget: }\nfleet: {datacenters: [a, b], name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
		},
		"the variables": {env: map[string]string{
			"BBB_SCALER_FLEET_DATACENTERS": "a, b", "BBB_SCALER_FLEET_NAME_PATTERN": "x", "BBB_SCALER_FLEET_EXCLUDE": "bbb-test-*",
			"BBB_SCALER_FLEET_BUDGET_MAX_CORES": "8", "BBB_SCALER_FLEET_BUDGET_MAX_RAM_MIB": "4096",
		}},
		"the old variables": {
			env: map[string]string{
				"BBB_SCALER_IONOS_DATACENTERS": "a, b", "BBB_SCALER_IONOS_NAME_PATTERN": "x", "BBB_SCALER_IONOS_EXCLUDE": "bbb-test-*",
				"BBB_SCALER_IONOS_BUDGET_MAX_CORES": "8", "BBB_SCALER_IONOS_BUDGET_MAX_RAM_MIB": "4096",
			},
			deprecated: []string{
				"BBB_SCALER_IONOS_BUDGET_MAX_CORES", "BBB_SCALER_IONOS_BUDGET_MAX_RAM_MIB", "BBB_SCALER_IONOS_DATACENTERS",
				"BBB_SCALER_IONOS_EXCLUDE", "BBB_SCALER_IONOS_NAME_PATTERN",
			},
		},
		"an old variable over the file": {
			text:       "fleet: {datacenters: [c], name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
			env:        map[string]string{"BBB_SCALER_IONOS_DATACENTERS": "a,b"},
			deprecated: []string{"BBB_SCALER_IONOS_DATACENTERS"},
		},
		"the predecessor's variable": {
			text: "fleet: {name_pattern: x, exclude: [bbb-test-*], budget: {max_cores: 8, max_ram_mib: 4096}}",
			env:  map[string]string{"IONOS_DATACENTER": "a,b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Read(write(t, test.text), env(test.env))
			if err != nil {
				t.Fatal(err)
			}
			if got := selection(f); got != want || !f.Actions.Fleet.NamePattern.Match("x") || f.Actions.Fleet.NamePattern.Match("bbb") || f.IONOS.Datacenters != 2 {
				t.Errorf("the fleet is %q by %v, want %q by x", got, f.Actions.Fleet.NamePattern, want)
			}
			var deprecated []string
			for _, w := range f.Warnings() {
				if old, _, ok := strings.Cut(w, " is deprecated; rename it to "); ok {
					deprecated = append(deprecated, old)
				}
			}
			if !slices.Equal(deprecated, test.deprecated) {
				t.Errorf("deprecated are %q, want %q", deprecated, test.deprecated)
			}
		})
	}
}

func TestAnOldKeyThatContradictsThePresentOneIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		env  map[string]string
		want string
	}{
		"in the file": {
			text: "fleet: {datacenters: [a]}\nionos: {datacenters: [b]}",
			want: "ionos.datacenters: must not differ from fleet.datacenters; remove ionos.datacenters, which is the old name of that key",
		},
		"in the file, the old one first": {
			text: "ionos: {name_pattern: a.*}\nfleet: {name_pattern: b.*}",
			want: "ionos.name_pattern: must not differ from fleet.name_pattern",
		},
		"one limit each": {
			text: "fleet: {budget: {max_cores: 8}}\nionos: {budget: {max_ram_mib: 4096}}",
			want: "ionos.budget: must not differ from fleet.budget",
		},
		"in the environment": {
			env:  map[string]string{"BBB_SCALER_FLEET_DATACENTERS": "a", "BBB_SCALER_IONOS_DATACENTERS": "b"},
			want: `BBB_SCALER_IONOS_DATACENTERS: "b": must not differ from BBB_SCALER_FLEET_DATACENTERS; remove BBB_SCALER_IONOS_DATACENTERS, which is its old name`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(write(t, test.text), env(test.env)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Read = %v, want an error with %s", err, test.want)
			}
		})
	}
}
