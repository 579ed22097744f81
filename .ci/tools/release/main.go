// Command release makes a release from binaries that are built: an archive and a bill
// of materials for each architecture, a container image for all of them as an OCI
// layout, and checksums. It needs no container engine, and the same input gives the
// same bytes.
//
//	go run . -version 0.1.0 -revision HASH -date 2027-03-01T12:00:00Z -source ROOT DIST
//
// DIST holds the folders linux_amd64 and linux_arm64, or one of them, with the binaries.
package main

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// release is what a release is made of.
type release struct {
	version  string
	revision string
	date     time.Time // of the revision; the time of every file
	source   string    // root of the source tree
	roots    string    // PEM file of the certificate authorities that the image trusts
	dist     string
}

// programs are those of a release.
var programs = []string{"bbb-scaler", "genrules"}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var r release
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&r.version, "version", "", "version of the release")
	flags.StringVar(&r.revision, "revision", "", "revision of the repository")
	flags.StringVar(&r.source, "source", ".", "root of the source tree")
	flags.StringVar(&r.roots, "certificate-authorities", "/etc/ssl/certs/ca-certificates.crt", "PEM file of the certificate authorities that the image trusts")
	flags.Func("date", "time of the revision, RFC 3339", func(text string) (err error) {
		r.date, err = time.Parse(time.RFC3339, text)
		r.date = r.date.UTC()
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if r.version == "" || r.revision == "" || r.date.IsZero() || flags.NArg() != 1 {
		return errors.New("give -version, -revision, -date and the folder with the binaries")
	}
	r.dist = flags.Arg(0)
	return r.make()
}

// architectures are those that binaries were built for, such as amd64.
func (r release) architectures() ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(r.dist, "linux_*"))
	if err != nil || len(folders) == 0 {
		return nil, fmt.Errorf("no folder linux_* in %s: %w", r.dist, errors.Join(err, fs.ErrNotExist))
	}
	for i, f := range folders {
		folders[i] = strings.TrimPrefix(filepath.Base(f), "linux_")
	}
	slices.Sort(folders)
	return folders, nil
}

func (r release) make() error {
	architectures, err := r.architectures()
	if err != nil {
		return err
	}
	for _, arch := range architectures {
		if err := errors.Join(r.archive(arch), r.billOfMaterials(arch)); err != nil {
			return fmt.Errorf("%s: %w", arch, err)
		}
	}
	if err := r.image(architectures); err != nil {
		return fmt.Errorf("image: %w", err)
	}
	return r.checksums()
}

// binary is the path of a program for an architecture.
func (r release) binary(arch, program string) string {
	return filepath.Join(r.dist, "linux_"+arch, program)
}

// name is the name of a file of the release for an architecture.
func (r release) name(arch, extension string) string {
	return filepath.Join(r.dist, "bbb-scaler-"+r.version+".linux-"+arch+extension)
}

// checksums writes the SHA-256 of each file of the release, as sha256sum --check reads
// it.
func (r release) checksums() error {
	files, err := filepath.Glob(filepath.Join(r.dist, "bbb-scaler-*"))
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(content), filepath.Base(file))
	}
	return os.WriteFile(filepath.Join(r.dist, "SHA256SUMS"), []byte(text.String()), 0o644)
}
