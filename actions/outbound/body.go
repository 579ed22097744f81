package outbound

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
)

// ErrTooLarge is returned for a body beyond its greatest size.
var ErrTooLarge = errors.New("answer too large")

// ReadBody reads the whole body of resp, at most limit bytes, and closes it.
func ReadBody(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	tooLarge := fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	if resp.ContentLength > limit {
		return nil, tooLarge
	}
	var body bytes.Buffer
	body.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead)
	if _, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1)); err != nil {
		return nil, err
	}
	if int64(body.Len()) > limit {
		return nil, tooLarge
	}
	return body.Bytes(), nil
}

// Brief makes foreign text fit for one line of a log: control characters and
// runs of spaces become one space, and at most 200 characters remain.
func Brief(text string) string {
	const most = 200
	// Enough to fill the line; the rest of a huge text is not worth the walk.
	text = strings.ToValidUTF8(text[:min(len(text), 16*most)], "")
	fields := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	short := []rune(strings.Join(fields, " "))
	if len(short) > most {
		return string(short[:most]) + "…"
	}
	return string(short)
}
