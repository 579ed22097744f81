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

// response is the shape that Scalelite shares with BigBlueButton's API.
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

// failed answers in the shape of BigBlueButton's API: 200 and XML.
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

// exception answers as Rails does for an exception: an empty page, or JSON for
// those who ask for it, by Accept or by the path.
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

// refuse answers with what the world's balancer refused.
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
