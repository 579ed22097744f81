package config

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// decoder sets structs from YAML nodes. It walks the nodes itself, because
// yaml.v3 stops at the first error of a type with its own UnmarshalYAML, does
// not name key paths, and accepts unknown keys inside such types. Scalars are
// decoded by yaml.v3.
type decoder struct {
	problems refuse.Problems
	moved    map[string]reflect.Value // fields for keys under their old paths
	given    map[string]bool          // paths of the keys in the file that have a value
}

// Decode sets to, a pointer to a struct, from a YAML text. Keys that are not in the
// text keep their values. It returns everything that is wrong, with the path and the
// line of each key: unknown keys, keys that are given twice, and values of another type.
func Decode(text []byte, to any) []error {
	root, err := document(text)
	if err != nil {
		return []error{err}
	}
	d := decoder{given: map[string]bool{}}
	if len(root.Content) == 1 {
		d.value("", root.Content[0], reflect.ValueOf(to).Elem())
	}
	return d.problems
}

func (d *decoder) refuse(at string, node *yaml.Node, value any, allowed string, args ...any) {
	if node.Line > 0 {
		at = fmt.Sprintf("%s (line %d)", at, node.Line)
	}
	d.problems.Require(false, at, value, allowed, args...)
}

// value sets v from node. A key without a value keeps its default.
func (d *decoder) value(at string, node *yaml.Node, v reflect.Value) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Tag == "!!null":
	case decodesItself(v.Type()) || isScalar(v.Type()):
		d.scalar(at, node, v)
	case v.Kind() == reflect.Pointer:
		elem := reflect.New(v.Type().Elem())
		d.value(at, node, elem.Elem())
		v.Set(elem)
	case v.Kind() == reflect.Slice:
		d.list(at, node, v)
	case v.Kind() == reflect.Map:
		d.mapping(at, node, v)
	case v.Kind() == reflect.Struct:
		d.section(at, node, v)
	}
}

func (d *decoder) scalar(at string, node *yaml.Node, v reflect.Value) {
	if isScalar(v.Type()) && !fits(node, v.Type()) {
		d.refuse(at, node, show(node, v.Type()), "be %s", wants(v.Type()))
		return
	}
	fresh := reflect.New(v.Type())
	if err := node.Decode(fresh.Interface()); err != nil {
		d.refuse(at, node, show(node, v.Type()), "be %s%s", wants(v.Type()), because(err, v.Type()))
		return
	}
	v.Set(fresh.Elem())
}

func (d *decoder) list(at string, node *yaml.Node, v reflect.Value) {
	if node.Kind != yaml.SequenceNode {
		d.refuse(at, node, show(node, v.Type()), "be a list")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		d.value(fmt.Sprintf("%s[%d]", at, i), item, list.Index(i))
	}
	v.Set(list)
}

// mapping sets the keys that are given and keeps the defaults of the others. What a
// new key has that is not given is zero, unless its type sets defaults.
func (d *decoder) mapping(at string, node *yaml.Node, v reflect.Value) {
	m := reflect.MakeMap(v.Type())
	for key, value := range v.Seq2() {
		m.SetMapIndex(key, value)
	}
	d.pairs(at, node, func(path string, key, value *yaml.Node) {
		elem := reflect.New(v.Type().Elem()).Elem()
		if with, ok := elem.Addr().Interface().(interface{ SetDefaults() }); ok {
			with.SetDefaults()
		}
		d.value(path, value, elem)
		m.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), elem)
	})
	v.Set(m)
}

func (d *decoder) section(at string, node *yaml.Node, v reflect.Value) {
	known := keys(v)
	d.pairs(at, node, func(path string, key, value *yaml.Node) {
		field, ok := known[key.Value]
		if !ok && !strings.Contains(key.Value, ".") {
			field, ok = d.moved[path]
		}
		if !ok {
			d.refuse(path, key, form("unknown key"), "be one of %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			return
		}
		if value.Tag != "!!null" {
			d.given[path] = true
		}
		d.value(path, value, field)
	})
}

// pairs calls each for every key of a mapping and refuses duplicate keys.
func (d *decoder) pairs(at string, node *yaml.Node, each func(path string, key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		d.refuse(cmp.Or(at, "the file"), node, show(node, nil), "be a section with keys")
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, path := node.Content[i], join(at, node.Content[i].Value)
		if line, twice := seen[key.Value]; twice {
			d.refuse(path, key, nil, "be given once; it is in line %d too", line)
			continue
		}
		seen[key.Value] = key.Line
		each(path, key, node.Content[i+1])
	}
}

// keys returns the settable fields of a struct by their YAML keys, including
// those of inlined structs.
func keys(v reflect.Value) map[string]reflect.Value {
	byKey := map[string]reflect.Value{}
	for i := range v.NumField() {
		key, inline := yamlKey(v.Type().Field(i))
		switch {
		case inline:
			maps.Copy(byKey, keys(v.Field(i)))
		case key != "":
			byKey[key] = v.Field(i)
		}
	}
	return byKey
}

func yamlKey(f reflect.StructField) (key string, inline bool) {
	key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if key == "-" || !f.IsExported() {
		return "", false
	}
	if slices.Contains(strings.Split(options, ","), "inline") {
		return "", true
	}
	return cmp.Or(key, strings.ToLower(f.Name)), false
}

var durationType = reflect.TypeFor[time.Duration]()

func isSecret(t reflect.Type) bool { return t == reflect.TypeFor[fleet.Secret]() }

func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return false
	}
	return true
}

func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[yaml.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[interface{ UnmarshalYAML(func(any) error) error }]())
}

// fits reports whether a scalar has the YAML type for t. Without this check,
// yaml.v3 would truncate 2.7 cores to 2.
func fits(node *yaml.Node, t reflect.Type) bool {
	switch {
	case node.Kind != yaml.ScalarNode:
		return false
	case t == durationType || t.Kind() == reflect.String || decodesItself(t):
		return true
	case t.Kind() == reflect.Float64:
		return node.Tag == "!!float" || node.Tag == "!!int"
	case t.Kind() == reflect.Bool:
		return node.Tag == "!!bool"
	default:
		return node.Tag == "!!int"
	}
}

func wants(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration such as 90s, 5m or 2h"
	case decodesItself(t):
		return "valid"
	case t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

// because returns the error of a type with its own UnmarshalYAML, as the end of a
// sentence. The errors of yaml.v3 itself add nothing to the text of wants.
func because(err error, t reflect.Type) string {
	if !decodesItself(t) {
		return ""
	}
	return ": " + strings.TrimPrefix(err.Error(), "yaml: ")
}

// form is a description of a value, such as "a list"; it is printed without quotes.
type form string

// String returns the description.
func (f form) String() string { return string(f) }

// show returns the value of a node for an error message, or nil if the value may
// be a secret.
func show(node *yaml.Node, t reflect.Type) any {
	switch {
	case t != nil && isSecret(t):
		return nil
	case node.Kind == yaml.MappingNode:
		return form("a section")
	case node.Kind == yaml.SequenceNode:
		return form("a list")
	}
	return node.Value
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}
