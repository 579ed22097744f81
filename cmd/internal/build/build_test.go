package build

import (
	"runtime/debug"
	"testing"
)

func TestAProgramBuiltWithoutFlagsKnowsItsVersion(t *testing.T) {
	settings := func(pairs ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	for name, test := range map[string]struct {
		info *debug.BuildInfo
		want Info
	}{
		"no information": {nil, Info{Release, "unknown", "unknown"}},
		"a tree without a repository": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}},
			Info{Release, "unknown", "unknown"}},
		"a checkout without tags": {&debug.BuildInfo{Main: debug.Module{Version: "v0.0.0-20261127074900-4540c0c35f3e+dirty"},
			Settings: settings("vcs.revision", "4540c0c35f3e", "vcs.time", "2026-11-27T07:49:00Z", "vcs.modified", "true")},
			Info{Release, "4540c0c35f3e-modified", "2026-11-27T07:49:00Z"}},
		"a checkout of a tag": {&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"},
			Settings: settings("vcs.revision", "4540c0c35f3e", "vcs.time", "2026-11-27T07:49:00Z", "vcs.modified", "false")},
			Info{"1.2.3", "4540c0c35f3e", "2026-11-27T07:49:00Z"}},
		"installed from the module": {&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, Info{"1.2.3", "unknown", "unknown"}},
	} {
		if got := infoOf(test.info); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
