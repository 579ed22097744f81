package generate

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestEveryAlertHasItsPlaceInTheRunbooks(t *testing.T) {
	page, err := os.ReadFile("../../deploy/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^## (\S+)$`).FindAllStringSubmatch(string(page), -1) {
		anchors[strings.ToLower(heading[1])] = true
	}
	for _, r := range mustBuild(t)[0].Rules {
		if r.Alert == "" {
			continue
		}
		url, anchor, _ := strings.Cut(r.Annotations[annotationRunbook], "#")
		if !strings.HasSuffix(url, "deploy/runbooks.md") || !anchors[anchor] {
			t.Errorf("%s links to %s#%s, which is not there", r.Alert, url, anchor)
		}
		delete(anchors, anchor)
	}
	for left := range anchors {
		t.Errorf("the runbooks have a place for %s, which is no alert", left)
	}
}
