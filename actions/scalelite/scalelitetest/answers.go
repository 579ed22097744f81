package scalelitetest

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
	"github.com/bbb-scaler/bbb-scaler/actions/sim/simhttp"
)

// response is an answer in the XML format of BigBlueButton's API.
type response struct {
	XMLName    xml.Name `xml:"response"`
	Returncode string   `xml:"returncode"`
	MessageKey string   `xml:"messageKey,omitempty"`
	Message    string   `xml:"message,omitempty"`
	Version    string   `xml:"version,omitempty"`
}

func replyXML(rw http.ResponseWriter, answer response) {
	rw.Header().Set("Content-Type", "application/xml; charset=utf-8")
	io.WriteString(rw, xml.Header)
	_ = xml.NewEncoder(rw).Encode(answer) // the client went away
}

// failed answers with an error in the format of BigBlueButton's API: status 200 and XML.
func failed(rw http.ResponseWriter, key, message string) {
	replyXML(rw, response{Returncode: "FAILED", MessageKey: key, Message: message})
}

func reply(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v) // the client went away
}

func badRequest(rw http.ResponseWriter, message string) {
	reply(rw, http.StatusBadRequest, map[string]string{"error": message})
}

// exception answers as Rails does after an exception: with an empty page, or with JSON
// if the Accept header or the path asks for it.
func exception(rw http.ResponseWriter, r *http.Request, status int) {
	if strings.Contains(r.Header.Get("Accept"), "json") || path.Ext(r.URL.Path) == ".json" {
		reply(rw, status, map[string]any{"status": status, "error": http.StatusText(status)})
		return
	}
	empty(rw, status)
}

// empty answers with an empty page.
func empty(rw http.ResponseWriter, status int) {
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
}

// refuse answers with an error of the simulated balancer.
func (a *api) refuse(rw http.ResponseWriter, r *http.Request, err error) {
	e, _ := errors.AsType[*sim.BalancerError](err)
	switch {
	case e != nil && e.Hangs:
		<-r.Context().Done()
	case e != nil && e.Status == 0:
		simhttp.HangUp(rw)
	case e == nil || e.Status >= 500:
		exception(rw, r, http.StatusInternalServerError)
	default:
		reply(rw, e.Status, map[string]string{"error": e.Message})
	}
}
