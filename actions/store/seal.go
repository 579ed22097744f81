package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// sealLength is the number of hexadecimal digits of the checksum before each value.
const sealLength = 2 * crc32.Size

// polynomial is that of the checksums, CRC-32C.
var polynomial = crc32.MakeTable(crc32.Castagnoli)

// seal returns v as JSON, after a checksum of the key and the JSON. bbolt has no
// checksums for values, so that a flipped bit in a number or a word would not be
// detected.
func seal(key []byte, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(checksum(key, data), data...), nil
}

// unseal returns the JSON of a sealed value, or an error if the checksum differs. A
// value that begins with "{" has no checksum: earlier releases wrote such values.
func unseal(key, value []byte) ([]byte, error) {
	if len(value) > 0 && value[0] == '{' {
		if !json.Valid(value) {
			return nil, errors.New("it has no checksum and is not valid JSON")
		}
		return value, nil
	}
	if len(value) < sealLength || string(checksum(key, value[sealLength:])) != string(value[:sealLength]) {
		return nil, errors.New("its checksum differs")
	}
	return value[sealLength:], nil
}

// checksum returns the checksum of a key and its data, in hexadecimal digits.
func checksum(key, data []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, polynomial), polynomial, data)
	out := make([]byte, 0, sealLength)
	return hex.AppendEncode(out, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// decode decodes the sealed value of a key.
func decode(key, value []byte, into any) error {
	data, err := unseal(key, value)
	if err != nil {
		return fmt.Errorf("entry %q: %w", key, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("entry %q: %w", key, err)
	}
	return nil
}
