package outbound

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/rules/refuse"
)

// Checksum is the hash that signs calls to BigBlueButton and Scalelite.
type Checksum string

// The checksums. The server of a call recognizes them by their length.
const (
	SHA1   Checksum = "sha1"
	SHA256 Checksum = "sha256"
	SHA512 Checksum = "sha512"
)

// Check returns an error that names the configuration key, unless c is one of the
// three checksums.
func (c Checksum) Check(key string) error {
	if c.hash() == nil {
		return refuse.Value(key, c, "be %s, %s or %s", SHA1, SHA256, SHA512)
	}
	return nil
}

// Sign returns the signature of a call: the hash over the call's name, its raw
// query without the signature, and the secret, in lower-case hexadecimal.
// For a checksum that Check refuses it returns "".
func (c Checksum) Sign(call, rawQuery string, secret fleet.Secret) string {
	h := c.hash()
	if h == nil {
		return ""
	}
	h.Write([]byte(call + rawQuery + secret.Reveal()))
	return hex.EncodeToString(h.Sum(nil))
}

// hash returns a new hash, or nil for an unknown checksum.
func (c Checksum) hash() hash.Hash {
	switch c {
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	case SHA512:
		return sha512.New()
	}
	return nil
}
