package sim

import "time"

// Timetables returns the timetables from which weeks can be generated, that of a school
// first. All numbers in them are assumptions. Only the school has exceptions (a holiday,
// an evening event, an unannounced crowd); the weeks of the others are ordinary ones.
func Timetables() []Timetable { return []Timetable{School(), office(), doubleShift(), flat()} }

// School is the timetable of a school: a steep rise at 08:00, lessons of 45 and 90 min
// with breaks between them, fewer lessons in the afternoon, a few meetings in the
// evening, and very few at the weekend. The shape is an assumption from the operator's
// description: lessons start on the hour, the load rises steeply at 08:00 and ends after
// 13:00. Friday is a holiday.
func School() Timetable {
	return Timetable{
		Name: "school", absent: 0.1, recorded: 0.02, holidays: []int{4}, exceptions: schoolExceptions,
		workday: program{
			blocks: []block{
				{clock(8, 0), clock(8, 50), 0.85, 1},
				{clock(9, 55), clock(10, 45), 1, 0.95},
				{clock(11, 45), clock(12, 35), 0.7, 0.35},
				{clock(14, 0), clock(14, 50), 0.15, 0.1},
			},
			scattered: []scattered{
				{clock(6, 30), clock(7, 45), 0.01, chat()},
				{clock(15, 45), clock(21, 0), 0.08, chat()},
			},
		},
		dayOff: program{scattered: []scattered{{clock(9, 0), clock(21, 0), 0.02, chat()}}},
	}
}

// schoolExceptions returns the events of a school week: on Wednesday evening a meeting
// of 150 people, and on Thursday at 16:10 an unannounced crowd with 25 % of the peak,
// which begins within 10 min.
func schoolExceptions(peak int) []Event {
	const day = 24 * time.Hour
	return []Event{
		{At: 2*day + clock(19, 0), Duration: 90 * time.Minute, Meetings: 1, Participants: 150, Webcams: 6, Over: time.Minute},
		{At: 3*day + clock(16, 10), Duration: 40 * time.Minute, Meetings: max(1, peak/80), Participants: 20, Webcams: 3, Over: 10 * time.Minute},
	}
}

// office is the timetable of an office: meetings of 15 to 60 min from 08:00 to 18:00,
// which begin on the hour and the half hour, fewer at lunch and late in the day, on all
// five weekdays, and few at the weekend. They are smaller than lessons, with more
// webcams.
func office() Timetable {
	return Timetable{
		Name: "office", absent: 0.1, recorded: 0.02,
		workday: program{
			series: []series{
				{clock(8, 0), clock(9, 0), 0.8, talk()},
				{clock(9, 0), clock(12, 0), 2.1, talk()},
				{clock(12, 0), clock(13, 0), 0.7, talk()},
				{clock(13, 0), clock(16, 0), 1.9, talk()},
				{clock(16, 0), clock(18, 0), 1, talk()},
			},
			scattered: []scattered{{clock(7, 0), clock(20, 0), 0.2, chat()}},
		},
		dayOff: program{scattered: []scattered{{clock(9, 0), clock(18, 0), 0.1, chat()}}},
	}
}

// doubleShift is the timetable of a building with two schools: the lessons of the one
// are from 07:30 to 12:55, those of the other, which is a little smaller, from 14:00 to
// 19:25.
func doubleShift() Timetable {
	return Timetable{
		Name: "double-shift", absent: 0.1, recorded: 0.02,
		workday: program{
			blocks: []block{
				{clock(7, 30), clock(8, 20), 0.9, 1},
				{clock(9, 25), clock(10, 15), 1, 0.95},
				{clock(11, 20), clock(12, 10), 0.8, 0.5},
				{clock(14, 0), clock(14, 50), 0.8, 0.9},
				{clock(15, 55), clock(16, 45), 0.9, 0.85},
				{clock(17, 50), clock(18, 40), 0.7, 0.4},
			},
			scattered: []scattered{{clock(20, 0), clock(22, 0), 0.03, chat()}},
		},
		dayOff: program{scattered: []scattered{{clock(9, 0), clock(21, 0), 0.02, chat()}}},
	}
}

// flat is a timetable with the same load day and night on all days: 80 % of the peak.
// Its first two hours have less, because no meeting begins before the first day.
func flat() Timetable {
	always := program{scattered: []scattered{{0, clock(24, 0), 51, session()}}}
	return Timetable{Name: "flat", workday: always, dayOff: always}
}

// chat is a small meeting at any time of the day, talk one of an office, and session one
// of the flat timetable.
func chat() kind { return kind{least: 2, most: 15, webcams: 0.5, shortest: 20, longest: 89, step: 1} }
func talk() kind { return kind{least: 2, most: 15, webcams: 0.6, shortest: 15, longest: 60, step: 15} }
func session() kind {
	return kind{least: 2, most: 15, webcams: 0.3, shortest: 15, longest: 120, step: 1}
}
