package bbbtest

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bbb-scaler/bbb-scaler/actions/sim"
)

// Parameters of create that describe the simulated people of a meeting. A balancer
// passes metadata on unchanged, so that its client sets them.
const (
	MetaDuration     = "meta_sim-duration"     // seconds; without it, duration in minutes counts, or an hour
	MetaParticipants = "meta_sim-participants" // people, including the moderator; default 10
	MetaWebcams      = "meta_sim-webcams"      // default 2
)

type list struct {
	Meetings []meeting `xml:"meeting"`
}

// meeting is a meeting in the answers of getMeetings and getMeetingInfo.
type meeting struct {
	Name         string `xml:"meetingName"`
	ID           string `xml:"meetingID"`
	InternalID   string `xml:"internalMeetingID"`
	CreateTime   int64  `xml:"createTime"` // ms
	CreateDate   string `xml:"createDate"`
	IsRunning    bool   `xml:"running"`
	Joined       bool   `xml:"hasUserJoined"`
	Recording    bool   `xml:"recording"`
	Ended        bool   `xml:"hasBeenForciblyEnded"`
	Participants int    `xml:"participantCount"`
	Listeners    int    `xml:"listenerCount"`
	Voices       int    `xml:"voiceParticipantCount"`
	Videos       int    `xml:"videoCount"`
	Moderators   int    `xml:"moderatorCount"`
	Breakout     bool   `xml:"isBreakout"`
}

func (a *api) describe(m sim.Meeting) meeting {
	created := a.Clock(m.Created)
	return meeting{
		Name: m.Name, ID: m.ID, InternalID: m.ID + "-" + strconv.FormatInt(created.UnixMilli(), 10),
		CreateTime: created.UnixMilli(), CreateDate: created.Format(time.UnixDate),
		IsRunning: m.Participants > 0, Joined: m.Participants > 0, Participants: m.Participants, Videos: m.Videos,
		Moderators: m.Moderators, Voices: m.Participants,
	}
}

func (a *api) index(rw http.ResponseWriter, r request) {
	write(rw, response{Returncode: "SUCCESS", Version: "2.0", BBBVersion: r.server.Version})
}

func (a *api) meetings(rw http.ResponseWriter, r request) {
	meetings, err := a.World.MeetingsOn(r.server.ID)
	if err != nil {
		failed(rw, "internalError", err.Error())
		return
	}
	answer := response{Returncode: "SUCCESS", Meetings: &list{}}
	for _, m := range meetings {
		answer.Meetings.Meetings = append(answer.Meetings.Meetings, a.describe(m))
	}
	if len(meetings) == 0 {
		answer.MessageKey, answer.Message = "noMeetings", "no meetings were found on this server"
	}
	write(rw, answer)
}

func (a *api) info(rw http.ResponseWriter, r request) {
	m, ok := a.find(rw, r)
	if !ok {
		return
	}
	described := a.describe(m)
	write(rw, response{Returncode: "SUCCESS", meeting: &described, Running: &described.IsRunning})
}

// find returns the meeting that the request names. If there is none, it answers with an
// error and returns false.
func (a *api) find(rw http.ResponseWriter, r request) (sim.Meeting, bool) {
	meetings, err := a.World.MeetingsOn(r.server.ID)
	if err == nil {
		for _, m := range meetings {
			if m.ID == r.URL.Query().Get("meetingID") {
				return m, true
			}
		}
	}
	failed(rw, "notFound", "We could not find a meeting with that meeting ID")
	return sim.Meeting{}, false
}

func (a *api) isRunning(rw http.ResponseWriter, r request) {
	meetings, _ := a.World.MeetingsOn(r.server.ID)
	running := false
	for _, m := range meetings {
		running = running || m.ID == r.URL.Query().Get("meetingID") && m.Participants > 0
	}
	write(rw, response{Returncode: "SUCCESS", Running: &running})
}

func (a *api) create(rw http.ResponseWriter, r request) {
	if err := r.ParseForm(); err != nil {
		failed(rw, "validationError", err.Error())
		return
	}
	spec, err := specOf(r.Form)
	if err != nil {
		failed(rw, "validationError", err.Error())
		return
	}
	m, err := a.World.HostMeeting(r.server.ID, spec)
	if err != nil {
		failed(rw, "idNotUnique", err.Error())
		return
	}
	described := a.describe(m)
	write(rw, response{Returncode: "SUCCESS", meeting: &described})
}

// specOf returns the meeting that the parameters of create describe.
func specOf(form url.Values) (sim.MeetingSpec, error) {
	spec := sim.MeetingSpec{ID: form.Get("meetingID"), Name: form.Get("name")}
	if spec.ID == "" {
		return spec, errors.New("you must provide a meeting ID")
	}
	minutes, err1 := number(form, "duration", 0)
	seconds, err2 := number(form, MetaDuration, minutes*60)
	people, err3 := number(form, MetaParticipants, 10)
	webcams, err4 := number(form, MetaWebcams, 2)
	if seconds == 0 {
		seconds = 3600
	}
	spec.Duration = time.Duration(seconds) * time.Second
	spec.Participants, spec.Webcams = people, webcams
	return spec, errors.Join(err1, err2, err3, err4)
}

func number(form url.Values, name string, def int) (int, error) {
	text := form.Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1<<20 {
		return 0, errors.New(name + " must be a whole number from 0 to 1048576: got " + strconv.Quote(text))
	}
	return n, nil
}

func (a *api) end(rw http.ResponseWriter, r request) {
	m, ok := a.find(rw, r)
	if !ok {
		return
	}
	if err := a.World.EndMeeting(r.server.ID, m.ID); err != nil {
		failed(rw, "notFound", err.Error())
		return
	}
	write(rw, response{
		Returncode: "SUCCESS", MessageKey: "sentEndMeetingRequest",
		Message: "A request to end the meeting was sent. Please wait a few seconds, and then use the getMeetingInfo or isMeetingRunning API calls to verify that it was ended.",
	})
}
