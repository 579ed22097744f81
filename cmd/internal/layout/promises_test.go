package layout

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// TestEveryPromiseNamesTestsThatExist reads the table of promises.
func TestEveryPromiseNamesTestsThatExist(t *testing.T) {
	table, err := os.ReadFile("../../../deploy/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	grep := exec.Command("grep", "-rhoE", `^func Test[A-Za-z0-9]+\(`, "--include=*_test.go", "../../..")
	funcs, err := grep.Output()
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(table), -1)
	if len(named) < 40 {
		t.Fatalf("only %d tests are named: is the table still there?", len(named))
	}
	for _, n := range named {
		if !regexp.MustCompile(`(?m)^func ` + n[1] + `\($`).Match(funcs) {
			t.Errorf("deploy/promises.md names %s, and no such test exists", n[1])
		}
	}
}
