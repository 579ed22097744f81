package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// movedKeys maps the old paths of keys to their present ones. Old paths are
// still read, with a warning.
func movedKeys() map[string]string {
	return map[string]string{
		"ionos.datacenters":  "fleet.datacenters",
		"ionos.name_pattern": "fleet.name_pattern",
		"ionos.exclude":      "fleet.exclude",
		"ionos.budget":       "fleet.budget",
	}
}

// fieldAt returns the field of f that the key at path sets.
func fieldAt(f *File, path string) reflect.Value {
	v := reflect.ValueOf(f).Elem()
	for key := range strings.SplitSeq(path, ".") {
		v = keys(v)[key]
	}
	return v
}

// movedFields returns, by old path, the fields of f that the new paths set.
func movedFields(f *File) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for old, now := range movedKeys() {
		fields[old] = fieldAt(f, now)
	}
	return fields
}

// takeMoved copies the values of keys under their old paths from old to f. It
// refuses different values for the old and the new path of one key, because either
// may be the outdated one.
func (d *decoder) takeMoved(f, old *File) {
	for _, path := range slices.Sorted(maps.Keys(movedKeys())) {
		if !d.given[path] {
			continue
		}
		now := movedKeys()[path]
		f.deprecate(path, now)
		from, to := fieldAt(old, now), fieldAt(f, now)
		if d.given[now] {
			d.problems.Require(reflect.DeepEqual(from.Interface(), to.Interface()), path, nil,
				"not differ from %s; remove %s, which is the old name of that key", now, path)
			continue
		}
		to.Set(from)
	}
}

func (f *File) deprecate(old, now string) {
	f.notes = append(f.notes, fmt.Sprintf("%s is deprecated; rename it to %s", old, now))
}
