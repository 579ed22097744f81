package calendar

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// The greatest numbers in descriptions.
const (
	maxUsers     = 1_000_000
	maxMinActive = 10_000
)

// asked matches what the description of an event asks for.
var asked = regexp.MustCompile(`(?:^|[\s;,>])(users|min_active|pool)=([^\s;,<]*)`)

// asksOf returns an event with what a description asks for: users=300, min_active=20, and
// pool=gold for the servers with that tag.
func asksOf(description string) (e fleet.Event, err error) {
	for _, match := range asked.FindAllStringSubmatch(description, -1) {
		switch key, value := match[1], match[2]; key {
		case "users":
			e.Users, err = number(key, value, maxUsers)
		case "min_active":
			e.MinActive, err = number(key, value, maxMinActive)
		case "pool":
			e.Pool = value
		}
		if err != nil {
			return fleet.Event{}, err
		}
	}
	return e, nil
}

// number returns a whole number from 1 to most.
func number(key, value string, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s=%.40q must be a whole number from 1 to %d", key, value, most)
	}
	return n, nil
}
