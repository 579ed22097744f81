package daemon

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"
)

// Release is the version of this source tree. The files in deploy name the image
// with it.
const Release = "0.1.0"

// build is which program this is.
type build struct {
	version  string // without a "v"
	revision string // of the repository, "-modified" appended; "unknown" outside of one
	date     string // of the revision, or of the build if the linker was told one
}

// buildOf returns what the linker was told in the variables of Prometheus's
// package version, which the Makefile and the Dockerfile do, and otherwise what Go
// knows of the module and its repository. A module's version that no tag gives,
// such as (devel) or v0.0.0-…, says less than Release.
func buildOf(info *debug.BuildInfo) build {
	var b build
	settings := map[string]string{}
	if info != nil {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if v, tagged := strings.CutPrefix(info.Main.Version, "v"); tagged && !strings.HasPrefix(v, "0.0.0-") {
			b.version = v
		}
	}
	b.version = cmp.Or(version.Version, b.version, Release)
	if b.revision = settings["vcs.revision"]; settings["vcs.modified"] == "true" {
		b.revision += "-modified"
	}
	b.revision = cmp.Or(version.Revision, b.revision, "unknown")
	b.date = cmp.Or(version.BuildDate, settings["vcs.time"], "unknown")
	return b
}

// thisBuild returns which program is running.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return buildOf(info)
}

// String returns the text of --version, in the form of Prometheus's programs.
func (b build) String() string {
	return fmt.Sprintf("bbb-scaler, version %s (revision %s, %s)\n  go version: %s\n  platform:   %s/%s",
		b.version, b.revision, b.date, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// collector returns the metric bbb_scaler_build_info.
func (b build) collector() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bbb_scaler_build_info", Help: "1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": b.version, "revision": b.revision, "goversion": runtime.Version(),
			"goos": runtime.GOOS, "goarch": runtime.GOARCH},
	}, func() float64 { return 1 })
}
