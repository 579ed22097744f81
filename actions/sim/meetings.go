package sim

import (
	"fmt"
	"slices"
	"time"
)

// MeetingSpec describes a meeting that people want to hold.
type MeetingSpec struct {
	ID           string // made up when empty
	Name         string
	Duration     time.Duration
	Participants int           // once all have come, the moderator included
	Webcams      int           // of them
	Moderators   int           // default 1
	Fill         time.Duration // over which people come in; default 3 min
	Recorded     bool          // leaves a recording to process
	Tag          string        // what it asks the balancer for (meta_server-tag)
}

// meeting is one that is wanted until its end, whether it runs or not.
type meeting struct {
	id   string
	spec MeetingSpec
	ends time.Duration // when people mean to leave

	on      *server       // where it runs, or the balancer believes it to, or nil
	via     *member       // the balancer's entry that it was placed by
	running bool          // it exists on that server
	born    time.Duration // when it was created there
	joined  int
	webcams int

	begun   bool // it ran once
	refused bool // counted as refused
	turned  int  // people counted as turned away since someone last came in
	direct  bool // created past the balancer: never moves
}

func (m *meeting) moderators() int { return min(m.joined, m.spec.Moderators) }

// CreateMeeting asks the balancer for a meeting now. The balancer places it as
// Scalelite does; people join it over spec.Fill and leave spec.Duration from now.
// When the balancer refuses it, or it breaks off, they try again every
// Config.RejoinAfter. The error is that of the first attempt.
func (w *World) CreateMeeting(spec MeetingSpec) (id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.want(spec)
	if err != nil {
		return "", err
	}
	return m.id, w.create(m)
}

// HostMeeting creates a meeting on the given server, as a balancer outside of the
// simulation does with BigBlueButton's create. A meeting with the same id that
// runs there already is left unchanged; one that runs on another server and has
// no participants yet is ended.
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

// want files a meeting that people wish to hold.
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

// over tells whether nobody wants m any more.
func (w *World) over(m *meeting) bool { return w.meetings[m.id] != m }

// create asks the balancer for m, and again later when that fails.
func (w *World) create(m *meeting) error {
	err := w.tryCreate(m)
	if err == nil {
		return nil
	}
	w.noteRefusal(m)
	w.again(m)
	return err
}

// noteRefusal counts, once, a meeting that was refused, or the people of one
// that broke off and cannot go on.
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

// tryCreate asks the balancer once. Once placed, a meeting stays with its
// server in the balancer's mind, even when that does not answer.
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

// expect files m where the balancer believes it to be.
func (w *World) expect(m *meeting, via *member) {
	if m.on != nil {
		m.on.without(m)
	}
	m.on, m.via, m.born = via.s, via, w.now
	m.on.meetings = append(m.on.meetings, m)
}

// without takes m off the list of s.
func (s *server) without(m *meeting) {
	s.meetings = slices.DeleteFunc(s.meetings, func(o *meeting) bool { return o == m })
}

// begin has m run on s, and people come in.
func (w *World) begin(m *meeting, s *server) {
	m.on, m.running, m.begun, m.born = s, true, true, w.now
	s.meetings = append(s.meetings, m)
	s.running++
	w.fill(m, m.born)
}

// again has the people of m try once more after a while.
func (w *World) again(m *meeting) {
	w.after(w.cfg.RejoinAfter, func() {
		if !w.over(m) && !m.running {
			_ = w.create(m) // counted
		}
	})
}

// end ends m for good, at its time or at a moderator's wish.
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

func (w *World) record(s *server) {
	s.recordings++
	if s.recordings == 1 {
		w.process(s)
	}
}

// breakOff ends all that runs on s before its time. The people try again.
func (w *World) breakOff(s *server) {
	for _, m := range slices.Clone(s.meetings) {
		if m.running {
			w.cutShort(m)
		}
	}
}

// cutShort ends a meeting before its time. The people try again.
func (w *World) cutShort(m *meeting) {
	w.figures.MeetingsEndedEarly++
	w.leave(m)
	if m.direct {
		w.end(m)
		return
	}
	w.again(m)
}
