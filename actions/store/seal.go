package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// sealLength is the length of the checksum in front of each value, in
// hexadecimal digits.
const sealLength = 2 * crc32.Size

var polynomial = crc32.MakeTable(crc32.Castagnoli)

// seal is v as JSON, with a checksum over it and its key in front: bbolt has
// none, and a flipped bit in a number or a word would be believed.
func seal(key []byte, v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(checksum(key, data), data...), nil
}

// unseal is the JSON of a sealed value. A value without a checksum, which begins
// as a JSON object does, was written by an earlier release.
func unseal(key, value []byte) ([]byte, error) {
	if len(value) > 0 && value[0] == '{' {
		if !json.Valid(value) {
			return nil, errors.New("neither sealed nor JSON")
		}
		return value, nil
	}
	if len(value) < sealLength || string(checksum(key, value[sealLength:])) != string(value[:sealLength]) {
		return nil, errors.New("its checksum differs")
	}
	return value[sealLength:], nil
}

func checksum(key, data []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, polynomial), polynomial, data)
	out := make([]byte, 0, sealLength)
	return hex.AppendEncode(out, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// decode reads a sealed value.
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
