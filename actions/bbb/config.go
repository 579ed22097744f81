package bbb

import (
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Config is the section "bbb" of the configuration file. Addresses and secrets
// of the servers come from Scalelite.
type Config struct {
	// Checksum is the hash that signs calls: sha1, sha256 or sha512. It must be one
	// of the servers' supportedChecksumAlgorithms.
	Checksum outbound.Checksum `yaml:"checksum_algorithm"`
	// RequestTimeout is the timeout of one call. A server that takes longer counts as
	// one that does not answer.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// CAFile is a PEM file with the certificate authorities to trust; if it is
	// empty, the system's are trusted.
	CAFile string `yaml:"ca_file"`
	// InsecureSkipVerify accepts certificates without verifying them.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// Defaults returns the section of an empty file. BigBlueButton accepts
// SHA-1 and SHA-256 (its API documentation). A healthy server answers in well
// under a second; 6 s are enough for one under load.
func Defaults() Config {
	return Config{Checksum: outbound.SHA256, RequestTimeout: 6 * time.Second}
}

// Validate returns all errors in the section. Each error names the key's path, its
// value, and what is allowed.
func (c Config) Validate() []error {
	var p refuse.Problems
	p.Add(c.Checksum.Check("bbb.checksum_algorithm"))
	p.Positive("bbb.request_timeout", c.RequestTimeout)
	return p
}
