package receiver

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// webhook stores a notification durably or rejects it completely. Only single alerts
// that are too large, or that exceed fleet.max_alerts, are refused by themselves.
func (s *server) webhook(c echo.Context) error {
	n, err := s.notification(c)
	if err == nil {
		err = s.store(n)
	}
	code := http.StatusOK
	if err != nil {
		code = statusOf(err)
		if !errors.Is(err, fleet.ErrFull) { // the scaler logs the begin and the end of that
			s.Log.Warn("notification rejected", "code", code, "error", err)
		}
	}
	s.metrics.notifications.WithLabelValues(strconv.Itoa(code)).Inc()
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]int{"alerts": len(n.alerts)})
}

func (s *server) notification(c echo.Context) (notification, error) {
	body, err := s.body(c, int64(s.cfg.MaxNotification)<<20)
	if err != nil {
		return notification{}, err
	}
	// A decoded notification takes several times the memory of its text, so that only
	// one is decoded at a time.
	s.decoding.Lock()
	defer s.decoding.Unlock()
	n, err := decode(body, s.Now())
	if err != nil {
		return notification{}, fail(http.StatusBadRequest, "notification: %v", err)
	}
	return n, nil
}

// store passes the alerts to the scaler.
func (s *server) store(n notification) error {
	if n.truncated > 0 {
		s.metrics.truncated.Add(float64(n.truncated))
		s.Log.Warn("notification was truncated; set max_alerts of the webhook to 0", "missing", n.truncated)
	}
	concern, err := s.Scaler.Notify(n.alerts)
	s.metrics.received.WithLabelValues("true").Add(float64(concern))
	s.metrics.received.WithLabelValues("false").Add(float64(len(n.alerts) - concern))
	if err != nil && statusOf(err) == http.StatusServiceUnavailable {
		return fail(http.StatusServiceUnavailable, "%v; send it again", err)
	}
	return err
}

// body reads the whole JSON body of a request, up to limit bytes.
func (s *server) body(c echo.Context, limit int64) ([]byte, error) {
	r := c.Request()
	if media, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err != nil || media != echo.MIMEApplicationJSON {
		return nil, fail(http.StatusUnsupportedMediaType, "content type %q is not application/json", r.Header.Get(echo.HeaderContentType))
	}
	if encoding := r.Header.Get(echo.HeaderContentEncoding); encoding != "" && encoding != "identity" {
		return nil, fail(http.StatusUnsupportedMediaType, "content encoding %q is not supported; send plain JSON", encoding)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, limit))
	if tooLarge(err) {
		return nil, fail(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", limit)
	}
	if err != nil {
		// The transfer was interrupted. The sender should repeat it.
		return nil, fail(http.StatusServiceUnavailable, "reading the body: %v", err)
	}
	return body, nil
}
