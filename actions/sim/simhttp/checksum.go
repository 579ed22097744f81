package simhttp

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// algorithms are the checksum algorithms of BigBlueButton and Scalelite, by the
// number of their hexadecimal digits.
var algorithms = map[int]struct {
	name string
	hash func() hash.Hash
}{40: {"SHA1", sha1.New}, 64: {"SHA256", sha256.New}, 128: {"SHA512", sha512.New}}

// Checks reports whether the checksum of a request is valid for BigBlueButton and
// Scalelite: the hash of the action, the raw query without the checksum itself, and the
// secret, without the body. allowed names the algorithms (SHA1, SHA256, SHA512); nil
// allows all.
func Checks(r *http.Request, action string, secret fleet.Secret, allowed []string) bool {
	sent := r.URL.Query().Get("checksum")
	algorithm, ok := algorithms[len(sent)]
	if !ok || allowed != nil && !slices.Contains(allowed, algorithm.name) {
		return false
	}
	query := strings.NewReplacer("&checksum="+sent, "", "checksum="+sent+"&", "", "checksum="+sent, "").Replace(r.URL.RawQuery)
	h := algorithm.hash()
	io.WriteString(h, action+query+secret.Reveal())
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(h.Sum(nil))), []byte(sent)) == 1
}
