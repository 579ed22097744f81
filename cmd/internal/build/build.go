// Package build tells which version of the programs is running.
package build

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

// Info is which version a program is of.
type Info struct {
	Version  string // without a "v"
	Revision string // of the repository, "-modified" appended; "unknown" outside of one
	Date     string // of the revision, or of the build if the linker was told one
}

// infoOf returns what the linker was told in the variables of Prometheus's
// package version, which the Makefile and the Dockerfile do, and otherwise what Go
// knows of the module and its repository. A module's version that no tag gives,
// such as (devel) or v0.0.0-…, says less than Release.
func infoOf(info *debug.BuildInfo) Info {
	var b Info
	settings := map[string]string{}
	if info != nil {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if v, tagged := strings.CutPrefix(info.Main.Version, "v"); tagged && !strings.HasPrefix(v, "0.0.0-") {
			b.Version = v
		}
	}
	b.Version = cmp.Or(version.Version, b.Version, Release)
	if b.Revision = settings["vcs.revision"]; settings["vcs.modified"] == "true" {
		b.Revision += "-modified"
	}
	b.Revision = cmp.Or(version.Revision, b.Revision, "unknown")
	b.Date = cmp.Or(version.BuildDate, settings["vcs.time"], "unknown")
	return b
}

// This returns which version is running.
func This() Info {
	info, _ := debug.ReadBuildInfo()
	return infoOf(info)
}

// Text returns the text of a program's --version, in the form of Prometheus's
// programs.
func (b Info) Text(program string) string {
	return fmt.Sprintf("%s, version %s (revision %s, %s)\n  go version: %s\n  platform:   %s/%s",
		program, b.Version, b.Revision, b.Date, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Collector returns the metric bbb_scaler_build_info.
func (b Info) Collector() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bbb_scaler_build_info", Help: "1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "date": b.Date, "goversion": runtime.Version(),
			"goos": runtime.GOOS, "goarch": runtime.GOARCH},
	}, func() float64 { return 1 })
}
