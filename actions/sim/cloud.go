package sim

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// CloudError is a refusal by the cloud, as its HTTP answer would say it. It
// matches the Err sentinels of the actions package.
type CloudError struct {
	Status     int
	Code       string // the cloud's errorCode
	Message    string
	RetryAfter time.Duration // 0: none named
	Hangs      bool          // no answer at all
	Write      bool          // the call was one that changes something
}

// Error says what the cloud answered.
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

// The cloud's error codes, as its documentation and users report them.
var errorCodes = map[int]string{
	http.StatusUnauthorized: "315", http.StatusForbidden: "451", http.StatusNotFound: "309",
	http.StatusUnprocessableEntity: "200", http.StatusBadRequest: "100",
}

func refuse(status int, format string, args ...any) *CloudError {
	code := errorCodes[status]
	if code == "" {
		code = strconv.Itoa(status)
	}
	return &CloudError{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// cloudState is what the cloud knows beyond its servers.
type cloudState struct {
	requests map[string]*request
	made     int           // requests ever made
	tokens   float64       // of the rate limit
	filledAt time.Duration // when tokens was last right
}

func newCloudState(cfg CloudConfig) cloudState {
	return cloudState{requests: map[string]*request{}, tokens: float64(cfg.RateBurst)}
}

// Cube is the type of servers that are suspended and resumed, not stopped and
// started.
const Cube = "CUBE"

// power tells how the cloud's vmState reads.
func (s *server) power() fleet.Power {
	switch s.vm {
	case vmRunning:
		return fleet.PowerOn
	case vmOff:
		return fleet.PowerOff
	}
	return fleet.PowerOther
}

// enter counts a call of the cloud and meets the limits and faults that stand
// before any work.
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

// throttle takes a token, or returns how long until there is one.
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

// Limits returns the rate limit as the cloud's headers state it: the average
// number of calls a minute, how many may come at once, and how many are left.
// A limit of 0 is none.
func (w *World) Limits() (limit, burst, remaining int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg.Cloud.RateLimit, w.cfg.Cloud.RateBurst, int(w.cloud.tokens)
}

// provisioned is what all servers that are on, or will be, take of the contract.
func (w *World) provisioned() fleet.Size {
	var sum fleet.Size
	for _, s := range w.servers {
		if s.provisioned() {
			sum = sum.Add(s.size)
		}
	}
	return sum
}

// provisioned tells whether s takes of the contract: a suspended CUBE keeps what
// it has (IONOS API documentation).
func (s *server) provisioned() bool { return s.vm != vmOff || s.spec.Template == Cube }

// CloudContract returns the contract's limits and what is provisioned of them.
func (w *World) CloudContract() (perServer, limit, provisioned fleet.Size, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := w.enter("contract", nil, nil); e != nil {
		return perServer, limit, provisioned, e
	}
	return w.cfg.Cloud.PerServer, w.cfg.Cloud.PerContract, w.provisioned(), nil
}
