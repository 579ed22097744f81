package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
)

// entry is a file or a folder in an archive or in a layer of the image.
type entry struct {
	path string // in the archive
	from string // file with the content; "" is a folder
	mode int64
	uid  int // of the user and of the group
}

// tarball returns the entries as a tar archive.
func (r release) tarball(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{Name: e.path, Mode: e.mode, Uid: e.uid, Gid: e.uid, ModTime: r.date, Typeflag: tar.TypeDir, Format: tar.FormatPAX}
		var content []byte
		if e.from != "" {
			var err error
			if content, err = os.ReadFile(e.from); err != nil {
				return nil, err
			}
			header.Typeflag, header.Size = tar.TypeReg, int64(len(content))
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// archive writes the programs with what an installation without containers needs.
func (r release) archive(arch string) error {
	folder := "bbb-scaler-" + r.version + ".linux-" + arch + "/"
	entries := []entry{{path: folder, mode: 0o755}}
	for _, program := range programs {
		entries = append(entries, entry{path: folder + program, from: r.binary(arch, program), mode: 0o755})
	}
	for _, file := range []string{"LICENSE", "CHANGELOG.md", "deploy/bbb-scaler.yml", "deploy/bbb-scaler.service", "deploy/web.yml"} {
		entries = append(entries, entry{path: folder + filepath.Base(file), from: filepath.Join(r.source, file), mode: 0o644})
	}
	text, err := r.tarball(entries)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(r.name(arch, ".tar.gz"), out.Bytes(), 0o644)
}
