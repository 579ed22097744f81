package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

func TestTheGuideToTheStatesListsEveryState(t *testing.T) {
	listed := matches(read(t, "deploy/guides/states.md"), "(?m)^\\| `([a-z]+)` \\|")
	for _, state := range fleet.States() {
		if !listed[string(state)] {
			t.Errorf("states.md does not list %s", state)
		}
		delete(listed, string(state))
	}
	for name := range listed {
		t.Errorf("states.md lists %s, which is no state", name)
	}
}

func TestTheGuidesLinksExistAndTheReadmeLinksToEachGuide(t *testing.T) {
	guides, err := filepath.Glob(root + "deploy/guides/*.md")
	if err != nil || len(guides) < 5 {
		t.Fatalf("%d guides found (%v), want at least 5", len(guides), err)
	}
	linked := matches(read(t, "README.md"), `\]\((deploy/guides/[^)#]+)\)`)
	for _, guide := range guides {
		name := "deploy/guides/" + filepath.Base(guide)
		if !linked[name] {
			t.Errorf("README.md does not link to %s", name)
		}
		for link := range matches(read(t, name), `\]\(([^)#:]+)\)`) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(guide), link)); err != nil {
				t.Errorf("%s links to %s: %v", name, link, err)
			}
		}
	}
}

func TestTheGuidesNameKeysThatExist(t *testing.T) {
	var reference map[string]any
	decode(t, "deploy/bbb-scaler.yml", &reference)
	for _, guide := range []string{"states", "api", "metrics", "migration", "storage", "upgrade-backup", "scalelite-host", "kubernetes", "monitoring", "tls"} {
		for key := range matches(read(t, "deploy/guides/"+guide+".md"), "`([a-z_]+\\.[a-z_.]+)`") {
			section, rest, _ := strings.Cut(key, ".")
			if keys, is := reference[section].(map[string]any); is && !hasKey(keys, rest) {
				t.Errorf("%s.md names %s, which is no key", guide, key)
			}
		}
	}
}

// hasKey reports whether a section has a key, with dots in its path.
func hasKey(section map[string]any, path string) bool {
	key, rest, deeper := strings.Cut(path, ".")
	value, ok := section[key]
	if below, is := value.(map[string]any); deeper && is {
		return hasKey(below, rest)
	}
	return ok && !deeper
}
