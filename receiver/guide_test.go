package receiver

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestTheGuideToTheAPIListsEveryRoute(t *testing.T) {
	text, err := os.ReadFile("../deploy/guides/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed, served []string
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:GET|POST|DELETE) /\\S*)` \\|").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, m[1])
	}
	e := echo.New()
	(&server{}).route(e)
	for _, r := range e.Routes() {
		served = append(served, r.Method+" "+r.Path)
	}
	slices.Sort(listed)
	slices.Sort(served)
	if !slices.Equal(listed, served) {
		t.Errorf("api.md lists\n%q, the daemon serves\n%q", listed, served)
	}
}
