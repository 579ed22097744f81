// Package seal adds checksums to the values of a store, since neither bbolt nor
// PostgreSQL (unless it was set up with them) has checksums of its own.
package seal

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// length is the number of hexadecimal digits of the checksum before each value.
const length = 2 * crc32.Size

// polynomial is that of the checksums, CRC-32C.
var polynomial = crc32.MakeTable(crc32.Castagnoli)

// Seal returns v as JSON, after a checksum of the key and the JSON. Without it, a
// flipped bit in a number or a word would not be detected.
func Seal(key []byte, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(Checksum(key, data), data...), nil
}

// Unseal returns the JSON of a sealed value, or an error if the checksum differs. A
// value that begins with "{" has no checksum: earlier releases wrote such values.
func Unseal(key, value []byte) ([]byte, error) {
	if len(value) > 0 && value[0] == '{' {
		if !json.Valid(value) {
			return nil, errors.New("it has no checksum and is not valid JSON")
		}
		return value, nil
	}
	if len(value) < length || string(Checksum(key, value[length:])) != string(value[:length]) {
		return nil, errors.New("its checksum differs")
	}
	return value[length:], nil
}

// Checksum returns the checksum of a key and its data, in hexadecimal digits.
func Checksum(key, data []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, polynomial), polynomial, data)
	out := make([]byte, 0, length)
	return hex.AppendEncode(out, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// Decode decodes the sealed value of a key. The error names the key.
func Decode(key, value []byte, into any) error {
	data, err := Unseal(key, value)
	if err != nil {
		return fmt.Errorf("entry %q: %w", key, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("entry %q: %w", key, err)
	}
	return nil
}
