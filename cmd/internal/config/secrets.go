package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// maxSecret is the largest accepted file of a secret, in bytes.
const maxSecret = 64 << 10

// readSecrets reads each secret from the file that the key with the suffix _file
// names (password_file for password). A secret from the environment overrides the
// file. refuseTwice has already refused a configuration file with both keys.
func readSecrets(f *File, dir string) (errs []error) {
	f.dir = dir
	f.fromFiles, errs = fill("", reflect.ValueOf(f).Elem(), dir)
	return errs
}

// RereadSecrets reads the secrets that came from files again, and reports whether
// any of them has changed. If a file cannot be read or is empty, its old secret
// stays.
func (f *File) RereadSecrets() (changed bool, err error) {
	var errs []error
	eachSecret("", reflect.ValueOf(f).Elem(), func(at string, secret *fleet.Secret, file string) {
		if !slices.Contains(f.fromFiles, at) {
			return
		}
		text, err := readSecret(f.dir, file)
		if err != nil {
			errs = append(errs, refuse.Value(at+fileSuffix, file, "be a file with the secret: %v", err))
			return
		}
		changed = changed || text != *secret
		*secret = text
	})
	return changed, errors.Join(errs...)
}

// ReadSecrets reads the section's secrets from their files, for programs that use
// Read and need no other secrets. Relative paths start from dir, the directory of
// the configuration file.
func (p *Prometheus) ReadSecrets(dir string) error {
	_, errs := fill("prometheus", reflect.ValueOf(p).Elem(), dir)
	return errors.Join(errs...)
}

// fill sets the secrets below v that are in files, and returns the paths of their
// keys.
func fill(at string, v reflect.Value, dir string) (fromFiles []string, errs []error) {
	eachSecret(at, v, func(at string, secret *fleet.Secret, file string) {
		if file == "" || *secret != "" {
			return
		}
		text, err := readSecret(dir, file)
		if err != nil {
			errs = append(errs, refuse.Value(at+fileSuffix, file, "be a file with the secret: %v", err))
			return
		}
		*secret = text
		fromFiles = append(fromFiles, at)
	})
	return fromFiles, errs
}

func readSecret(dir, path string) (fleet.Secret, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	text = bytes.TrimRight(text, "\r\n")
	switch {
	case err != nil:
		return "", err
	case len(text) == 0:
		return "", errors.New("it is empty")
	case len(text) > maxSecret:
		return "", fmt.Errorf("it is longer than %d bytes", maxSecret)
	}
	return fleet.Secret(text), nil
}

// refuseTwice refuses a configuration file that has both a secret and the key for
// the file of that secret.
func refuseTwice(f *File) []error {
	var errs []error
	eachSecret("", reflect.ValueOf(f).Elem(), func(at string, secret *fleet.Secret, file string) {
		if file != "" && *secret != "" {
			errs = append(errs, refuse.Value(at, nil, "not be given beside %s; keep one of them", at+fileSuffix))
		}
	})
	return errs
}

// SecretTexts returns every secret of the configuration in clear text. Tests use it
// to check that no secret is shown.
func (f *File) SecretTexts() []string {
	var all []string
	eachSecret("", reflect.ValueOf(f).Elem(), func(_ string, secret *fleet.Secret, _ string) {
		if *secret != "" {
			all = append(all, secret.Reveal())
		}
	})
	return all
}

const fileSuffix = "_file"

// eachSecret calls each for every secret below v, with the path of its key and
// the value of the key that names its file.
func eachSecret(at string, v reflect.Value, each func(at string, secret *fleet.Secret, file string)) {
	known := keys(v)
	for _, key := range slices.Sorted(maps.Keys(known)) {
		field := known[key]
		switch secret, ok := field.Addr().Interface().(*fleet.Secret); {
		case ok:
			each(join(at, key), secret, known[key+fileSuffix].String())
		case field.Kind() == reflect.Struct && !decodesItself(field.Type()):
			eachSecret(join(at, key), field, each)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct && !decodesItself(field.Type().Elem()):
			for i := range field.Len() {
				eachSecret(fmt.Sprintf("%s[%d]", join(at, key), i), field.Index(i), each)
			}
		}
	}
}
