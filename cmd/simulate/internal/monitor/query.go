package monitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
)

// Handler serves queries in the form of Prometheus's HTTP API, for its clients
// and dashboards: /api/v1/query, /api/v1/query_range and /-/ready.
func (p *Prometheus) Handler() http.Handler { return QueryHandler(p.engine, p.db) }

// QueryHandler serves /api/v1/query, /api/v1/query_range and /-/ready over
// samples. The handler of the server itself would add an OpenAPI library that
// nothing else here needs.
func QueryHandler(engine promql.QueryEngine, samples storage.Queryable) http.Handler {
	q := queries{engine, samples}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/query", answer(q.instant))
	mux.HandleFunc("/api/v1/query_range", answer(q.over))
	mux.HandleFunc("/-/ready", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ready") })
	return mux
}

type queries struct {
	engine  promql.QueryEngine
	samples storage.Queryable
}

func (q queries) instant(r *http.Request) (promql.Query, error) {
	at, err := timeOf(r, "time", time.Now())
	if err != nil {
		return nil, err
	}
	return q.engine.NewInstantQuery(r.Context(), q.samples, nil, r.FormValue("query"), at)
}

func (q queries) over(r *http.Request) (promql.Query, error) {
	start, err := timeOf(r, "start", time.Time{})
	if err != nil {
		return nil, err
	}
	end, err := timeOf(r, "end", time.Now())
	if err != nil {
		return nil, err
	}
	step, err := durationOf(r.FormValue("step"))
	if err != nil {
		return nil, err
	}
	return q.engine.NewRangeQuery(r.Context(), q.samples, nil, r.FormValue("query"), start, end, step)
}

// reply is the envelope of Prometheus's HTTP API.
type reply struct {
	Status    string `json:"status"`
	Data      *data  `json:"data,omitempty"`
	ErrorType string `json:"errorType,omitempty"`
	Error     string `json:"error,omitempty"`
}

type data struct {
	ResultType parser.ValueType `json:"resultType"`
	Result     parser.Value     `json:"result"`
}

func answer(parse func(*http.Request) (promql.Query, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query, err := parse(r)
		if err != nil {
			write(w, http.StatusBadRequest, reply{Status: "error", ErrorType: "bad_data", Error: err.Error()})
			return
		}
		defer query.Close()
		res := query.Exec(r.Context())
		if res.Err != nil {
			write(w, http.StatusUnprocessableEntity, reply{Status: "error", ErrorType: "execution", Error: res.Err.Error()})
			return
		}
		write(w, http.StatusOK, reply{Status: "success", Data: &data{res.Value.Type(), list(res.Value)}})
	}
}

// list is v, written as [] when it is empty.
func list(v parser.Value) parser.Value {
	switch all := v.(type) {
	case promql.Vector:
		return append(promql.Vector{}, all...)
	case promql.Matrix:
		return append(promql.Matrix{}, all...)
	}
	return v
}

func write(w http.ResponseWriter, code int, body reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has disconnected
}

func timeOf(r *http.Request, key string, otherwise time.Time) (time.Time, error) {
	text := r.FormValue(key)
	if text == "" {
		if otherwise.IsZero() {
			return time.Time{}, fmt.Errorf("parameter %s is missing", key)
		}
		return otherwise, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.UnixMilli(int64(seconds * 1000)), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("parameter %s: %q is neither seconds since 1970 nor RFC 3339", key, text)
	}
	return at, nil
}

func durationOf(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 {
		return time.Duration(seconds * float64(time.Second)), nil
	}
	d, err := model.ParseDuration(text)
	if err != nil || d == 0 {
		return 0, fmt.Errorf("parameter step: %q is not a duration above 0", text)
	}
	return time.Duration(d), nil
}
