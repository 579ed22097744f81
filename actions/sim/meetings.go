package sim

import (
	"fmt"
	"slices"
	"time"
)

// MeetingSpec describes a meeting that people want to hold.
type MeetingSpec struct {
	ID           string // empty: a new one is assigned
	Name         string
	Duration     time.Duration
	Participants int           // once all have joined, including the moderators
	Webcams      int           // participants with a webcam
	Moderators   int           // default 1
	Fill         time.Duration // time in which people join; default 3 min
	Recorded     bool          // leaves a recording to process
	Tag          string        // tags that it requests from the balancer (meta_server-tag)
}

// meeting is a meeting that people want to hold until its end, whether it runs or not.
type meeting struct {
	id   string
	spec MeetingSpec
	ends time.Duration // when people want to leave

	on      *server       // where it runs, or where the balancer has placed it; nil: nowhere
	via     *member       // the balancer's entry of that server
	running bool          // whether it exists on that server
	born    time.Duration // when it was created there
	joined  int
	webcams int
	streams float64 // webcams that each person sees, added up

	begun   bool // whether it has ever run
	refused bool // whether it was counted as refused
	turned  int  // people counted as refused since somebody last joined
	direct  bool // created without the balancer: never moves to another server
}

func (m *meeting) moderators() int { return min(m.joined, m.spec.Moderators) }

// CreateMeeting creates a meeting now through the balancer, which places it as Scalelite
// does. People join within spec.Fill and leave spec.Duration from now. If the balancer
// refuses the meeting, or it is interrupted, they try again every Config.RejoinAfter. The
// error is that of the first attempt.
func (w *World) CreateMeeting(spec MeetingSpec) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.want(spec)
	if err != nil {
		return "", err
	}
	return m.id, w.create(m)
}

// HostMeeting creates a meeting on the given server with BigBlueButton's create, as a
// balancer outside of the simulation does. A meeting with the same id that already runs
// there is unchanged. One that runs on another server without participants is ended.
func (w *World) HostMeeting(name string, spec MeetingSpec) (Meeting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.reach(name)
	if err != nil {
		return Meeting{}, err
	}
	switch m := w.meetings[spec.ID]; {
	case w.runs(spec.ID, s):
		return w.describe(m), nil
	case m != nil && m.running && m.joined == 0:
		w.end(m)
	}
	m, err := w.want(spec)
	if err != nil {
		return Meeting{}, err
	}
	m.direct = true
	w.begin(m, s)
	return w.describe(m), nil
}

// EndMeeting ends a meeting on a server as BigBlueButton's end does.
func (w *World) EndMeeting(name, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.reach(name)
	if err != nil {
		return err
	}
	m := w.meetings[id]
	if m == nil || m.on != s || !m.running {
		return fmt.Errorf("no meeting %q on %s", id, s.spec.Name)
	}
	w.end(m)
	return nil
}

// want adds a meeting that people want to hold, and schedules its end.
func (w *World) want(spec MeetingSpec) (*meeting, error) {
	or(&spec.Moderators, 1)
	or(&spec.Fill, 3*time.Minute)
	spec.Fill = min(spec.Fill, spec.Duration)
	w.nextID++
	if spec.ID == "" {
		spec.ID = fmt.Sprintf("meeting-%d", w.nextID)
	}
	switch {
	case w.meetings[spec.ID] != nil:
		return nil, fmt.Errorf("meeting %q is held already", spec.ID)
	case spec.Duration <= 0 || spec.Participants < 0 || spec.Webcams < 0:
		return nil, fmt.Errorf("meeting %q: need a duration above 0, participants and webcams of at least 0: got %v, %d, %d",
			spec.ID, spec.Duration, spec.Participants, spec.Webcams)
	}
	m := &meeting{id: spec.ID, spec: spec, ends: w.now + spec.Duration}
	w.meetings[m.id] = m
	w.figures.Meetings++
	w.after(spec.Duration, func() { w.end(m) })
	return m, nil
}

// over reports whether m has ended.
func (w *World) over(m *meeting) bool { return w.meetings[m.id] != m }

// create creates m through the balancer, and schedules another attempt if that fails.
func (w *World) create(m *meeting) error {
	err := w.tryCreate(m)
	if err == nil {
		return nil
	}
	w.noteRefusal(m)
	w.again(m)
	return err
}

// noteRefusal counts a refused meeting once, or the people of an interrupted meeting that
// cannot be created again.
func (w *World) noteRefusal(m *meeting) {
	switch {
	case m.begun:
		w.figures.JoinsRefused += max(0, m.spec.Participants-m.turned)
		m.turned = m.spec.Participants
	case !m.refused:
		m.refused = true
		w.figures.MeetingsRefused++
	}
}

// tryCreate tries once to create m through the balancer. The balancer records the server
// even if the server does not answer.
func (w *World) tryCreate(m *meeting) error {
	if !w.balancerAnswers() {
		return fmt.Errorf("meeting %q: the balancer does not answer", m.id)
	}
	via, err := w.assign(m.id, m.spec.Tag)
	if err != nil {
		return err
	}
	s := via.s
	if m.via != via {
		w.expect(m, via)
	}
	if w.answer(s) != bbbAnswers {
		return fmt.Errorf("meeting %q: creating it on %s failed", m.id, s.spec.Name)
	}
	s.without(m)
	w.begin(m, s)
	return nil
}

// expect adds m to the list of the server on which the balancer has placed it.
func (w *World) expect(m *meeting, via *member) {
	if m.on != nil {
		m.on.without(m)
	}
	m.on, m.via, m.born = via.s, via, w.now
	m.on.meetings = append(m.on.meetings, m)
}

// without removes m from the list of s.
func (s *server) without(m *meeting) {
	s.meetings = slices.DeleteFunc(s.meetings, func(o *meeting) bool { return o == m })
}

// begin starts m on s, and people begin to join.
func (w *World) begin(m *meeting, s *server) {
	m.on, m.running, m.begun, m.born = s, true, true, w.now
	s.meetings = append(s.meetings, m)
	s.running++
	w.fill(m, m.born)
}

// again schedules another attempt to create m after Config.RejoinAfter.
func (w *World) again(m *meeting) {
	w.after(w.cfg.RejoinAfter, func() {
		if !w.over(m) && !m.running {
			_ = w.create(m) // counted
		}
	})
}

// end ends m finally, at its time or earlier by a moderator.
func (w *World) end(m *meeting) {
	if w.over(m) {
		return
	}
	delete(w.meetings, m.id)
	s := m.on
	if s == nil {
		return
	}
	if m.running {
		w.leave(m)
		if m.spec.Recorded {
			w.record(s)
		}
	}
	s.without(m)
}

// record adds a recording to process to s.
func (w *World) record(s *server) {
	s.recordings++
	if s.recordings == 1 {
		w.process(s)
	}
}

// breakOff ends all meetings on s early. Their people try again.
func (w *World) breakOff(s *server) {
	for _, m := range slices.Clone(s.meetings) {
		if m.running {
			w.cutShort(m)
		}
	}
}

// cutShort ends a meeting early. Its people try again.
func (w *World) cutShort(m *meeting) {
	w.figures.MeetingsEndedEarly++
	w.leave(m)
	if m.direct {
		w.end(m)
		return
	}
	w.again(m)
}
