package scalelitetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// params are the parameters of a call as Rails merges them: those in the JSON body,
// replaced by those in the query.
type params map[string]any

// isJSON reports whether Rails decodes the body as JSON.
func isJSON(r *http.Request) bool {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json", "text/x-json", "application/jsonrequest":
		return true
	}
	return false
}

// read returns the parameters in a body and a query. A JSON body without the parameter
// "server" is used as that parameter itself (Rails' parameter wrapping).
func read(r *http.Request, body []byte) (params, error) {
	sent := map[string]any{}
	if isJSON(r) && len(body) > 0 {
		var err error
		if sent, err = decode(body); err != nil {
			return nil, err
		}
	}
	p := params(maps.Clone(sent))
	maps.Copy(p, nested(queryOf(r)))
	if _, ok := p["server"]; !ok && isJSON(r) {
		p["server"] = sent
	}
	return p, nil
}

// decode decodes JSON. A value that is not an object becomes the field _json.
func decode(body []byte) (map[string]any, error) {
	if !json.Valid(body) {
		return nil, errors.New("not JSON")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // the text as it was sent
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if object, ok := v.(map[string]any); ok {
		return object, nil
	}
	return map[string]any{"_json": v}, nil
}

// queryOf returns the query as Rack 3 parses it: a semicolon is not a separator.
func queryOf(r *http.Request) url.Values {
	query, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B")) // invalid parameters are left out
	return query
}

// nested returns the parameters in a query; a[b]=c is an object a with a field b.
func nested(query url.Values) params {
	p := params{}
	for name, values := range query {
		outer, inner, ok := strings.Cut(strings.TrimSuffix(name, "]"), "[")
		last := values[len(values)-1]
		if !ok {
			p[name] = last
			continue
		}
		object, _ := p[outer].(map[string]any)
		if object == nil {
			object = map[string]any{}
			p[outer] = object
		}
		object[inner] = last
	}
	return p
}

// server returns the parameter "server". present is false if it is missing or blank,
// object is false if it is not an object.
func (p params) server() (_ params, present, object bool) {
	switch v := p["server"].(type) {
	case nil:
		return nil, false, false
	case string:
		return nil, strings.TrimSpace(v) != "", false
	case []any:
		return nil, len(v) > 0, false
	case map[string]any:
		return v, len(v) > 0, true
	default:
		return nil, true, false
	}
}

// text returns a scalar as text, or "" for a value that is blank in Rails.
func (p params) text(name string) string {
	switch v := p[name].(type) {
	case string:
		if strings.TrimSpace(v) != "" {
			return v
		}
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
	}
	return ""
}

// number returns a scalar as Ruby's to_d converts it: the number at its beginning, or 0
// if there is none.
func (p params) number(name string) float64 {
	text := strings.TrimSpace(p.text(name))
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("+-.eE0123456789", r) }); i >= 0 {
		text = text[:i]
	}
	for ; text != ""; text = text[:len(text)-1] {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			return v
		}
	}
	return 0
}
