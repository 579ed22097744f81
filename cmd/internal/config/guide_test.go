package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheGuideToMigrationListsEveryVariableOfThePredecessorWithItsKey(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/guides/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (?:`([a-z_.]+)` )?\\|").FindAllStringSubmatch(string(text), -1) {
		keys[row[1]] = row[2]
	}
	f := Defaults()
	for _, v := range predecessors(&f) {
		if key, listed := keys[v.name]; !listed || key != v.key {
			t.Errorf("migration.md gives %s the key %q (listed: %t), want %q", v.name, key, listed, v.key)
		}
	}
	known := slices.DeleteFunc(Variables(), func(name string) bool { return strings.HasPrefix(name, prefix) })
	for _, name := range known {
		if _, listed := keys[name]; !listed {
			t.Errorf("migration.md does not list %s", name)
		}
		delete(keys, name)
	}
	for name := range keys {
		t.Errorf("migration.md lists %s, which is not read", name)
	}
}
