package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// serviceLink matches the variables that Kubernetes sets in pods for each Service
// of the namespace, such as the one named bbb-scaler.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// refuseUnknown refuses variables that begin with the prefix and are not read.
// The errors do not show the values, because a variable with a misspelled name may
// hold a secret.
func refuseUnknown(environ []string) []error {
	var p refuse.Problems
	known := Variables()
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix) || strings.TrimSpace(value) == "" || slices.Contains(known, name) || serviceLink.MatchString(name) {
			continue
		}
		if key := onlyInFile(name); key != "" {
			p.Require(false, name, nil, "not be set; set %s in the configuration file, since it is more than one value", key)
			continue
		}
		p.Require(false, name, form("unknown variable"), "be %s and the path of a key in capitals, such as %s; correct or remove it", prefix, nearest(name, known))
	}
	return p
}

// onlyInFile returns the path of the key that belongs to a variable's name and that
// can only be set in the file, or "".
func onlyInFile(name string) (path string) {
	f := Defaults()
	eachKey("", reflect.ValueOf(&f).Elem(), func(at string, field reflect.Value) {
		if own := variableOf(at); !oneText(field.Type()) && (name == own || strings.HasPrefix(name, own+"_")) {
			path = at
		}
	})
	return path
}

// nearest returns the known name with the smallest distance to name; known must not
// be empty.
func nearest(name string, known []string) string {
	return slices.MinFunc(slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !strings.HasPrefix(k, prefix) }),
		func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is the Levenshtein distance of two texts.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
