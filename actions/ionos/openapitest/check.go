// Package openapitest checks, in tests, calls of the IONOS Cloud API and their answers
// against the API's OpenAPI text.
//
// The text is that of January 2023, the last that the SDK's module holds; .ci/tools/ionos
// states the version. What the API has since then is added in text.go, and also what the
// text states other than the API does it.
package openapitest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// basePath is the path of the API at any host.
const basePath = "/cloudapi/v6"

// calls finds the calls of the text. The text is loaded once for all tests of a package,
// which takes half a second.
var calls = sync.OnceValues(load)

// Checked returns a handler that answers as next does. It reports to t every answer that
// the text does not allow, and every call that next accepted and the text does not allow.
//
// The page of a proxy that answers in place of the API, what is answered to a client that
// has gone away, and paths that are not the API's are not checked.
func Checked(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	known, err := calls()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var sent bytes.Buffer
		call := r.Clone(r.Context())
		r.Body = io.NopCloser(io.TeeReader(r.Body, &sent))
		got := &answer{ResponseWriter: rw, status: http.StatusOK}
		next.ServeHTTP(got, r)
		if r.Context().Err() != nil || got.fromProxy() || !strings.HasPrefix(r.URL.Path, basePath) {
			return
		}
		call.Body = io.NopCloser(&sent)
		if err := check(known, call, got); err != nil {
			t.Errorf("%s %s was answered with %d, and the OpenAPI text does not allow that: %v", r.Method, r.URL, got.status, err)
		}
	})
}

// answer keeps what is written.
type answer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(text []byte) (int, error) {
	a.body.Write(text)
	return a.ResponseWriter.Write(text)
}

// fromProxy reports whether the answer is the page of a proxy.
func (a *answer) fromProxy() bool {
	return a.status >= 500 && strings.HasPrefix(a.Header().Get("Content-Type"), "text/html")
}

// check returns how the answer departs from the text, or the call if it was accepted.
func check(known routers.Router, call *http.Request, got *answer) error {
	accepted := got.status < http.StatusBadRequest
	route, parameters, err := known.FindRoute(call)
	if err != nil {
		if accepted {
			return err
		}
		return nil // a call that does not exist is refused
	}
	options := &openapi3filter.Options{
		MultiError: true, IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true,
		ExcludeReadOnlyValidations: true, // a server is created with read-only items, and a volume attached by its read-only id
		AuthenticationFunc:         openapi3filter.NoopAuthenticationFunc,
		SchemaValidationOptions:    []openapi3.SchemaValidationOption{openapi3.DisableSchemaErrorDetails()}, // long
	}
	input := &openapi3filter.RequestValidationInput{Request: call, PathParams: parameters, Route: route, Options: options}
	if accepted {
		err = openapi3filter.ValidateRequest(call.Context(), input)
	}
	output := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: got.status, Header: got.Header(), Options: options}
	return errors.Join(err, openapi3filter.ValidateResponse(call.Context(), output.SetBodyBytes(got.body.Bytes())))
}
