package live

import (
	"fmt"
	"strings"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
)

// Summary is the result of a run.
type Summary struct {
	Steps              map[string]int `json:"steps"` // number of steps that were done, by kind
	Meetings           int            `json:"meetings"`
	MeetingsEndedEarly int            `json:"meetings_ended_early"`
	MeetingsRefused    int            `json:"meetings_refused"`
	ServerHours        float64        `json:"server_hours"`
	// ServerHoursAllOn and CostAllOn are those of all servers switched on, at their
	// first size.
	ServerHoursAllOn   float64 `json:"server_hours_all_on"`
	Cost               float64 `json:"cost"`
	CostAllOn          float64 `json:"cost_all_on"`
	ParticipantMinutes float64 `json:"participant_minutes"`
	// OverloadParticipantMinutes were spent on servers whose CPU or memory
	// workload was above the maximum threshold.
	OverloadParticipantMinutes float64 `json:"overload_participant_minutes"`
	// Takeovers is nil unless there were several daemons.
	*Takeovers
	// Links is nil unless links were cut.
	Links *Links `json:"links,omitempty"`
}

func (d *demo) summary() Summary {
	f := d.world.Figures()
	s := Summary{
		Steps: map[string]int{}, Meetings: f.Meetings, MeetingsEndedEarly: f.MeetingsEndedEarly,
		MeetingsRefused: f.MeetingsRefused, ServerHours: f.ServerHours,
		ParticipantMinutes: f.ParticipantMinutes, OverloadParticipantMinutes: f.OverloadParticipantMinutes,
		Takeovers: d.replicas.takeovers(),
	}
	hours := d.world.Now().Sub(d.world.Start()).Hours()
	s.ServerHoursAllOn = hours * float64(len(d.bbb))
	s.Cost, s.CostAllOn = f.Cost, d.world.CostOfAll()
	for _, kind := range fleet.Kinds() {
		s.Steps[string(kind)] = f.Steps[kind]
	}
	if d.network.found.Checks > 0 {
		s.Links = &d.network.found
	}
	return s
}

// saved returns the share of the cost of all servers that was saved, as text.
func (s Summary) saved() string {
	if s.CostAllOn == 0 {
		return "0 %"
	}
	return fleet.Percent(1-s.Cost/s.CostAllOn, 0)
}

// String returns the summary as text for people.
func (s Summary) String() string {
	var steps []string
	for _, kind := range fleet.Kinds() {
		steps = append(steps, fmt.Sprintf("%s %d", kind, s.Steps[string(kind)]))
	}
	text := fmt.Sprintf("\nMeetings: %d, ended early %d, refused %d.\n"+
		"Cost: %.2f, with all servers on %.2f: saved %s (prices are assumptions). Server-hours: %.1f of %.1f.\n"+
		"Participant-minutes: %.0f, of these on servers above a maximum threshold: %.1f %%.\nSteps: %s.\n",
		s.Meetings, s.MeetingsEndedEarly, s.MeetingsRefused, s.Cost, s.CostAllOn, s.saved(), s.ServerHours, s.ServerHoursAllOn,
		s.ParticipantMinutes, 100*s.OverloadParticipantMinutes/max(1, s.ParticipantMinutes), strings.Join(steps, ", "))
	if s.Takeovers != nil {
		text += s.Takeovers.String()
	}
	if s.Links != nil {
		text += s.Links.String()
	}
	return text
}
