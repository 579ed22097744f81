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

// ErrTooLarge is the error of ReadBody for a body that is longer than the limit.
var ErrTooLarge = errors.New("answer too large")

// ReadBody reads the whole body of resp and closes it. A body of more than limit
// bytes is an error that matches ErrTooLarge.
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

// Brief returns a text that another program sent as one line that is safe to log:
// each run of control characters and spaces becomes one space, and the text is
// cut after 200 characters.
func Brief(text string) string {
	const most = 200
	// A long text is cut before it is processed; what remains is enough for the line.
	text = strings.ToValidUTF8(text[:min(len(text), 16*most)], "")
	fields := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	short := []rune(strings.Join(fields, " "))
	if len(short) > most {
		return string(short[:most]) + "…"
	}
	return string(short)
}
