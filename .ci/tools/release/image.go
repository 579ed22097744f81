package main

import (
	"bytes"
	"io"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nobody is the user that the daemon runs as.
const nobody = 65534

// image writes the image of all architectures as an OCI layout, tagged with the
// version. It has the files and the settings of the Dockerfile.
func (r release) image(architectures []string) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range architectures {
		image, err := r.imageFor(arch)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	path, err := layout.Write(filepath.Join(r.dist, "image"), empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": r.version}))
}

func (r release) imageFor(arch string) (v1.Image, error) {
	text, err := r.tarball(r.files(arch))
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer: layer, History: v1.History{CreatedBy: "make release", Created: v1.Time{Time: r.date}},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created, config.Config = "linux", arch, v1.Time{Time: r.date}, r.settings()
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigMediaType(image, types.OCIConfigJSON), nil
}

// files are those in the image: it has neither a shell nor a package manager.
func (r release) files(arch string) []entry {
	folder := func(path string) entry { return entry{path: path, mode: 0o755} }
	return []entry{
		folder("etc/"), folder("etc/ssl/"), folder("etc/ssl/certs/"), {path: "etc/ssl/certs/ca-certificates.crt", from: r.roots, mode: 0o644},
		folder("etc/bbb-scaler/"), {path: "etc/bbb-scaler/bbb-scaler.yml", from: filepath.Join(r.source, "deploy/bbb-scaler.yml"), mode: 0o644},
		folder("usr/"), folder("usr/bin/"),
		{path: "usr/bin/bbb-scaler", from: r.binary(arch, "bbb-scaler"), mode: 0o755},
		{path: "usr/bin/genrules", from: r.binary(arch, "genrules"), mode: 0o755},
		folder("var/"), folder("var/lib/"), {path: "var/lib/bbb-scaler/", mode: 0o755, uid: nobody},
	}
}

func (r release) settings() v1.Config {
	return v1.Config{
		User: "65534:65534", ExposedPorts: map[string]struct{}{"9745/tcp": {}}, Volumes: map[string]struct{}{"/var/lib/bbb-scaler": {}},
		Entrypoint: []string{"/usr/bin/bbb-scaler"},
		Cmd:        []string{"--config.file=/etc/bbb-scaler/bbb-scaler.yml", "--storage.path=/var/lib/bbb-scaler"},
		Healthcheck: &v1.HealthConfig{
			Test: []string{"CMD", "/usr/bin/bbb-scaler", "healthy"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 30 * time.Second,
		},
		Labels: map[string]string{
			"org.opencontainers.image.title": "bbb-scaler", "org.opencontainers.image.version": r.version,
			"org.opencontainers.image.revision": r.revision, "org.opencontainers.image.created": r.date.Format(time.RFC3339),
		},
	}
}
