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

// params are what a call sends, as Rails sees it: the body's JSON, and over it
// the query.
type params map[string]any

// isJSON tells whether Rails takes a body for JSON.
func isJSON(r *http.Request) bool {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json", "text/x-json", "application/jsonrequest":
		return true
	}
	return false
}

// read merges a body and a query. A body in JSON without a "server" counts as
// one itself, as Rails' parameter wrapping has it.
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

// decode reads JSON; what is no object is the field _json of one.
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

// queryOf reads a query as Rack 3 does, for which a semicolon separates nothing.
func queryOf(r *http.Request) url.Values {
	query, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "%3B")) // what is broken is left out
	return query
}

// nested reads a query, in which a[b]=c is an object a with a field b.
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

// server returns the object "server"; present is false when it is missing or
// blank, object when it is something else.
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

// text returns a scalar as a text; it is empty for what Rails calls blank.
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

// number returns a scalar as Ruby's to_d reads it: as far as it is a number, and
// 0 when it is none.
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
