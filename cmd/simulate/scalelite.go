package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// usualSpeed is the default speed of the live demo: one hour in a minute.
const usualSpeed = 60

// mostPoll is the simulated time that may pass between two polls of Scalelite. Its
// default interval is one minute; above two minutes the demo's fleet would follow
// the load visibly later than a real one.
const mostPoll = 2 * time.Minute

// beside sets the defaults that depend on --scalelite.url: the secret and the speed.
func (o *options) beside(getenv func(string) string) error {
	if o.scalelite.URL == "" {
		o.defaultSpeed(min(usualSpeed, mostServerSpeed/float64(max(1, o.servers))))
		return nil
	}
	o.scalelite.Secret = cmp.Or(o.scalelite.Secret, fleet.Secret(getenv("LOADBALANCER_SECRET")))
	if err := o.scalelite.Validate(); err != nil {
		return err
	}
	most := max(1, mostPoll.Seconds()/o.scalelite.PollInterval.Seconds())
	o.defaultSpeed(min(usualSpeed, most))
	if o.speed > most {
		return fmt.Errorf("--speed %g: more than %s of simulated time would pass in the %s between two polls of Scalelite; use at most --speed %.3g, or set Scalelite's POLL_INTERVAL and --scalelite.poll-interval to %.2g seconds",
			o.speed, mostPoll, o.scalelite.PollInterval, most, mostPoll.Seconds()/o.speed)
	}
	return nil
}

func (o *options) defaultSpeed(speed float64) {
	if !o.given["speed"] {
		o.speed = speed
	}
}
