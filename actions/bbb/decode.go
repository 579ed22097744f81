package bbb

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// answer is a reply of getMeetings. Elements that must occur once are slices, so that a
// second one is detected.
type answer struct {
	XMLName    xml.Name   `xml:"response"`
	ReturnCode []string   `xml:"returncode"`
	MessageKey []string   `xml:"messageKey"`
	Message    string     `xml:"message"`
	Meetings   []meetings `xml:"meetings"`
}

type meetings struct {
	Meeting []meeting `xml:"meeting"`
}

type meeting struct {
	ID           string `xml:"meetingID"`
	Participants *int   `xml:"participantCount"`
	Videos       int    `xml:"videoCount"`
	Breakout     string `xml:"isBreakout"`
}

// count counts the meetings in a reply of getMeetings. A server is empty only if
// the reply has the returncode SUCCESS, no meeting, and the messageKey noMeetings
// (BigBlueButton API documentation). Breakout rooms are in the list as meetings of
// their own and count.
func count(body []byte) (fleet.MeetingCount, *outbound.Fault) {
	a, err := decode(body)
	if err != nil {
		return fleet.MeetingCount{}, refused("its answer is not BigBlueButton's: " + outbound.Brief(err.Error()))
	}
	key := first(a.MessageKey)
	if a.ReturnCode[0] != "SUCCESS" {
		return fleet.MeetingCount{}, refusal(a.ReturnCode[0], key, a.Message)
	}
	total, err := sum(a.Meetings)
	if err == nil && (total.Meetings == 0) != (key == "noMeetings") {
		err = fmt.Errorf("%d meetings beside the message key %q", total.Meetings, key)
	}
	if err != nil {
		return fleet.MeetingCount{}, refused("its answer is contradictory: " + outbound.Brief(err.Error()))
	}
	return total, nil
}

// decode decodes a reply, which must be one complete XML document.
func decode(body []byte) (answer, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	var a answer
	if err := d.Decode(&a); err != nil {
		return a, err
	}
	if err := atEnd(d); err != nil {
		return a, err
	}
	if len(a.ReturnCode) != 1 || len(a.MessageKey) > 1 || len(a.Meetings) > 1 {
		return a, fmt.Errorf("%d returncodes, %d messageKeys and %d lists of meetings", len(a.ReturnCode), len(a.MessageKey), len(a.Meetings))
	}
	return a, nil
}

// atEnd returns an error if anything other than white space and comments follows.
func atEnd(d *xml.Decoder) error {
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		text, isText := token.(xml.CharData)
		if _, isComment := token.(xml.Comment); !isComment && !(isText && len(bytes.TrimSpace(text)) == 0) {
			return fmt.Errorf("%T follows the end", token)
		}
	}
}

// refusal returns the fault of a reply whose returncode is not SUCCESS.
func refusal(code, key, message string) *outbound.Fault {
	text := outbound.Brief(fmt.Sprintf("%s %s: %s", code, key, message))
	if key == "checksumError" {
		text += "; check that the secret of the server in Scalelite is the server's own, and bbb.checksum_algorithm"
	}
	return refused(text)
}

// sum returns the totals of all meetings, or an error if a meeting is incomplete.
func sum(lists []meetings) (total fleet.MeetingCount, err error) {
	for _, list := range lists {
		for _, m := range list.Meeting {
			switch {
			case m.ID == "":
				return total, errors.New("a meeting without meetingID")
			case m.Participants == nil || *m.Participants < 0 || m.Videos < 0:
				return total, fmt.Errorf("meeting %q without a number of participants", m.ID)
			}
			total.Meetings++
			if m.Breakout == "true" {
				total.Breakouts++
			}
			total.Participants += *m.Participants
			total.Videos += m.Videos
		}
	}
	return total, nil
}

// first returns the first of some texts, or nothing.
func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
