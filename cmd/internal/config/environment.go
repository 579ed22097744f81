package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// prefix begins the names of the variables that set keys.
const prefix = "BBB_SCALER_"

// Getenv returns a function that looks up a variable in environ, which has the form
// of os.Environ. If a name occurs twice, the first value counts, as with os.Getenv.
func Getenv(environ []string) func(name string) string {
	values := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := values[name]; !twice {
			values[name] = value
		}
	}
	return func(name string) string { return values[name] }
}

// Variables returns the names of all environment variables that are read.
func Variables() []string {
	asked := map[string]bool{}
	f := Defaults()
	_ = overrideByEnvironment(&f, func(name string) string {
		asked[name] = true
		return ""
	})
	// The flags read these.
	for _, name := range []string{"URL", "USER", "PASSWORD", "STORAGE_URL"} {
		asked[prefix+name] = true
	}
	return slices.Sorted(maps.Keys(asked))
}

// overrideByEnvironment sets keys from environment variables: first from the
// variables of bbb_scaler, which keep their meanings, then from BBB_SCALER_<KEY> for
// each key, such as BBB_SCALER_SCALELITE_URL for scalelite.url, and last from those
// of Scalelite, for keys that are not set. An empty variable counts as not set,
// because docker compose passes unset variables as empty.
func overrideByEnvironment(f *File, getenv func(string) string) []error {
	_, errs := override(predecessors(f), getenv)
	return slices.Concat(errs, overrideSchedule(f, getenv), overrideKeys(f, getenv), completeByScalelite(f, getenv))
}

// overrideKeys sets every key whose variable is set, also from the variable of its
// old path.
func overrideKeys(f *File, getenv func(string) string) []error {
	var d decoder
	for _, path := range slices.Sorted(maps.Keys(movedKeys())) {
		now := movedKeys()[path]
		eachKey(path, fieldAt(f, now), func(at string, field reflect.Value) {
			old, name := variableOf(at), variableOf(now+strings.TrimPrefix(at, path))
			text, other := strings.TrimSpace(getenv(old)), strings.TrimSpace(getenv(name))
			d.problems.Require(text == "" || other == "" || text == other, old, text,
				"not differ from %s; remove %s, which is its old name", name, old)
			if text != "" {
				f.deprecate(old, name)
			}
			d.variable(old, text, field)
		})
	}
	eachKey("", reflect.ValueOf(f).Elem(), func(at string, field reflect.Value) {
		if name := variableOf(at); oneText(field.Type()) {
			d.variable(name, strings.TrimSpace(getenv(name)), field)
		}
	})
	return d.problems
}

// variableOf returns the name of the variable that sets the key at a path.
func variableOf(at string) string { return prefix + strings.ToUpper(strings.ReplaceAll(at, ".", "_")) }

// variable sets a field from the text of a variable, if it is not empty.
func (d *decoder) variable(name, text string, field reflect.Value) {
	switch into, isList := field.Addr().Interface().(*[]string); {
	case text == "":
	case isList:
		_ = list(into)(text)
	default:
		d.scalar(name, scalarNode(text, field.Type()), field)
	}
}

// eachKey calls each for every key at or below v that is not a section.
func eachKey(at string, v reflect.Value, each func(at string, field reflect.Value)) {
	if v.Kind() != reflect.Struct || decodesItself(v.Type()) {
		each(at, v)
		return
	}
	known := keys(v)
	for _, key := range slices.Sorted(maps.Keys(known)) {
		eachKey(join(at, key), known[key], each)
	}
}

// oneText reports whether a variable can set a value of a type.
func oneText(t reflect.Type) bool {
	return isScalar(t) || decodesItself(t) || t == reflect.TypeFor[[]string]()
}

// scalarNode returns a YAML scalar for a text, with the type string if t needs a
// string.
func scalarNode(given string, t reflect.Type) *yaml.Node {
	if t.Kind() == reflect.String || decodesItself(t) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: given}
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: given}
	node.Tag = node.ShortTag()
	return node
}
