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

	"github.com/bbb-scaler/bbb-scaler/actions"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 64 << 10

// readSecrets fills each secret from the file that the key beside it names
// (password, password_file). A secret that is already given wins over its file
// when it came from the environment, and is refused beside it in the file.
func readSecrets(f *File, dir string) []error { return fill("", reflect.ValueOf(f).Elem(), dir) }

// ReadSecrets fills the section's secrets from its files, for programs that
// Read the configuration and need no other. Relative paths are below dir, the
// configuration file's.
func (p *Prometheus) ReadSecrets(dir string) error {
	return errors.Join(fill("prometheus", reflect.ValueOf(p).Elem(), dir)...)
}

func fill(at string, v reflect.Value, dir string) []error {
	var errs []error
	eachSecret(at, v, func(at string, secret *actions.Secret, file string) {
		if file == "" || *secret != "" {
			return
		}
		text, err := readSecret(dir, file)
		if err != nil {
			errs = append(errs, refuse.Value(at+fileSuffix, file, "be a file with the secret: %v", err))
			return
		}
		*secret = text
	})
	return errs
}

func readSecret(dir, path string) (actions.Secret, error) {
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
	return actions.Secret(text), nil
}

// refuseTwice refuses a secret that the file gives both ways.
func refuseTwice(f *File) []error {
	var errs []error
	eachSecret("", reflect.ValueOf(f).Elem(), func(at string, secret *actions.Secret, file string) {
		if file != "" && *secret != "" {
			errs = append(errs, refuse.Value(at, nil, "not be given beside %s; keep one of them", at+fileSuffix))
		}
	})
	return errs
}

// SecretTexts returns every secret of the configuration in clear, for those who
// make sure that none is shown.
func (f *File) SecretTexts() []string {
	var all []string
	eachSecret("", reflect.ValueOf(f).Elem(), func(_ string, secret *actions.Secret, _ string) {
		if *secret != "" {
			all = append(all, secret.Reveal())
		}
	})
	return all
}

const fileSuffix = "_file"

// eachSecret calls each for every secret below v, with the path of its key and
// the value of the key that names its file.
func eachSecret(at string, v reflect.Value, each func(at string, secret *actions.Secret, file string)) {
	known := keys(v)
	for _, key := range slices.Sorted(maps.Keys(known)) {
		field := known[key]
		switch secret, ok := field.Addr().Interface().(*actions.Secret); {
		case ok:
			each(join(at, key), secret, known[key+fileSuffix].String())
		case field.Kind() == reflect.Struct && !decodesItself(field.Type()):
			eachSecret(join(at, key), field, each)
		}
	}
}
