package deploy

import (
	"os/exec"
	"testing"
)

func TestTheFlagsThatAreSetExist(t *testing.T) {
	help, err := exec.CommandContext(t.Context(), "go", "run", "github.com/bbb-scaler/bbb-scaler/cmd/bbb-scaler", "run", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("bbb-scaler run --help: %v\n%s", err, help)
	}
	known := matches(string(help), `--(?:\[no-\])?([a-z.-]+)`)
	for _, file := range []string{"Dockerfile", "deploy/bbb-scaler.service", "deploy/kubernetes/base/deployment.yaml"} {
		set := matches(read(t, file), `[\s"]--((?:config|storage|web|log)\.[a-z.-]+)`)
		if len(set) < 2 {
			t.Errorf("%s sets %d flags, want at least 2", file, len(set))
		}
		for flag := range set {
			if !known[flag] {
				t.Errorf("%s sets --%s, which the daemon does not have", file, flag)
			}
		}
	}
}
