package config

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const reference = "../../../deploy/bbb-scaler.yml"

func referenceText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// documented returns the key nodes of a YAML text, by path.
func documented(t *testing.T, text []byte) map[string]*yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	all := map[string]*yaml.Node{}
	var walk func(at string, n *yaml.Node)
	walk = func(at string, n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			path := join(at, n.Content[i].Value)
			all[path] = n.Content[i]
			all[path].LineComment += n.Content[i+1].LineComment
			walk(path, n.Content[i+1])
		}
	}
	walk("", root.Content[0])
	return all
}

// structKeys returns the paths of all keys below v.
func structKeys(at string, v reflect.Value) []string {
	var all []string
	for key, field := range keys(v) {
		all = append(all, join(at, key))
		if field.Kind() == reflect.Struct && !decodesItself(field.Type()) {
			all = append(all, structKeys(join(at, key), field)...)
		}
	}
	return all
}

func TestTheReferenceDocumentsEveryKey(t *testing.T) {
	text := referenceText(t)
	f := Defaults()
	nodes := documented(t, text)
	for _, key := range structKeys("", reflect.ValueOf(&f).Elem()) {
		switch node := nodes[key]; {
		case node == nil:
			t.Errorf("%s lacks the key %s", reference, key)
		case node.HeadComment+node.LineComment == "":
			t.Errorf("%s:%d: %s is not explained", reference, node.Line, key)
		}
	}
}

func TestTheReferencesValuesAreTheDefaults(t *testing.T) {
	root, err := document(referenceText(t))
	if err != nil {
		t.Fatal(err)
	}
	got, errs := parse(root, env(nil))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	compare(t, "", reflect.ValueOf(got), reflect.ValueOf(Defaults()))
}

// compare names the keys at which two configurations differ; nothing and an
// empty list are the same.
func compare(t *testing.T, at string, got, want reflect.Value) {
	t.Helper()
	if got.Kind() == reflect.Struct && !decodesItself(got.Type()) {
		for i := range got.NumField() {
			if got.Type().Field(i).IsExported() {
				compare(t, join(at, got.Type().Field(i).Name), got.Field(i), want.Field(i))
			}
		}
		return
	}
	if got.Kind() == reflect.Slice && got.Len()+want.Len() == 0 || got.Kind() == reflect.Map && got.Len()+want.Len() == 0 {
		return
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%s: %s has %v, the default is %v", at, reference, got, want)
	}
}

// The reference shows what has no useful default in comments, each after a line
// that ends in "Example:".
func TestTheReferencesExamplesAreValid(t *testing.T) {
	examples := examples(string(referenceText(t)))
	if len(examples) < 2 {
		t.Fatalf("%d examples found in %s, want at least 2", len(examples), reference)
	}
	for _, text := range examples {
		root, err := document([]byte(text))
		if err != nil {
			t.Errorf("example\n%s\nis %v", text, err)
			continue
		}
		if _, errs := parse(root, env(nil)); len(errs) > 0 {
			t.Errorf("example\n%s\nis refused: %v", text, errs)
		}
	}
}

// examples returns the comments after "Example:" lines without their marks.
func examples(text string) (all []string) {
	var now []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		body, isComment := strings.CutPrefix(line, "#")
		switch {
		case inside && isComment:
			now = append(now, body)
		case inside:
			all, now, inside = append(all, strings.Join(now, "\n")), nil, false
		}
		if isComment && strings.HasSuffix(line, "Example:") {
			inside = true
		}
	}
	return all
}
