package receiver

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/receiver/api"
)

// fail returns an error whose response has the given status code.
func fail(code int, format string, args ...any) error {
	return echo.NewHTTPError(code, fmt.Sprintf(format, args...))
}

// statusOf maps an error to the status code of the response: 4xx for a request
// that will never be accepted, 503 for one that may be sent again.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*echo.HTTPError](err); ok {
		return answer.Code
	}
	switch {
	case errors.Is(err, fleet.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, fleet.ErrGone):
		return http.StatusNotFound
	case errors.Is(err, fleet.ErrFull):
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

func tooLarge(err error) bool {
	_, is := errors.AsType[*http.MaxBytesError](err)
	return is
}

// answerError writes every error as an api.Error.
func (s *server) answerError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	text := err.Error()
	if answer, ok := errors.AsType[*echo.HTTPError](err); ok {
		text = fmt.Sprint(answer.Message)
	}
	if err := c.JSON(statusOf(err), api.Error{Error: text}); err != nil {
		s.Log.Debug("answering failed", "error", err)
	}
}
