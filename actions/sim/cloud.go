package sim

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// CloudError is an error answer of the cloud. It unwraps to the Err sentinels of
// package fleet.
type CloudError struct {
	Status     int    // HTTP status
	Code       string // the cloud's errorCode
	Message    string
	RetryAfter time.Duration // 0: no header
	Hangs      bool          // there is no answer
	Write      bool          // whether the call is a write
}

// Error returns the status and the message.
func (e *CloudError) Error() string {
	if e.Hangs {
		return "cloud: " + e.Message
	}
	return fmt.Sprintf("cloud answered %d: %s", e.Status, e.Message)
}

// Unwrap returns the sentinel that the status stands for, or nil.
func (e *CloudError) Unwrap() error {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fleet.ErrAuth
	case http.StatusNotFound:
		return fleet.ErrGone
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusLocked:
		return fleet.ErrBusy
	case http.StatusTooManyRequests:
		return fleet.ErrThrottled
	}
	if e.Write {
		return fleet.ErrUnknown
	}
	return nil
}

// errorCodes are the cloud's error codes by HTTP status, from its documentation and from
// reports of users.
var errorCodes = map[int]string{
	http.StatusUnauthorized: "315", http.StatusForbidden: "451", http.StatusNotFound: "309",
	http.StatusUnprocessableEntity: "200", http.StatusBadRequest: "100",
}

// refuse returns a CloudError with the error code of the status.
func refuse(status int, format string, args ...any) *CloudError {
	code := errorCodes[status]
	if code == "" {
		code = strconv.Itoa(status)
	}
	return &CloudError{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// cloudState is the state of the cloud beyond its servers.
type cloudState struct {
	requests map[string]*request
	made     int           // number of requests made
	tokens   float64       // calls left of the rate limit
	filledAt time.Duration // when tokens was last updated
}

func newCloudState(cfg CloudConfig) cloudState {
	return cloudState{requests: map[string]*request{}, tokens: float64(cfg.RateBurst)}
}

// Cube is the type of servers that are suspended and resumed, not stopped and
// started.
const Cube = "CUBE"

// power returns the power that the cloud's vmState means.
func (s *server) power() fleet.Power {
	switch s.vm {
	case vmRunning:
		return fleet.PowerOn
	case vmOff:
		return fleet.PowerOff
	}
	return fleet.PowerOther
}

// enter counts a call of the cloud, and returns the error of the rate limit or of the
// fault that applies to it, or nil.
func (w *World) enter(op string, s *server, dc *datacenter) *CloudError {
	w.calls["cloud."+op]++
	if wait := w.throttle(); wait > 0 {
		e := refuse(http.StatusTooManyRequests, "Rate limit exceeded")
		e.RetryAfter = wait
		return e
	}
	if w.strike(CloudHangs, op, s, dc) != nil || op == "servers" && w.strike(ListHangs, op, s, dc) != nil {
		return &CloudError{Hangs: true, Message: "no answer", Write: writes[op]}
	}
	f := w.strike(CloudAnswers, op, s, dc)
	if f == nil {
		return nil
	}
	e := refuse(f.Status, "%s", http.StatusText(f.Status))
	e.RetryAfter, e.Write = f.RetryAfter, writes[op]
	return e
}

// throttle takes one call from the rate limit, or returns the time until one is left.
func (w *World) throttle() time.Duration {
	limit := float64(w.cfg.Cloud.RateLimit)
	if limit == 0 {
		return 0
	}
	c := &w.cloud
	c.tokens = min(float64(w.cfg.Cloud.RateBurst), c.tokens+(w.now-c.filledAt).Minutes()*limit)
	c.filledAt = w.now
	if c.tokens < 1 {
		return time.Duration(math.Ceil((1-c.tokens)/limit*60)) * time.Second
	}
	c.tokens--
	return 0
}

// Limits returns the rate limit as in the cloud's headers: the average number of calls
// per minute, the burst, and the calls that are left of it. A limit of 0 means no limit.
func (w *World) Limits() (limit, burst, remaining int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg.Cloud.RateLimit, w.cfg.Cloud.RateBurst, int(w.cloud.tokens)
}

// provisioned returns the total size of the servers that count against the contract.
func (w *World) provisioned() fleet.Size {
	var sum fleet.Size
	for _, s := range w.servers {
		if s.provisioned() {
			sum = sum.Add(s.size)
		}
	}
	return sum
}

// provisioned reports whether s counts against the contract. A suspended CUBE does,
// because it keeps its cores and RAM (IONOS API documentation).
func (s *server) provisioned() bool { return s.vm != vmOff || s.spec.Template == Cube }

// CloudContract returns the limits of one server and of the contract, and what is
// provisioned. It counts as one call of the cloud. Errors are *CloudError.
func (w *World) CloudContract() (perServer, limit, provisioned fleet.Size, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.enter("contract", nil, nil); e != nil {
		return perServer, limit, provisioned, e
	}
	return w.cfg.Cloud.PerServer, w.cfg.Cloud.PerContract, w.provisioned(), nil
}
