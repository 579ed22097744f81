package main

import (
	"strings"
	"testing"

	"github.com/bbb-scaler/bbb-scaler/cmd/internal/config"
)

func TestTheSpeedFollowsScalelitesPolls(t *testing.T) {
	const here, secret = "--scalelite.url=http://localhost:3000", "--scalelite.secret=s"
	tests := []struct {
		name  string
		args  []string
		env   map[string]string
		speed float64
		want  string // error
	}{
		{name: "without a Scalelite an hour takes a minute", args: []string{"--live"}, speed: 60},
		{name: "a poll a minute allows two", args: []string{"--live", here, secret}, speed: 2},
		{name: "a poll in two seconds allows sixty", args: []string{"--live", here, secret, "--scalelite.poll-interval=2s"}, speed: 60},
		{name: "the secret comes from the environment", args: []string{"--live", here}, env: map[string]string{"LOADBALANCER_SECRET": "s"}, speed: 2},
		{name: "too fast for the polls", args: []string{"--live", here, secret, "--speed=60"}, want: "use at most --speed 2, or set Scalelite's POLL_INTERVAL and --scalelite.poll-interval to 2 seconds"},
		{name: "no secret", args: []string{"--live", here}, want: "--scalelite.secret: must be Scalelite's"},
		{name: "an address that is none", args: []string{"--live", "--scalelite.url=here", secret}, want: "--scalelite.url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, _, err := parse(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			err = o.beside(config.Getenv(environment(tt.env)))
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("beside() = %v, want an error with %q", err, tt.want)
				}
				return
			}
			if err != nil || o.speed != tt.speed {
				t.Errorf("speed = %g, %v, want %g", o.speed, err, tt.speed)
			}
		})
	}
}
